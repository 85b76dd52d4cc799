"""Holds the layout: data flows one way, and scoring pays for nothing else."""

import ast
from pathlib import Path

import pytest

import model

ROOT = Path(__file__).parent.parent

# A file imports, of its own package, only from files above it.
ORDER = {
    "model": [
        "errors", "labels", "text", "features", "patterns", "lexicon", "concepts", "reader", "scoring", "evidence",
        "language", "corpus", "calibration", "linear", "classifier", "evaluation", "persistence", "training",
    ],
    "service": [
        "errors", "paths", "marketplaces", "orders", "conversation", "notices", "policy", "templates", "responder",
        "results", "encodings", "columns", "exports", "targets", "batch", "frames", "settings",
        "schemas", "problems", "limits", "app", "tables", "cli",
    ],
}  # fmt: skip
HEAVY = {
    "sklearn": {"classifier", "evaluation", "linear", "training"},
    "pandas": {"corpus", "evaluation", "training", "frames"},
    "joblib": {"persistence"},
    "langdetect": {"language"},
    "fastapi": {"app", "problems"},
    "pydantic": {"app", "schemas", "settings"},
    "rich": {"cli", "tables"},
}


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
            found += [f"{node.module}.{alias.name}" for alias in node.names if node.module in ORDER]
    return found


def modules(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).glob("*.py")) if path.stem != "__init__"]


@pytest.mark.parametrize("package", ORDER)
def test_every_module_has_its_place(package: str) -> None:
    assert {path.stem for path in modules(package)} <= set(ORDER[package])


@pytest.mark.parametrize(
    "path", [p for package in ORDER for p in modules(package)], ids=lambda p: f"{p.parent.name}.{p.stem}"
)
def test_imports_point_upwards(path: Path) -> None:
    package = path.parent.name
    above = ORDER[package][: ORDER[package].index(path.stem)]
    for name in imports(path):
        first, _, rest = name.partition(".")
        if first == package and rest.partition(".")[0] in ORDER[package]:
            allowed = rest.partition(".")[0] in above or path.stem == "scoring" and rest.startswith("evidence")
            assert allowed, f"{path.name} imports {name}"
        assert not (package == "model" and first == "service"), f"{path.name} imports {name}"
        if first in HEAVY:
            assert path.stem in HEAVY[first], f"{path.name} imports {name}"


def test_files_stay_one_idea() -> None:
    long = {
        path.name: n
        for package in ORDER
        for path in modules(package)
        if (n := len(path.read_text().splitlines())) > 400
    }
    assert not long


def test_exported_names_are_sorted_and_exist() -> None:
    assert model.__all__ == sorted(model.__all__, key=lambda name: (not name.isupper(), name))
    for name in model.__all__:
        assert getattr(model, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        model.nothing  # noqa: B018
