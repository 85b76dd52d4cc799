"""A wheel carries all that scoring needs, and scores without the project's folder and without dev packages."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_wheel_scores_outside_the_project(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
        content.extractall(tmp_path / "site")
    assert {"model/artefact/model.joblib", "model/artefact/manifest.json", "service/data/marketplaces.csv"} <= names
    assert {f"service/data/replies/{name}.toml" for name in ("de", "zh", "guidance")} <= names
    assert not [name for name in names if name.startswith(("tests/", "data/", "notebooks/"))]
    code = (
        "import sys; sys.path[:0] = [sys.argv[1]]; import service.cli; "
        "assert service.cli.__file__.startswith(sys.argv[1]); "
        "sys.argv[1:] = ['classify', 'please cancel my order', '--marketplace', 'US']; service.cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path / "site")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "My Account > My Orders > Request cancellation" in done.stdout


def test_constraints_pin_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for group in project["optional-dependencies"].values() for d in group)]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    names = {name.split(">=")[0].split("[")[0].lower() for name in wanted} - {"cancel-triage"}
    assert names <= pinned
    assert all(">=" in name or name.startswith("cancel-triage[") for name in wanted)
