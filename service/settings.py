"""The service's settings: environment variables that begin with ``CANCEL_TRIAGE_``."""

import os
from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from model import DEFAULT_ARTEFACT
from service.errors import SettingsError

PREFIX = "CANCEL_TRIAGE_"


class Settings(BaseSettings):
    """What can be set, with its limits."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    artefact: Path = Field(DEFAULT_ARTEFACT, description="Folder of the trained model")
    max_text_chars: int = Field(100_000, ge=1, le=10_000_000, description="Longest message, in characters")
    max_batch: int = Field(1_000, ge=1, le=100_000, description="Most messages in one JSON list")
    max_body_bytes: int = Field(8_388_608, ge=1024, description="Largest request body of a JSON call, in bytes")
    follow_up_hours: float = Field(
        24.0,
        gt=0,
        le=720,
        description="Hours after which an unanswered reply is followed by an Important message",
    )

    @property
    def follow_up_after(self) -> timedelta:
        """`follow_up_hours` as a length of time."""
        return timedelta(hours=self.follow_up_hours)


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    SettingsError
        If a variable with our prefix is unknown or its value is none that it may have.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]}: no such setting; use one of {', '.join(sorted(known))}")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{'_'.join(str(part) for part in first['loc']).upper()}"
        raise SettingsError(f"{name}: {first['msg']}; found {str(first['input'])[:60]!r}") from error
