import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import clean

NEW = """You have received a message.

# 111-1111111-1111111:
1 / Kettle [ASIN: B000000000]

------------- Message: -------------

Bitte stornieren Sie das.

------------- End message -------------

Was this email helpful?
"""


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        (NEW, "Bitte stornieren Sie das."),
        ("------------- Begin message -------------\nhola\n------------- Finalizar mensaje -------------", "hola"),
        ("------------- メッセージはここから -------------\nキャンセル\n--- メッセージはここまで ---", "キャンセル"),
        ("Please cancel\n\n-----Original Message-----\nFrom: Shop\nThank you", "Please cancel"),
        ("Bitte stoppen\n\nAm 3. Mai 2026 um 10:11 schrieb Shop <a@b.c>:\n> Danke", "Bitte stoppen"),
        ("Annulez svp\nLe 3 mai 2026 à 10:11, Shop <a@b.c> a écrit :\n> merci", "Annulez svp"),
        ("ok\n> old line\n> another\nand cancel it", "ok\nand cancel it"),
        ("cancel\nSent from my iPhone", "cancel"),
        ("annuler\nEnvoyé de mon iPhone", "annuler"),
        ("stop it\n[commMgrTok:A1B2C3D4E5F6G7]", "stop it"),
    ],
    ids=["new wrapping", "old wrapping", "ja", "outlook", "de", "fr", "quoted lines", "phone", "telephone", "token"],
)
def test_clean_takes_off_what_the_buyer_did_not_write(sent: str, left: str) -> None:
    assert clean(sent).text == left


@pytest.mark.parametrize(
    "sent",
    [
        "On Monday my husband wrote: cancel it.\nSo please do.",
        "> please cancel my order",
        "The copyright of this book is what I ask about\nis it 2019?",
        "--- please cancel ---",
    ],
    ids=["wrote", "only quoted", "copyright", "dashes"],
)
def test_clean_keeps_the_buyers_own_words(sent: str) -> None:
    assert clean(sent).text == sent


def test_clean_empty_message_between_markers_is_empty() -> None:
    assert clean("--- Message: ---\n\n--- End message ---").text == ""


def test_clean_maps_spans_back_to_the_text_as_sent() -> None:
    cleaned = clean(NEW)
    start = cleaned.text.index("stornieren")
    a, b = cleaned.to_sent(start, start + len("stornieren"))
    assert NEW[a:b] == "stornieren"


@given(st.text(alphabet=st.sampled_from(list("ab \n>-:@ OnwrteMsag2026")), max_size=200))
def test_clean_twice_is_clean_once(text: str) -> None:
    once = clean(text).text
    assert clean(once).text == once


@given(st.text(max_size=300))
def test_clean_pieces_are_parts_of_the_sent_text(text: str) -> None:
    cleaned = clean(text)
    for here, sent, length in cleaned.pieces:
        assert cleaned.text[here : here + length] == text[sent : sent + length]
