"""The marketplaces: languages, windows, targets and clocks, from ``data/marketplaces.csv``."""

import csv
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from service.errors import MarketplaceError
from service.paths import DATA

_NAME = re.compile(r"[\w.-]{1,20}", re.ASCII)
_ALIASES = {"GB": "UK", "USA": "US", "KSA": "SA", "UAE": "AE"}


@dataclass(frozen=True)
class Marketplace:
    """One marketplace.

    Attributes
    ----------
    code : str
        Two letters, as sellers say it: UK, not GB.
    marketplace_id : str
        The id in the Selling Partner API.
    domain, country : str
    languages : tuple of str
        Languages that its buyers write, those of the corpus, the site's default first.
    self_service_window : timedelta
        How long after the purchase the buyer can cancel alone.
    rate_target_percent : float
        Cancellation rate from which the account is at risk.
    rate_window_days : tuple of int
    reply_clock : timedelta
        Within which a buyer's message must be answered.
    process_start : date
        First day of the process of 2022, by which only requests on the order page are formal.
    """

    code: str
    marketplace_id: str
    domain: str
    country: str
    languages: tuple[str, ...]
    self_service_window: timedelta
    rate_target_percent: float
    rate_window_days: tuple[int, ...]
    reply_clock: timedelta
    process_start: date


@cache
def load_marketplaces(path: Path = DATA / "marketplaces.csv") -> dict[str, Marketplace]:
    """Read the marketplaces, by code, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Marketplace(
                code=row["code"],
                marketplace_id=row["marketplace_id"],
                domain=row["domain"],
                country=row["country"],
                languages=tuple(row["languages"].split()),
                self_service_window=timedelta(minutes=float(row["self_service_minutes"])),
                rate_target_percent=float(row["rate_target_percent"]),
                rate_window_days=tuple(int(days) for days in row["rate_window_days"].split()),
                reply_clock=timedelta(hours=float(row["reply_clock_hours"])),
                process_start=date.fromisoformat(row["process_start"]),
            )
            for row in csv.DictReader(file)
        }


@cache
def _by_any_name() -> dict[str, Marketplace]:
    names: dict[str, Marketplace] = {}
    for marketplace in load_marketplaces().values():
        for name in (marketplace.code, marketplace.marketplace_id, marketplace.domain):
            names[name.upper()] = marketplace
            names[f"WWW.{name.upper()}"] = marketplace
    return names | {alias: names[code] for alias, code in _ALIASES.items()}


def find_marketplace(name: str) -> Marketplace:
    """Find a marketplace by its code (UK or GB), its SP-API id, or its domain as in order reports.

    Raises
    ------
    MarketplaceError
        If there is none of that name.

    >>> find_marketplace("Amazon.de").code
    'DE'
    """
    found = _by_any_name().get(name.strip().upper())
    if found is None:
        # what stands in the wrong place could be a buyer's own words
        shown = repr(name.strip()) if _NAME.fullmatch(name.strip()) else f"(a text of {len(name)} characters)"
        raise MarketplaceError(
            f"marketplace {shown} is unknown; use one of {', '.join(load_marketplaces())}, "
            "a marketplace id or a domain such as amazon.de"
        )
    return found
