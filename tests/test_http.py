"""The service, asked over a real socket by a real client."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from service.responder import Message, Responder
from service.results import result_object

SECRET = "zebra-crossing"  # stands in for a buyer's words: it must be in no error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(log: Path, **settings: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    environ = os.environ | {f"CANCEL_TRIAGE_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "uvicorn", "--factory", "service.app:create_app", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environ, stdout=file, stderr=file)
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{url}/healthz", timeout=2)
            return process, url
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="module")
def client(log: Path) -> Iterator[httpx.Client]:
    process, url = start(log, max_text_chars="100000", max_batch="50", max_body_bytes="2000000")
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client
    process.terminate()
    process.wait(10)


REQUEST = {
    "text": "Hi, I ordered this by mistake. Please cancel my order 111-2223334-5556667, thanks",
    "marketplace": "US",
    "order": {"status": "Unshipped"},
}


def test_classify_answers_the_contract(client: httpx.Client) -> None:
    answer = client.post("/v1/classify", json=REQUEST)
    assert answer.status_code == 200
    result = answer.json()
    assert set(result) == {
        "id", "is_cancel_request", "probability", "decision", "intent", "intents", "reason", "evidence", "language",
        "action", "recommended_actions", "reply", "seller_guidance", "text_used", "model_version",
    }  # fmt: skip
    assert result["is_cancel_request"] is True and result["intent"] == "cancel_request"
    assert result["action"] == "order_page" and result["recommended_actions"][0] == "hold_shipment"
    assert "My Account > My Orders > Request cancellation" in result["reply"]["body"]
    assert "111-2223334-5556667" in result["reply"]["body"]
    assert abs(sum(result["intents"].values()) - 1) < 1e-6
    for span in result["evidence"]:
        assert REQUEST["text"][span["start"] : span["end"]] == span["text"]
    assert set(result["seller_guidance"]) == {"en", "zh"}


def test_classify_is_the_answer_of_the_responder(client: httpx.Client, responder: Responder) -> None:
    ours = result_object(responder.respond(Message("Bitte stornieren", "DE")))
    theirs = client.post("/v1/classify", json={"text": "Bitte stornieren", "marketplace": "DE"}).json()
    assert {**ours, "id": ""} == {**theirs, "id": ""}


@pytest.mark.parametrize("text", ["", "   ", "👍👍", "111-2223334-5556667", "\u0000", "\ud83d"], ids=repr)
def test_classify_text_that_says_nothing_is_no_request(client: httpx.Client, text: str) -> None:
    body = json.dumps({"text": text, "marketplace": "DE"}).encode()
    answer = client.post("/v1/classify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["decision"] == "none" and answer.json()["reply"] is None


def test_classify_text_of_100000_characters(client: httpx.Client) -> None:
    assert client.post("/v1/classify", json={"text": "cancel it " * 10_000}).status_code == 200
    too_long = client.post("/v1/classify", json={"text": "x" * 100_001})
    assert too_long.status_code == 413
    assert too_long.json()["detail"].startswith("text: 100001 characters; at most 100000")


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b'{"text": "zebra-crossing', 400, "the body is no JSON"),
        (b"", 422, "Field required"),
        (b"[]", 422, "body"),
        (b'{"text": 5}', 422, "text: Input should be a valid string"),
        (b'{"text": null}', 422, "text: Input should be a valid string"),
        (b'{"txt": "zebra-crossing"}', 422, "text: Field required; a field is not known; use text, marketplace"),
        (b'{"text": "zebra-crossing", "marketplace": "XX"}', 422, "marketplace 'XX' is unknown; use one of US, CA"),
        (b'{"text": "zebra-crossing", "language": "klingon!"}', 422, "language: String should match pattern"),
        (b'{"text": "zebra-crossing", "order": {"status": "Lost"}}', 422, "order.status: 'Lost' is not known"),
        (b'{"text": "zebra-crossing", "order": 5}', 422, "order: Input should be a valid dictionary"),
        (b'{"text": "zebra-crossing", "conversation": [{}]}', 422, "conversation[0].sender: use one of buyer, seller"),
        (b'{"text": "\xff\xfe zebra-crossing"}', 400, ""),
    ],
    ids=["malformed", "nothing", "list", "number", "null", "field", "marketplace", "language", "status", "order",
         "conversation", "bytes"],
)  # fmt: skip
def test_classify_bad_request_is_a_problem_without_the_text(
    client: httpx.Client, body: bytes, status: int, detail: str
) -> None:
    answer = client.post("/v1/classify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail"} and problem["status"] == status
    assert detail in problem["detail"]
    assert "zebra" not in answer.text


def test_classify_body_over_the_limit_is_413(client: httpx.Client) -> None:
    answer = client.post("/v1/classify", json={"text": SECRET, "marketplace": "x" * 2_000_001})
    assert answer.status_code == 413 and "body: more than 2000000 bytes" in answer.json()["detail"]

    def chunks() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 10_000

    answer = client.post("/v1/classify", content=chunks(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_batch_list_keeps_order_and_places_of_bad_ones(client: httpx.Client) -> None:
    messages = [REQUEST, {"text": 5}, "hi", {"text": "thank you", "marketplace": "XX"}, {"text": "where is it?"}]
    answer = client.post("/v1/classify/batch", json={"messages": messages})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [("error" in r) for r in results] == [False, True, True, True, False]
    assert results[1]["error"]["detail"].startswith("messages[1]: text: Input should be a valid string")
    assert results[3]["error"]["status"] == 422


def test_batch_list_too_long_is_413(client: httpx.Client) -> None:
    answer = client.post("/v1/classify/batch", json={"messages": [{"text": "hi"}] * 51})
    assert answer.status_code == 413 and "messages: 51 in one list; at most 50; use NDJSON" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"{}", b'{"messages": 5}', b"nope"])
def test_batch_bad_body_is_a_problem(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/classify/batch", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422) and answer.headers["content-type"] == "application/problem+json"


def test_batch_ndjson_streams_in_order_with_errors_in_place(client: httpx.Client) -> None:
    lines = [json.dumps({"text": f"please cancel order {i}"}) for i in range(500)]
    lines[7] = '{"text": "zebra-crossing'
    lines[9] = json.dumps({"text": SECRET, "marketplace": "XX"})
    headers = {"content-type": "application/x-ndjson"}
    answer = client.post("/v1/classify/batch", content="\n".join(lines), headers=headers)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/x-ndjson")
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert len(results) == 500
    assert results[7]["error"]["detail"] == "line 8: is no JSON"
    assert results[9]["error"]["detail"].startswith("line 10: marketplace 'XX'")
    assert results[499]["text_used"] == "please cancel order 499"
    assert SECRET not in answer.text


def test_batch_ndjson_answers_while_more_arrives(client: httpx.Client) -> None:
    def lines() -> Iterator[bytes]:
        for i in range(3):
            yield json.dumps({"text": f"hello {i}"}).encode() + b"\n"
            time.sleep(0.1)

    headers = {"content-type": "application/x-ndjson"}
    with client.stream("POST", "/v1/classify/batch", content=lines(), headers=headers) as answer:
        texts = [json.loads(line)["text_used"] for line in answer.iter_lines()]
    assert texts == ["hello 0", "hello 1", "hello 2"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"order": {"order_id": "\ud800-zebra-crossing"}}, 200),
        ({"order": {"\ud800": 1}}, 422),
        ({"conversation": [{"sender": "buyer", "sent_at": "9999-12-31T23:00:00-14:00"}]}, 200),
    ],
    ids=["half a pair", "half a pair as a name", "last day of the calendar"],
)
def test_classify_odd_values_are_answered(client: httpx.Client, more: dict[str, object], status: int) -> None:
    body = json.dumps({"text": "please cancel my order", **more}).encode()
    answer = client.post("/v1/classify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status and answer.json()


def test_batch_list_half_a_pair_does_not_fail_the_others(client: httpx.Client) -> None:
    body = json.dumps({"messages": [{"text": "please cancel \ud800"}, {"text": "hello"}]}).encode()
    answer = client.post("/v1/classify/batch", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200 and len(answer.json()["results"]) == 2


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/v1/classify", "application/x-ndjson"), ("/v1/classify/batch", "application/x-ndjsonfoo")],
)
def test_body_limit_has_no_way_round(client: httpx.Client, path: str, kind: str) -> None:
    answer = client.post(path, content=b" " * 2_000_001, headers={"content-type": kind})
    assert answer.status_code == 413


def test_what_is_loaded(client: httpx.Client) -> None:
    loaded = client.get("/v1/model").json()
    assert loaded["version"] == client.get("/readyz").json()["model_version"]
    assert len(loaded["intents"]) == 8 and loaded["metrics"]["held_out"]["f1"] > 0
    assert 0 <= loaded["operating_point"]["review"] <= loaded["operating_point"]["reply"] <= 1
    templates = client.get("/v1/templates").json()
    assert len(templates["templates"]) == 160 and set(templates["guidance"]["none"]) == {"en", "zh"}
    assert [m["code"] for m in client.get("/v1/marketplaces").json()][:2] == ["US", "CA"]


def test_documentation_has_examples_and_needs_no_other_host(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and "//cdn." not in page.text
    described = client.get("/openapi.json").json()
    assert {"/v1/classify", "/v1/classify/batch", "/v1/model", "/v1/templates", "/v1/marketplaces"} < set(
        described["paths"]
    )
    assert described["components"]["schemas"]["ClassifyRequest"]["examples"][0]["text"]


def test_unknown_path_and_method_are_problems(client: httpx.Client) -> None:
    for answer, status in ((client.get("/nope"), 404), (client.get("/v1/classify"), 405)):
        assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"


def test_log_holds_no_buyers_text(client: httpx.Client, log: Path) -> None:
    client.post("/v1/classify", json={"text": SECRET, "marketplace": "XX"})
    client.post("/v1/classify", json={"text": SECRET})
    assert SECRET not in log.read_text()


def test_service_without_a_model_lives_but_is_not_ready(tmp_path: Path) -> None:
    process, url = start(tmp_path / "log", artefact=str(tmp_path))
    try:
        assert httpx.get(f"{url}/healthz").status_code == 200
        for answer in (httpx.get(f"{url}/readyz"), httpx.post(f"{url}/v1/classify", json={"text": SECRET})):
            assert answer.status_code == 503
            assert "manifest.json: cannot be read" in answer.json()["detail"] and SECRET not in answer.text
    finally:
        process.terminate()
        process.wait(10)
