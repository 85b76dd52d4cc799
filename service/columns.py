"""Which column of an export holds what, by its name in any of the languages."""

import re
import unicodedata
from collections.abc import Sequence

from service.errors import ExportError

# Names parted by commas, the surest first: where two columns fit, the earlier name wins.
_TEXT_NAMES = """
text, message text, message body, body text, message content, buyer message, customer message, buyer text,
customer text, message, messages, body, content, email body, mail body, plain body, msg, inquiry, enquiry,
question, comment, comments, description, note, mail, email text, last message, inbound message,
texto del mensaje, mensaje del comprador, mensaje del cliente, mensaje, mensajes, texto, cuerpo, contenido,
consulta, comentario,
texte du message, message de l'acheteur, message de l’acheteur, message du client, message client, texte, contenu,
corps du message, corps, commentaire,
nachrichtentext, käufernachricht, kundennachricht, nachricht des käufers, nachricht des kunden, nachricht,
nachrichten, inhalt, mitteilung, anfrage, kommentar,
testo del messaggio, messaggio dell'acquirente, messaggio del cliente, messaggio, messaggi, testo, contenuto,
corpo, commento,
berichttekst, bericht van koper, klantbericht, bericht, berichten, tekst, inhoud, opmerking,
treść wiadomości, wiadomość od kupującego, wiadomość klienta, wiadomość, wiadomości, treść, komentarz,
meddelandetext, köparens meddelande, kundmeddelande, meddelande, meddelanden, innehåll,
mesaj metni, alıcı mesajı, müşteri mesajı, mesaj, mesajlar, metin, içerik, yorum,
نص الرسالة, رسالة المشتري, رسالة العميل, الرسالة, رسالة, النص, نص, المحتوى, محتوى,
メッセージ本文, メッセージ内容, 購入者メッセージ, お客様メッセージ, 購入者からのメッセージ,
お問い合わせ内容, 問い合わせ内容,
メッセージ, 本文, テキスト,
संदेश का पाठ, खरीदार का संदेश, ग्राहक का संदेश, संदेश, मैसेज, टेक्स्ट,
买家消息, 买家留言, 客户消息, 客户留言, 消息内容, 信息内容, 邮件内容, 留言内容, 消息, 留言, 站内信,
正文, 文本, 内容, 信息,
買家訊息, 買家留言, 客戶訊息, 訊息內容, 郵件內容, 訊息, 內文, 內容
"""
_MARKETPLACE_NAMES = """
marketplace, marketplace id, marketplace code, sales channel, amazon site, site, store, marktplatz, mercado,
place de marché, pazar yeri, السوق, マーケットプレイス, 站点, 市场, 站點
"""
_ORDER_NAMES = """
order id, amazon order id, order number, order no, order, bestellnummer, número de pedido, numéro de commande,
numero ordine, numero d'ordine, bestelnummer, numer zamówienia, ordernummer, beställningsnummer, sipariş numarası,
sipariş no, رقم الطلب, 注文番号, ऑर्डर नंबर, ऑर्डर आईडी, 订单号, 订单编号, 訂單編號, 訂單號碼
"""
_TIME_NAMES = """
sent at, received at, created at, date received, date sent, sent, received, message date, timestamp, datetime,
date time, date, time, datum, fecha, data, tarih, التاريخ, 受信日時, 送信日時, 日時, 日付, तारीख, दिनांक,
接收时间, 发送时间, 时间, 日期, 接收時間, 發送時間, 時間
"""


def fold_name(name: str) -> str:
    """Fold a column's name: ``Message_Text`` and ``message text`` are the same.

    >>> fold_name("Käufer-Nachricht")
    'kaufer nachricht'
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", spaced).casefold())
    kept = "".join(c for c in plain if not ("\u0300" <= c <= "\u036f" or "\u064b" <= c <= "\u0652"))
    return re.sub(r"[^\w]+|_+", " ", unicodedata.normalize("NFC", kept)).strip()


def _key(name: str) -> str:
    return fold_name(name).replace(" ", "")


def _ranks(names: str) -> dict[str, int]:
    return {_key(name): rank for rank, name in reversed(list(enumerate(names.split(","))))}


_TEXT, _MARKETPLACE = _ranks(_TEXT_NAMES), _ranks(_MARKETPLACE_NAMES)
_ORDER, _TIME = _ranks(_ORDER_NAMES), _ranks(_TIME_NAMES)


def find_text_column(columns: Sequence[str], wanted: str | None, name: str) -> str:
    """Find the column that holds the buyer's words.

    Parameters
    ----------
    columns : sequence of str
        The header, as it stands in the file.
    wanted : str or None
        The name that the user gave.
    name : str
        What to call the file in an error.

    Raises
    ------
    ExportError
        If the wanted column is not there, or none has a name that is known.
    """
    listed = ", ".join(column[:40] or "(no name)" for column in columns[:30])
    if wanted is not None:
        exact = [column for column in columns if column == wanted]
        folded = [column for column in columns if fold_name(column) == fold_name(wanted)]
        found = exact or folded
        if not found:
            raise ExportError(f"{name}:1: no column {wanted!r}; the columns are: {listed}")
        return found[0]
    found_column = _best(columns, _TEXT)
    if found_column is None:
        raise ExportError(
            f"{name}:1: no column has a name that says it holds the message; name it with --text-column; "
            f"the columns are: {listed}"
        )
    return found_column


def find_marketplace_column(columns: Sequence[str]) -> str | None:
    """Find the column that names the marketplace, if there is one."""
    return _best(columns, _MARKETPLACE)


def find_order_column(columns: Sequence[str]) -> str | None:
    """Find the column with the order number, if there is one."""
    return _best(columns, _ORDER)


def find_time_column(columns: Sequence[str]) -> str | None:
    """Find the column that says when the buyer wrote, if there is one."""
    return _best(columns, _TIME)


def _best(columns: Sequence[str], ranks: dict[str, int]) -> str | None:
    ranked = [(ranks[_key(c)], i, c) for i, c in enumerate(columns) if _key(c) in ranks]
    return min(ranked)[2] if ranked else None
