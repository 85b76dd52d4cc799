import csv
import io
import json
from pathlib import Path

import pytest

from service.batch import ScoreOptions, score_exports
from service.columns import find_text_column
from service.errors import ExportError
from service.responder import Responder

HEADER = "id,message,note\n"


def run(responder: Responder, source: Path, target: Path, **options: object) -> list[dict[str, str]]:
    score_exports([str(source)], str(target), responder, ScoreOptions(**options))  # type: ignore[arg-type]
    with target.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Bitte stornieren, größer 取消 キャンセル"),
        ("utf-8-sig", "Bitte stornieren, größer 取消"),
        ("utf-16", "Bitte stornieren, größer 取消"),
        ("utf-16-le", "Bitte stornieren, größer und schöner"),
        ("utf-16-be", "Bitte stornieren, größer und schöner"),
        ("cp1252", "Können Sie die Bestellung noch löschen? Ich möchte sie nicht mehr – danke"),
        ("cp932", "注文をキャンセルしてください。まだ発送されていないと思います"),
        ("gb18030", "请帮我取消这个订单，还没有发货吧？谢谢您"),
        ("cp1250", "Proszę anulować zamówienie, pomyliłam się. Dziękuję bardzo i życzę miłego dnia"),
        ("cp1254", "Siparişimi iptal etmek istiyorum, yanlışlıkla sipariş verdim. Teşekkür ederim"),
        ("cp1256", "أريد إلغاء الطلب من فضلك لأنني طلبته بالخطأ"),
    ],
)
def test_score_finds_the_encoding(responder: Responder, tmp_path: Path, encoding: str, text: str) -> None:
    source = write(tmp_path / "in.csv", HEADER + f'1,"{text}",x\n' * 3, encoding)
    rows = run(responder, source, tmp_path / "out.csv")
    assert [row["message"] for row in rows] == [text] * 3


def test_score_passes_columns_through_and_adds_the_results(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", 'id,message,reason,error\n007,"Please cancel\nmy order",NA,-\n1,NA,x,\n')
    rows = run(responder, source, tmp_path / "out.csv", marketplace="US")
    assert list(rows[0])[:6] == ["id", "message", "reason", "error", "is_cancel_request", "probability"]
    assert {"predicted_reason", "predicted_error"} < set(rows[0])
    assert rows[0]["id"] == "007" and rows[0]["message"] == "Please cancel\nmy order" and rows[0]["reason"] == "NA"
    assert rows[1]["message"] == "NA" and rows[1]["decision"] == "none"
    assert rows[0]["decision"] in ("reply", "review") and "Request cancellation" in rows[0]["reply"]


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", "text;id\nplease cancel my order;1\n"),
        (".csv", "text|id\nplease cancel my order|1\n"),
        (".tsv", "text\tid\nplease cancel my order\t1\n"),
        (".tsv", 'id\ttext\tsku\n1\tplease cancel my order\t5" screen\n'),
        (".txt", "id\ttext\n1\tplease cancel my order\n"),
        (".jsonl", '{"id": 1, "text": "please cancel my order"}\n'),
        (".ndjson", '\ufeff{"id": 1, "text": "please cancel my order"}\r\n\r\n'),
    ],
    ids=["semicolon", "bar", "tab", "stray quote", "txt", "jsonl", "ndjson"],
)
def test_score_reads_every_form(responder: Responder, tmp_path: Path, suffix: str, content: str) -> None:
    rows = run(responder, write(tmp_path / f"in{suffix}", content), tmp_path / "out.csv")
    assert len(rows) == 1
    assert rows[0]["id"] == "1" and rows[0]["text"] == "please cancel my order" and rows[0]["probability"]


def test_score_json_lines_keep_types_and_get_types(responder: Responder, tmp_path: Path) -> None:
    order = {"order_id": "111-2223334-5556667", "status": "Shipped"}
    lines = [{"text": "please cancel my order", "n": 3, "order": order}, {"text": 7}, {"n": 1}]
    source = write(tmp_path / "in.jsonl", "\n".join(json.dumps(x) for x in lines) + "\nnot json\n[1]\n")
    target = tmp_path / "out.jsonl"
    summary = score_exports([str(source)], str(target), responder)
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert len(rows) == 5
    assert rows[0]["n"] == 3 and rows[0]["is_cancel_request"] is True
    assert rows[0]["action"] == "return_after_delivery" and isinstance(rows[0]["recommended_actions"], list)
    assert "holds int; expected a text" in rows[1]["error"] and rows[1]["is_cancel_request"] is None
    assert "holds nothing" in rows[2]["error"]
    assert rows[3]["error"].endswith("in.jsonl:4: is no JSON object") and rows[3]["raw_line"] == "not json"
    assert (summary.rows, summary.scored, summary.problems) == (5, 1, 4)


@pytest.mark.parametrize(
    ("line", "text", "note"),
    [
        ("1,please cancel, I do not need it,x", "please cancel, I do not need it", "4 cells, the header has 3"),
        ("1,please cancel", "please cancel", "2 cells, the header has 3"),
        ("1,please cancel,x,,", "please cancel", ""),
    ],
    ids=["too long", "too short", "empty tail"],
)
def test_score_row_of_another_length_keeps_all(
    responder: Responder, tmp_path: Path, line: str, text: str, note: str
) -> None:
    source = write(tmp_path / "in.csv", HEADER + f"0,hello,y\n{line}\n2,thanks,z\n")
    rows = run(responder, source, tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["0", "1", "2"]
    assert rows[1]["message"] == text and note in rows[1]["error"] and bool(rows[1]["error"]) == bool(note)
    assert rows[1]["probability"] and "cancel" not in rows[1]["error"]


def test_score_row_without_text_keeps_its_place(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", HEADER + "1,,x\n2,   ,y\n3,hello,z\n")
    rows = run(responder, source, tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["error"].endswith("in.csv:2: column 'message' is empty; nothing to score")
    assert rows[0]["decision"] == "" and rows[2]["decision"] == "none"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\xef\xbb\xbf\n\n", "the file is empty"),
        ("a.csv", b"PK\x03\x04rest", "is a ZIP or XLSX file; save the messages as CSV"),
        ("a.csv", bytes(range(256)) * 40, "is no text file"),
        ("a.csv", b"id,sku\n1,2\n", "no column has a name that says it holds the message; name it with --text-column"),
        ("a.csv", b'id,text\n1,"ok"\n2,"never closed\n3,x\n', r"a.csv:3: a quote is not in order"),
        ("a.csv", b'id,text\n1,"he said "stop" to me"\n', r"a.csv:2: a quote is not in order"),
        ("a.jsonl", b"[1, 2]\nnope\n", "no line is a JSON object"),
        ("a.pages", b"x", r"ending .pages is not known; use .csv, .tsv, .jsonl"),
    ],
    ids=[
        "empty",
        "only a mark",
        "zip",
        "binary",
        "no text column",
        "open quote",
        "inner quote",
        "no objects",
        "ending",
    ],
)
def test_score_file_that_cannot_be_read_leaves_no_output(
    responder: Responder, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    source = write(tmp_path / name, content)
    with pytest.raises(ExportError, match=message) as caught:
        score_exports([str(source)], str(tmp_path / "out.csv"), responder)
    assert "never closed" not in str(caught.value) and "stop" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_score_missing_folder_for_output_is_said_before_the_work(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", HEADER + "1,hi,x\n")
    with pytest.raises(ExportError, match="the folder .* does not exist; make it first"):
        score_exports([str(source)], str(tmp_path / "no" / "out.csv"), responder)


def test_score_failed_run_keeps_the_earlier_output(responder: Responder, tmp_path: Path) -> None:
    target = write(tmp_path / "out.csv", "precious\n")
    source = write(tmp_path / "in.csv", b'id,text\n1,"open\n')
    with pytest.raises(ExportError):
        score_exports([str(source)], str(target), responder)
    assert target.read_text("utf-8") == "precious\n"


def test_score_one_damaged_byte_costs_its_character_not_the_file(responder: Responder, tmp_path: Path) -> None:
    lines = "".join(f"{i},hello thére,x\n" for i in range(30)).encode()
    source = write(tmp_path / "in.csv", HEADER.encode() + lines + b"30,please cancel my ord\xe9r,x\n")
    rows = run(responder, source, tmp_path / "out.csv")
    assert rows[0]["message"] == "hello thére" and rows[0]["error"] == ""
    assert rows[30]["message"] == "please cancel my ord\ufffdr"
    assert rows[30]["error"].endswith("in.csv:32: holds bytes that are not UTF-8, each shown as \ufffd")


def test_score_only_cancellations_keeps_requests_reviews_and_problems(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", HEADER + "1,please cancel my order,x\n2,thank you so much,y\n3,,z\n")
    rows = run(responder, source, tmp_path / "out.csv", only_cancellations=True)
    assert [row["id"] for row in rows] == ["1", "3"]


def test_score_unknown_marketplace_in_a_row_is_noted_and_scored(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "text,marketplace\nplease cancel my order,Walmart\nhello,amazon.de\n")
    rows = run(responder, source, tmp_path / "out.csv")
    assert "names no known marketplace; scored without it" in rows[0]["error"] and rows[0]["probability"]
    assert rows[1]["error"] == ""


def test_score_reply_by_where_the_export_has_times(responder: Responder, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", "text,sent_at\nplease cancel my order,2026-05-01T10:00:00+00:00\nhi,soon\n")
    rows = run(responder, source, tmp_path / "out.csv", marketplace="DE")
    assert rows[0]["reply_by"] == "2026-05-02T10:00:00+00:00" and rows[1]["reply_by"] == ""


def test_score_several_files_into_one(responder: Responder, tmp_path: Path) -> None:
    a = write(tmp_path / "a.csv", "text,x\nplease cancel my order,1\n")
    b = write(tmp_path / "b.tsv", "y\tbody\n2\thello\n")
    score_exports([str(a), str(b)], str(tmp_path / "out.csv"), responder)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert [(r["text"], r["body"], r["x"], r["y"]) for r in rows] == [
        ("please cancel my order", "", "1", ""),
        ("", "hello", "", "2"),
    ]


def test_score_output_to_tsv_and_very_long_cell(responder: Responder, tmp_path: Path) -> None:
    long = "please cancel my order " * 10_000
    source = write(tmp_path / "in.csv", f"id,text\n1,{long}\n")
    score_exports([str(source)], str(tmp_path / "out.tsv"), responder)
    csv.field_size_limit(1 << 30)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.tsv").read_text("utf-8")), delimiter="\t"))
    assert rows[0]["text"] == long and rows[0]["probability"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["id", "Text"], "Text"),
        (["Message ID", "Message", "Date"], "Message"),
        (["buyerMessage", "note"], "buyerMessage"),
        (["Nachricht", "Datum"], "Nachricht"),
        (["Käufer-Nachricht", "x"], "Käufer-Nachricht"),
        (["Treść wiadomości"], "Treść wiadomości"),
        (["TRESC", "id"], "TRESC"),
        (["Message de l'acheteur"], "Message de l'acheteur"),
        (["Mensaje"], "Mensaje"),
        (["Messaggio"], "Messaggio"),
        (["Bericht"], "Bericht"),
        (["Meddelande"], "Meddelande"),
        (["Mesaj metni"], "Mesaj metni"),
        (["نص الرسالة"], "نص الرسالة"),
        (["メッセージ本文"], "メッセージ本文"),
        (["संदेश"], "संदेश"),
        (["买家消息", "时间"], "买家消息"),
        (["買家訊息"], "買家訊息"),
        (["subject", "comment", "text"], "text"),
    ],
)
def test_find_text_column_by_name(columns: list[str], found: str) -> None:
    assert find_text_column(columns, None, "f") == found


def test_find_text_column_wanted_and_missing_lists_columns() -> None:
    assert find_text_column(["A", "My Text"], "my text", "f") == "My Text"
    with pytest.raises(ExportError, match="f:1: no column 'c'; the columns are: A, B"):
        find_text_column(["A", "B"], "c", "f")
