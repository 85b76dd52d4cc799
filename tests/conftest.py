"""Fixtures that more than one test needs."""

import os
from pathlib import Path

import pytest

from service.responder import Responder

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def responder() -> Responder:
    return Responder.load()


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CANCEL_TRIAGE_"):
            monkeypatch.delenv(name)
