"""The replies and the guidance: checked at the start, filled with the menu path of the buyer's site."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from model import LANGUAGES
from service.errors import TemplateError
from service.paths import DATA
from service.policy import SENDS_TO_ORDER_PAGE, Action

_LABELS = ("account", "orders", "request_cancellation", "cancel_items")
_ENGLISH = {"request_cancellation": "Request cancellation", "cancel_items": "Cancel items"}
_REGION_SCRIPT = {"TW": "Hant", "HK": "Hant", "MO": "Hant", "CN": "Hans", "SG": "Hans"}
_MAX_CHARS = 2000  # the shortest limit of the marketplace's own channels


@dataclass(frozen=True)
class Reply:
    """A suggested reply.

    Attributes
    ----------
    template : str
        Name of the template, equal to the action.
    language : str
        Code of the variant, such as ``es-MX``.
    body : str
        Plain text.
    subject : str or None
        Only where the message needs a subject of its own.
    """

    template: str
    language: str
    body: str = field(repr=False)
    subject: str | None = None


@dataclass(frozen=True)
class Label:
    """One word of the menu as the buyer sees it, and whether an Amazon page confirms it."""

    label: str
    confirmed: bool


@dataclass(frozen=True)
class Variant:
    """The replies of one language as one country writes it.

    Attributes
    ----------
    code : str
    language : str
    marketplaces : tuple of str
        Whose buyers get this variant of the language.
    menu : dict of str to Label
    bodies : dict of Action to str
    order_line, subject_important : str
    """

    code: str
    language: str
    marketplaces: tuple[str, ...]
    menu: Mapping[str, Label]
    bodies: Mapping[Action, str]
    order_line: str
    subject_important: str

    def path(self, action: Action) -> str:
        """Give the menu path; where the last word is not confirmed, the English one follows in brackets."""
        last = "cancel_items" if action is Action.SELF_SERVICE else "request_cancellation"
        label = self.menu[last]
        name = label.label if label.confirmed else f"{label.label} ({_ENGLISH[last]})"
        return f"{self.menu['account'].label} > {self.menu['orders'].label} > {name}"


@dataclass(frozen=True)
class Templates:
    """All replies and all guidance.

    Attributes
    ----------
    variants : tuple of Variant
    guidance : dict of str to dict of str
        For each action, ``none`` and ``review`` the text for the seller, ``en`` and ``zh``.
    """

    variants: tuple[Variant, ...]
    guidance: Mapping[str, Mapping[str, str]]

    def variant(self, language: str, marketplace: str | None = None) -> Variant | None:
        """Find the variant for a language tag (``es``, ``es-MX``, ``zh-TW``) and a marketplace.

        None where the language is none of ours.
        """
        parts = language.replace("_", "-").split("-")
        primary = parts[0].lower()
        candidates = [variant for variant in self.variants if variant.language == primary]
        wanted = {part.upper() for part in parts[1:]}
        wanted |= {_REGION_SCRIPT[part].upper() for part in wanted if part in _REGION_SCRIPT}
        for variant in candidates:
            if wanted & {part.upper() for part in variant.code.split("-")[1:]}:
                return variant
        for variant in candidates:
            if marketplace in variant.marketplaces:
                return variant
        return candidates[0] if candidates else None

    def render(self, action: Action, variant: Variant, order_id: str | None = None) -> Reply:
        """Fill the reply of an action."""
        body = Template(variant.bodies[action]).substitute(path=variant.path(action))
        if order_id:
            body += "\n\n" + Template(variant.order_line).substitute(order_id=order_id)
        subject = variant.subject_important if action is Action.FOLLOW_UP_IMPORTANT else None
        return Reply(str(action), variant.code, body, subject)


@cache
def load_templates(folder: Path = DATA / "replies") -> Templates:
    """Read and check all reply files and the guidance.

    Raises
    ------
    TemplateError
        If a file, a reply, a menu word or a guidance text is missing or not as it must be.
    """
    variants = [v for code in LANGUAGES for v in _read_language(folder / f"{code}.toml", code)]
    return Templates(tuple(variants), _read_guidance(folder / "guidance.toml"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read ({error.strerror}); restore the file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: is no TOML: {error}") from error


def _read_language(path: Path, language: str) -> list[Variant]:
    content = _read_toml(path)
    found = content.get("variants", [])
    if content.get("language") != language or not found:
        raise TemplateError(f"{path}: must begin with language = {language!r} and hold [[variants]]")
    return [_read_variant(path, language, item) for item in found]


def _read_variant(path: Path, language: str, item: Mapping[str, Any]) -> Variant:
    where = f"{path}: variant {item.get('code')!r}"
    try:
        menu = {
            name: Label(str(item["menu"][name]["label"]), bool(item["menu"][name]["confirmed"])) for name in _LABELS
        }
        bodies: dict[Action, str] = {
            action: _check_body(where, action, str(item["replies"][action]).strip())
            for action in Action
            if action is not Action.NONE
        }
        return Variant(
            code=str(item["code"]),
            language=language,
            marketplaces=tuple(item["marketplaces"]),
            menu=menu,
            bodies=bodies,
            order_line=str(item["order_line"]),
            subject_important=str(item["subject_important"]),
        )
    except KeyError as error:
        raise TemplateError(f"{where}: {error.args[0]!s} is missing") from error


def _check_body(where: str, action: Action, body: str) -> str:
    names = Template(body).get_identifiers()
    expected = ["path"] if action in SENDS_TO_ORDER_PAGE else []
    if names != expected or body.count("$") != len(expected):
        raise TemplateError(f"{where}: reply {action}: must hold {'$path once' if expected else 'no $ field'}")
    if len(body) > _MAX_CHARS - 300:
        raise TemplateError(f"{where}: reply {action}: {len(body)} characters; at most {_MAX_CHARS - 300}")
    return body


def _read_guidance(path: Path) -> dict[str, dict[str, str]]:
    found = _read_toml(path).get("guidance", {})
    guidance = {}
    for name in (*Action, "review"):
        texts = found.get(str(name), {})
        if not texts.get("en") or not texts.get("zh"):
            raise TemplateError(f"{path}: guidance.{name}: en and zh must both be there")
        guidance[str(name)] = {"en": str(texts["en"]), "zh": str(texts["zh"])}
    return guidance
