"""The command line, run as a user runs it."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model import DEFAULT_ARTEFACT

ROOT = Path(__file__).parent.parent
SECRET = "zebra-crossing"


def run(*arguments: str, stdin: bytes = b"", cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "service.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, env=os.environ | environ, check=False)


def test_classify_describes_the_answer() -> None:
    done = run("classify", "Please cancel my order, I bought it twice by mistake", "--marketplace", "US")
    out = done.stdout.decode()
    assert done.returncode == 0 and done.stderr == b""
    assert "intent       cancel_request, reason ordered_by_mistake" in out
    assert "My Account > My Orders > Request cancellation" in out
    assert "买家" in out


def test_classify_json_from_standard_input_with_order(tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text('{"status": "Shipped", "order_id": "111-2223334-5556667"}')
    done = run("classify", "--json", "--order", str(order), stdin=b"Bitte stornieren Sie meine Bestellung")
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert result["action"] == "return_after_delivery" and result["reply"]["language"] == "de"
    assert result["text_used"] == "Bitte stornieren Sie meine Bestellung"


@pytest.mark.parametrize("text", ["", "👍", "111-2223334-5556667"])
def test_classify_text_that_says_nothing(text: str) -> None:
    done = run("classify", "--json", stdin=text.encode())
    assert done.returncode == 0 and json.loads(done.stdout)["decision"] == "none"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("classify", SECRET, "--marketplace", "XX"), 2, "Error: marketplace 'XX' is unknown; use one of US"),
        (("classify", SECRET, "--order", "no.json"), 2, "Error: no.json: cannot be read (No such file or directory)"),
        (("classify", SECRET, "--artefact", "/nowhere"), 1, "Error: /nowhere/manifest.json: cannot be read"),
        (("score", "no.csv", "--out", "o.csv"), 2, "Error: no.csv: no such file"),
        (("evaluate", "no.csv"), 2, "Error: no.csv: no such file or folder"),
        (("train", "--messages", "nowhere"), 2, "Error: nowhere: no such file or folder"),
    ],
)
def test_own_errors_are_one_line_and_a_status(
    tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = run(*arguments, cwd=tmp_path, PYTHONPATH=str(ROOT))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == status and done.stdout == b""
    assert len(lines) == 1 and lines[0].startswith(message)
    assert SECRET not in lines[0] and not list(tmp_path.iterdir())


def test_wrong_usage_is_status_2() -> None:
    done = run("score")
    assert (
        done.returncode == 2 and done.stderr == b"Error: missing argument for inputs; see: cancel-triage score --help\n"
    )


def test_wrong_usage_does_not_repeat_what_was_typed() -> None:
    for arguments in (("classify", "please", SECRET, "order"), ("classify", f"--{SECRET} cancel"), (SECRET,)):
        done = run(*arguments)
        assert done.returncode == 2 and SECRET.encode() not in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["classify", "score", "serve", "train", "evaluate"])
def test_every_command_has_help(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0 and f"Usage: cancel-triage {command}".encode() in done.stdout


def test_score_summary_on_standard_error_and_rows_in_the_file(tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,please cancel my order\n2,thank you\n3,\n")
    done = run("score", str(source), "--out", str(target))
    assert done.returncode == 0 and done.stdout == b""
    assert b"3 rows in" in done.stderr and b"2 scored, 3 written, 1 with a note in `error`" in done.stderr
    with target.open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["1", "2", "3"]


def test_score_from_standard_input_to_standard_output() -> None:
    done = run("score", "-", "--out", "-", stdin=b'{"text": "please cancel my order"}\n')
    assert done.returncode == 0
    assert json.loads(done.stdout)["intent"] == "cancel_request"


def test_score_unreadable_file_is_status_2_and_names_the_row(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f'id,text\n1,ok\n2,"{SECRET}\n3,x\n')
    done = run("score", str(source), "--out", str(tmp_path / "out.csv"))
    assert done.returncode == 2 and b"in.csv:3: a quote is not in order" in done.stderr
    assert SECRET.encode() not in done.stderr and not (tmp_path / "out.csv").exists()


def test_score_ended_from_outside_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("text\n" + "please cancel my order, thanks\n" * 200_000)
    command = [sys.executable, "-m", "service.cli", "score", str(source), "--out", str(tmp_path / "out.csv")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(20) == 143
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_tampered_artefact_is_refused(tmp_path: Path) -> None:
    artefact = tmp_path / "artefact"
    shutil.copytree(DEFAULT_ARTEFACT, artefact)
    content = bytearray((artefact / "model.joblib").read_bytes())
    content[1000] ^= 1
    (artefact / "model.joblib").write_bytes(content)
    done = run("classify", SECRET, "--artefact", str(artefact))
    assert done.returncode == 1 and b"model.joblib: SHA-256 is" in done.stderr


def test_serve_refuses_an_unknown_setting() -> None:
    done = run("serve", "--port", "1", CANCEL_TRIAGE_MAX_TEXTS="5")
    assert done.returncode == 2 and b"Error: CANCEL_TRIAGE_MAX_TEXTS: no such setting; use one of" in done.stderr


def test_serve_refuses_a_bad_value() -> None:
    done = run("serve", "--port", "1", CANCEL_TRIAGE_MAX_BATCH="many")
    assert done.returncode == 2 and b"Error: CANCEL_TRIAGE_MAX_BATCH: Input should be a valid integer" in done.stderr


def test_evaluate_prints_a_table_and_writes_files(tmp_path: Path) -> None:
    labelled = tmp_path / "en.csv"
    labelled.write_text(
        "text,intent,reason,evidence,marketplace,origin\n"
        "please cancel my order,cancel_request,unspecified,cancel my order,US,t\n"
        "where is my parcel,order_status,,,US,t\n"
    )
    done = run("evaluate", str(labelled), "--out", str(tmp_path / "report"))
    assert done.returncode == 0 and b"calibration error" in done.stdout
    written = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert written == ["evaluation.csv", "evaluation.json", "reliability.png", "thresholds.png"]
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["overall"]["messages"] == 2


def test_scoring_imports_neither_scikit_learn_nor_pandas_nor_fastapi() -> None:
    code = (
        "import sys; from service.responder import Message, Responder; "
        "Responder.load().respond(Message('please cancel my order', 'US')); "
        "print([m for m in ('sklearn', 'pandas', 'fastapi', 'pydantic', 'langdetect') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
