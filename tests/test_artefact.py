import hashlib
import io
import json
import pickle
import shutil
import zlib
from pathlib import Path

import joblib
import numpy as np
import pytest

from model import DEFAULT_ARTEFACT, ArtefactError, load_artefact, load_corpus, read_manifest, save_artefact, train
from model.corpus import DEFAULT_BENCHMARK


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT_ARTEFACT, tmp_path / "artefact"))


def swap(folder: Path, content: bytes) -> None:
    """Put another model file in place, and its right checksum into the manifest."""
    (folder / "model.joblib").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def edit(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


def test_artefact_is_at_most_8_mib() -> None:
    assert sum(path.stat().st_size for path in DEFAULT_ARTEFACT.iterdir()) <= 8 * 1024 * 1024


def test_save_and_load_give_equal_probabilities(tmp_path: Path) -> None:
    scorer = load_artefact()
    save_artefact(scorer, tmp_path, {})
    texts = ["please cancel my order", "取消订单", "wo ist mein Paket?"]
    again = load_artefact(tmp_path)
    assert np.array_equal(again.intent_probabilities(texts), scorer.intent_probabilities(texts))
    assert again.point == scorer.point and again.version == scorer.version


@pytest.mark.parametrize("name", ["manifest.json", "model.joblib"])
def test_load_missing_file_names_it_and_the_mend(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ArtefactError, match=rf"{name}: cannot be read .*cancel-triage train"):
        load_artefact(copy)


def test_load_changed_model_file_is_refused_before_unpickling(copy: Path) -> None:
    content = (copy / "model.joblib").read_bytes()
    (copy / "model.joblib").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtefactError, match="SHA-256 is .* the file was changed or damaged"):
        load_artefact(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 0}, "format is 0, this code reads"),
        ({"versions": {"joblib": "1.0", "numpy": "1.26.0", "scikit-learn": "1.5"}}, "written with numpy 1.26.0"),
        ({"versions": {}}, "written with joblib none"),
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"operating_point": {"reply": -1, "review": 5}}, "operating_point must hold 0 <= review <= reply <= 1"),
        ({"operating_point": {"reply": "x", "review": 0.1}}, "operating_point must hold"),
    ],
)
def test_load_manifest_of_another_kind_is_refused(copy: Path, changes: dict[str, object], message: str) -> None:
    edit(copy, **changes)
    with pytest.raises(ArtefactError, match=message):
        load_artefact(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", "nope"])
def test_read_manifest_that_is_none(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"manifest.json: "):
        read_manifest(copy)


class Harmful:
    """Unpickling it runs a command."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (f"touch {self.target}",)


@pytest.mark.parametrize("form", ["joblib", "pickle"])
def test_load_swapped_file_with_its_checksum_cannot_run_code(copy: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "ran"
    buffer = io.BytesIO()
    if form == "joblib":
        joblib.dump({"weights": Harmful(target)}, buffer, compress=("zlib", 1))
        content = buffer.getvalue()
    else:
        content = zlib.compress(pickle.dumps(Harmful(target)))
    swap(copy, content)
    with pytest.raises(ArtefactError, match=r"the model file asks for \w+.system"):
        load_artefact(copy)
    assert not target.exists()


@pytest.mark.parametrize("content", [b"", b"nothing", zlib.compress(b"nothing"), zlib.compress(pickle.dumps([1]))])
def test_load_model_file_that_is_none(copy: Path, content: bytes) -> None:
    swap(copy, content)
    with pytest.raises(ArtefactError, match=r"model.joblib: "):
        load_artefact(copy)


@pytest.mark.slow
def test_train_makes_the_artefact_again(tmp_path: Path) -> None:
    again = train(out=tmp_path).scorer
    shipped = load_artefact()
    assert again.version == shipped.version
    texts = load_corpus(DEFAULT_BENCHMARK)["text"].tolist()
    difference = np.abs(again.intent_probabilities(texts) - shipped.intent_probabilities(texts))
    assert difference.max() < 1e-6
    assert again.point.reply == pytest.approx(shipped.point.reply, abs=1e-6)
    assert again.point.review == pytest.approx(shipped.point.review, abs=1e-6)


def test_train_with_a_broken_corpus_writes_nothing(tmp_path: Path) -> None:
    messages = tmp_path / "messages"
    messages.mkdir()
    (messages / "en.csv").write_text("text,intent,reason,evidence,marketplace,origin\nhi,nope,,,US,x\n")
    with pytest.raises(Exception, match="'nope' is no intent"):
        train(messages, tmp_path / "out")
    assert not (tmp_path / "out").exists()
