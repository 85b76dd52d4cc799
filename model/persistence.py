"""The artefact: a folder with the trained model and a manifest that says what it is.

The manifest is read and checked before a byte of the model is unpickled: format, checksum, and the versions of
the libraries that wrote it. Unpickling itself may then build nothing but what `_ALLOWED` lists, so a file that
was swapped together with its manifest cannot run code.
"""

import hashlib
import io
import json
import os
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from joblib.numpy_pickle import NumpyUnpickler

from model.concepts import ConceptReader
from model.errors import ArtefactError
from model.labels import Intent
from model.reader import FeatureReader, FeatureSettings
from model.scoring import LinearHead, OperatingPoint, Scorer

FORMAT = 1
"""Raised whenever text, features or the artefact change their meaning; older artefacts are then refused."""

DEFAULT_ARTEFACT = Path(__file__).parent / "artefact"
"""The artefact that comes with the package."""

MODEL_FILE, MANIFEST_FILE, REPORT_FILE = "model.joblib", "manifest.json", "report.json"
_RETRAIN = "train it again with: cancel-triage train"

# What the pickle may name. Arrays, text and numbers are all that a model holds.
_ALLOWED = frozenset(
    {
        ("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "_reconstruct"),
    }
)
# Majors whose pickled arrays this code reads; scikit-learn fits the weights but is not in the file.
_READABLE_MAJORS = {"joblib": {"1"}, "numpy": {"2"}, "scikit-learn": {"1"}}


class _Unpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    """Joblib's own reader, allowed to build arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ArtefactError(
                f"the model file asks for {module}.{name}, which no artefact of this project holds; "
                f"do not use this file; {_RETRAIN}"
            )
        return super().find_class(module, name)


def save_artefact(scorer: Scorer, folder: Path, report: dict[str, Any]) -> Path:
    """Write model, manifest and report into `folder`; an artefact that stands there is replaced as a whole.

    Parameters
    ----------
    scorer : Scorer
    folder : Path
        Made where it does not exist.
    report : dict
        What training measured; written as ``report.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    joblib.dump(_to_plain(scorer), buffer, compress=("zlib", 9), protocol=4)
    content = buffer.getvalue()
    manifest = {
        "format": FORMAT,
        "version": scorer.version,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "versions": {name: version(name) for name in sorted(_READABLE_MAJORS)},
        "operating_point": asdict(scorer.point),
        "calibration": list(scorer.calibration),
        "features": asdict(scorer.features.settings),
        "intents": [str(name) for name in scorer.intents.classes],
        "reasons": [str(name) for name in scorer.reasons.classes],
    }
    _write(folder / MODEL_FILE, content)
    _write(folder / REPORT_FILE, _json(report))
    _write(folder / MANIFEST_FILE, _json(manifest))
    return folder


def load_artefact(folder: Path = DEFAULT_ARTEFACT) -> Scorer:
    """Check an artefact and load it.

    Raises
    ------
    ArtefactError
        If it is missing, damaged, of another format, written by libraries whose files this code does not
        read, or holds anything but arrays and plain values.
    """
    manifest = read_manifest(folder)
    path = folder / MODEL_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror}); {_RETRAIN}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != manifest["sha256"]:
        raise ArtefactError(
            f"{path}: SHA-256 is {digest[:12]}..., {MANIFEST_FILE} says {str(manifest['sha256'])[:12]}...; "
            f"the file was changed or damaged; restore it or {_RETRAIN}"
        )
    try:
        plain = _unpickle(content, path)
        return _from_plain(plain, manifest)
    except ArtefactError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise ArtefactError(f"{path}: cannot be read ({type(error).__name__}); {_RETRAIN}") from error


def read_manifest(folder: Path = DEFAULT_ARTEFACT) -> dict[str, Any]:
    """Read and check ``manifest.json`` of an artefact, without touching the model file.

    Raises
    ------
    ArtefactError
        If it is missing, no JSON, of another format, or written by libraries of another major version.
    """
    path = folder / MANIFEST_FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtefactError(f"{path}: cannot be read ({error.strerror}); {_RETRAIN}") from error
    except ValueError as error:
        raise ArtefactError(f"{path}: is no JSON; restore it or {_RETRAIN}") from error
    if not isinstance(manifest, dict):
        raise ArtefactError(f"{path}: is no JSON object; restore it or {_RETRAIN}")
    if manifest.get("format") != FORMAT:
        raise ArtefactError(f"{path}: format is {manifest.get('format')!r}, this code reads {FORMAT}; {_RETRAIN}")
    missing = sorted({"version", "sha256", "versions", "operating_point"} - manifest.keys())
    if missing:
        raise ArtefactError(f"{path}: {', '.join(missing)} missing; restore it or {_RETRAIN}")
    versions = manifest["versions"] if isinstance(manifest["versions"], dict) else {}
    for name, majors in _READABLE_MAJORS.items():
        found = str(versions.get(name, "none"))
        if found.split(".")[0] not in majors:
            raise ArtefactError(
                f"{path}: written with {name} {found}, this code reads {' or '.join(sorted(majors))}.x; {_RETRAIN}"
            )
    _check_point(manifest["operating_point"], path)
    return manifest


def _check_point(point: Any, path: Path) -> None:
    """Refuse thresholds that no training gives: with them everything would be a reply."""
    found = [point.get(name) for name in ("review", "reply")] if isinstance(point, dict) else []
    numbers = [number for number in found if isinstance(number, int | float)]
    if len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1] <= 1:
        raise ArtefactError(f"{path}: operating_point must hold 0 <= review <= reply <= 1; restore it or {_RETRAIN}")


def read_report(folder: Path = DEFAULT_ARTEFACT) -> dict[str, Any]:
    """Read what training measured; empty where the report is missing."""
    try:
        report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _unpickle(content: bytes, path: Path) -> dict[str, Any]:
    import zlib

    stream = io.BytesIO(zlib.decompress(content))
    plain = _Unpickler(str(path), stream, ensure_native_byte_order=sys.byteorder == "little").load()
    if not isinstance(plain, dict):
        raise ArtefactError(f"{path}: holds {type(plain).__name__}, expected a dict; {_RETRAIN}")
    return plain


def _to_plain(scorer: Scorer) -> dict[str, Any]:
    def head(value: LinearHead) -> dict[str, Any]:
        return {
            "classes": [str(name) for name in value.classes],
            "bins": np.ascontiguousarray(value.bins),
            "weights": np.ascontiguousarray(value.weights),
            "intercept": np.ascontiguousarray(value.intercept),
        }

    concepts = scorer.features.concepts
    return {
        "features": asdict(scorer.features.settings),
        "intents": head(scorer.intents),
        "reasons": head(scorer.reasons),
        "languages": head(scorer.languages),
        "calibration": list(scorer.calibration),
        "concepts": [list(names) for names in concepts.names] if concepts else [],
        "lexicons": dict(concepts.lexicons) if concepts else {},
    }


def _from_plain(plain: dict[str, Any], manifest: dict[str, Any]) -> Scorer:
    def head(value: dict[str, Any]) -> LinearHead:
        found = LinearHead(tuple(value["classes"]), value["bins"], value["weights"], value["intercept"])
        if found.weights.shape != (len(found.bins), len(found.classes)) or len(found.intercept) != len(found.classes):
            raise ArtefactError(f"the model file holds weights of shape {found.weights.shape}; {_RETRAIN}")
        return found

    concepts = ConceptReader(plain["concepts"], plain["lexicons"]) if plain["concepts"] else None
    slope, intercept = plain["calibration"]
    if tuple(plain["intents"]["classes"]) != tuple(sorted(Intent)):
        raise ArtefactError(f"the model file holds other intents than this code; {_RETRAIN}")
    return Scorer(
        features=FeatureReader(FeatureSettings(**plain["features"]), concepts),
        intents=head(plain["intents"]),
        reasons=head(plain["reasons"]),
        languages=head(plain["languages"]),
        calibration=(slope, intercept),
        point=OperatingPoint(**manifest["operating_point"]),
        version=str(manifest["version"]),
    )


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(name, 0o644)
    os.replace(name, path)
