import re
import shutil
from pathlib import Path

import pytest

from model import LANGUAGES
from service.errors import TemplateError
from service.marketplaces import load_marketplaces
from service.paths import DATA
from service.policy import SENDS_TO_ORDER_PAGE, Action
from service.templates import load_templates

TEMPLATES = load_templates()
ALL = [(v, action) for v in TEMPLATES.variants for action in v.bodies]
IDS = [f"{v.code}-{action}" for v, action in ALL]


def test_templates_every_language_has_replies() -> None:
    assert {v.language for v in TEMPLATES.variants} == set(LANGUAGES)
    assert {v.code for v in TEMPLATES.variants} >= {"es-ES", "es-MX", "fr-FR", "fr-CA", "zh-Hans", "zh-Hant"}


@pytest.mark.parametrize("action", SENDS_TO_ORDER_PAGE)
def test_templates_english_path_to_the_letter(action: Action) -> None:
    body = TEMPLATES.render(action, TEMPLATES.variant("en")).body  # type: ignore[arg-type]
    last = "Cancel items" if action is Action.SELF_SERVICE else "Request cancellation"
    assert f"My Account > My Orders > {last}" in body.splitlines()


@pytest.mark.parametrize(("variant", "action"), ALL, ids=IDS)
def test_templates_reply_keeps_the_rules_of_communication(variant, action) -> None:
    reply = TEMPLATES.render(action, variant, "111-2223334-5556667")
    assert len(reply.body) < 2000
    assert "$" not in reply.body
    assert not re.search(r"https?:|www\.|@|<[a-z]", reply.body)
    assert not re.search(r"\+?\d[\d ()-]{7,}", reply.body.replace("111-2223334-5556667", ""))
    assert not re.search("[\u2600-\u27bf\U0001f000-\U0001ffff]", reply.body)
    assert "\n\n\n" not in reply.body
    assert "!" not in reply.body and "！" not in reply.body
    assert "111-2223334-5556667" in reply.body
    path = variant.path(action)
    assert (path in reply.body) == (action in SENDS_TO_ORDER_PAGE)
    assert (reply.subject is not None) == (action is Action.FOLLOW_UP_IMPORTANT)
    if reply.subject:
        assert re.match(r"^\[[^\]]+\] \S", reply.subject)


def test_templates_unconfirmed_label_is_followed_by_the_english_one() -> None:
    assert TEMPLATES.variant("nl").path(Action.ORDER_PAGE).endswith("(Request cancellation)")  # type: ignore[union-attr]
    assert TEMPLATES.variant("de").path(Action.ORDER_PAGE).endswith("> Stornierung anfordern")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("tag", "marketplace", "code"),
    [
        ("es", "ES", "es-ES"),
        ("es", "MX", "es-MX"),
        ("es", "US", "es-MX"),
        ("es-MX", "ES", "es-MX"),
        ("fr", "CA", "fr-CA"),
        ("fr", None, "fr-FR"),
        ("zh", "US", "zh-Hans"),
        ("zh-TW", "US", "zh-Hant"),
        ("zh_HK", None, "zh-Hant"),
        ("zh-Hant", None, "zh-Hant"),
        ("en-GB", "DE", "en"),
        ("DE", None, "de"),
    ],
)
def test_variant_by_tag_and_marketplace(tag: str, marketplace: str | None, code: str) -> None:
    found = TEMPLATES.variant(tag, marketplace)
    assert found is not None and found.code == code


def test_variant_unknown_language_is_none() -> None:
    assert TEMPLATES.variant("pt-BR", "ES") is None


def test_templates_every_marketplace_language_has_a_variant() -> None:
    for marketplace in load_marketplaces().values():
        for language in marketplace.languages:
            assert TEMPLATES.variant(language, marketplace.code) is not None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("$path", "the order page", r"reply order_page: must hold \$path once"),
        ("Kind regards,", "Kind regards $name,", r"must hold \$path once"),
        ("[variants.menu]", "[variants.menus]", "menu is missing"),
        ('language = "en"', 'language = "xx"', "must begin with language = 'en'"),
        ("[[variants]]", "[[variants", "is no TOML"),
    ],
)
def test_load_templates_damaged_file_names_file_and_fault(tmp_path: Path, old: str, new: str, message: str) -> None:
    shutil.copytree(DATA / "replies", tmp_path / "replies")
    path = tmp_path / "replies" / "en.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(TemplateError, match=rf"en\.toml.*{message}"):
        load_templates(tmp_path / "replies")


def test_guidance_speaks_english_and_chinese_for_every_action() -> None:
    for name, texts in TEMPLATES.guidance.items():
        assert re.search("[a-z]", texts["en"]), name
        assert re.search("[\u4e00-\u9fff]", texts["zh"]), name
