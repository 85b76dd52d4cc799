"""The documents say what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from model import Intent
from model.labels import Reason
from service.app import create_app
from service.policy import Action
from service.results import RESULT_COLUMNS
from service.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CARD = (ROOT / "data" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("command", ["classify", "score", "serve", "train", "evaluate"])
def test_readme_names_every_command(command: str) -> None:
    assert f"cancel-triage {command}" in README


@pytest.mark.parametrize("name", Settings.model_fields)
def test_readme_names_every_setting_with_its_default(name: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{PREFIX}{name.upper()}`"))
    default = Settings.model_fields[name].default
    if isinstance(default, int | float):
        assert f"| {default:g} |" in row or f"| {default} |" in row


def test_readme_names_every_endpoint() -> None:
    for path in create_app(Settings()).openapi()["paths"]:
        assert path in README


def test_readme_names_every_column_and_action() -> None:
    for name in (*RESULT_COLUMNS, *(action for action in Action if action is not Action.NONE)):
        assert f"`{name}`" in README, name


def test_data_card_names_every_intent_and_column() -> None:
    for name in (*Intent, "text", "reason", "evidence", "marketplace", "origin", "slice"):
        assert f"`{name}`" in CARD, name
    assert Reason.UNSPECIFIED in CARD


def test_readme_holds_nothing_unfilled() -> None:
    assert not re.search(r"@@|TODO|XXX", README)


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_readme_classify_example_is_real() -> None:
    found = re.search(r"\$ cancel-triage classify \"([^\"]+)\" --marketplace (\w+)\n(.*?)```", README, re.DOTALL)
    assert found
    command = [sys.executable, "-m", "service.cli", "classify", found[1], "--marketplace", found[2]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    printed, shown = done.stdout.splitlines(), found[3].strip().splitlines()
    assert [line.rstrip() for line in printed] == [line.rstrip() for line in shown]
