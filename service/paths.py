"""Where the files of `data/` are: beside the packages in a clone, inside this package in a wheel."""

from pathlib import Path

_INSIDE = Path(__file__).parent / "data"

DATA = _INSIDE if _INSIDE.is_dir() else Path(__file__).parent.parent / "data"
