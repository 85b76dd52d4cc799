import pytest

from model import LANGUAGES, load_corpus
from model.corpus import DEFAULT_BENCHMARK
from service.marketplaces import find_marketplace, load_marketplaces
from service.responder import Message, Responder


@pytest.mark.parametrize(
    ("text", "marketplace", "code"),
    [
        ("ok cancel pls", "US", "en"),
        ("mera order cancel kar do please", "IN", "hi"),
        ("mujhe ye nahi chahiye bhai", "", "hi"),
        ("मेरा ऑर्डर रद्द करें", "", "hi"),
        ("取消希望", "JP", "ja"),
        ("キャンセルで", "", "ja"),
        ("取消订单", "JP", "zh"),
        ("我想取消訂單", "US", "zh"),
        ("stornieren", "DE", "de"),
        ("iptal", "TR", "tr"),
        ("avbeställ tack", "SE", "sv"),
        ("anuluj", "PL", "pl"),
        ("الغاء", "AE", "ar"),
        ("annulla ordine", "IT", "it"),
        ("annuler svp", "CA", "fr"),
        ("Please cancel, I ordered twice", "DE", "en"),
        ("Lütfen iptal edin, yanlış sipariş verdim", "DE", "tr"),
    ],
)
def test_language_of_short_texts(responder: Responder, text: str, marketplace: str, code: str) -> None:
    likely = find_marketplace(marketplace).languages if marketplace else ()
    assert responder.detector.detect(text, likely).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Olá, gostaria de cancelar a minha encomenda porque já não preciso dela, obrigado", "pt"),
        ("Dobrý den, chtěl bych zrušit svou objednávku, protože ji už nepotřebuji, děkuji", "cs"),
        ("안녕하세요 주문을 취소하고 싶습니다", "ko"),
        ("Здравствуйте, я хочу отменить заказ", "ru"),
        ("Hei, haluaisin peruuttaa tilaukseni koska en tarvitse sitä enää", "fi"),
    ],
)
def test_language_outside_the_thirteen_is_never_none(responder: Responder, text: str, code: str) -> None:
    outcome = responder.respond(Message(text))
    assert outcome.language.code == code
    assert outcome.decision.verdict in ("reply", "review")


@pytest.mark.parametrize("text", ["", "👍", "123-1234567-1234567"])
def test_language_without_letters_is_the_marketplaces(responder: Responder, text: str) -> None:
    found = responder.detector.detect(text, ("de", "en"))
    assert (found.code, found.source) == ("de", "marketplace")
    assert responder.detector.detect(text).code == "und"


def test_language_given_by_the_caller_wins(responder: Responder) -> None:
    outcome = responder.respond(Message("please cancel my order", "DE", language="fr-CA"))
    assert (outcome.language.code, outcome.language.source) == ("fr", "given")
    assert outcome.reply is not None and outcome.reply.language == "fr-CA"


def test_language_is_the_same_every_time(responder: Responder) -> None:
    text = "eu quero cancelar o pedido por favor"
    assert len({responder.detector.detect(text) for _ in range(10)}) == 1


def test_language_never_changes_the_probability(responder: Responder) -> None:
    probabilities = {
        responder.respond(Message("annuler la commande svp", language=code)).prediction.probability
        for code in (None, "fr", "de", "ja")
    }
    assert len(probabilities) == 1


def test_language_of_the_benchmark_with_the_marketplace_known(responder: Responder) -> None:
    benchmark = load_corpus(DEFAULT_BENCHMARK)
    markets = load_marketplaces()
    likely = [markets[code].languages for code in benchmark["marketplace"]]
    found = responder.detector.detect_many(benchmark["text"].tolist(), likely)
    right = [f.code == code for f, code in zip(found, benchmark["language"], strict=True)]
    assert sum(right) / len(right) > 0.97
    assert set(benchmark["language"]) == set(LANGUAGES)
