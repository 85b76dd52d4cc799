"""Tells the marketplace's own notice of a request made on the order page from a buyer's words."""

import re

# Subjects and first lines. English and Spanish are seen in real mails; the other languages are renderings.
_FORMS = (
    r"order cancell?ation request from amazon customer",
    r"the buyer has requested that this order be cancell?ed",
    r"solicitud de cancelaci[oó]n de pedido del cliente de amazon",
    r"solicitud de cancelaci[oó]n del pedido para el n[uú]mero de pedido",
    r"demande d['’]annulation de (?:la )?commande (?:de la part )?du client amazon",
    r"stornierungs(?:anfrage|antrag) von amazon[- ]kunde",
    r"richiesta di (?:annullamento|cancellazione) (?:dell['’]ordine )?(?:dal|da parte del) cliente amazon",
    r"annuleringsverzoek (?:voor bestelling )?van amazon[- ]klant",
    r"prośba o anulowanie zamówienia od klienta amazon",
    r"begäran om annullering (?:av (?:order|beställning) )?från amazon[- ]kund",
    r"amazon müşterisi[^\n]{0,60}sipariş iptal talebi",
    r"طلب إلغاء (?:ال)?طلب من عميل أمازون",
    r"amazon(?:の)?(?:お客様|購入者)[^\n]{0,40}(?:注文)?キャンセルリクエスト",
    r"amazon (?:ग्राहक|customer)[^\n]{0,60}(?:ऑर्डर )?(?:कैंसिलेशन|रद्द करने) का अनुरोध",
    r"(?:亚马逊|亞馬遜|amazon)\s?(?:买家|買家|客户|客戶)[^\n]{0,40}(?:订单取消|取消订单|訂單取消|取消訂單)(?:请求|請求|要求)",
)
_NOTICE = re.compile(
    rf"\A\W*(?:(?:subject|betreff|objet|asunto|oggetto|onderwerp|temat|ämne|konu|件名|主题|主旨|الموضوع)\s*[:：]\s*)?"
    rf"(?:{'|'.join(_FORMS)})",
    re.IGNORECASE,
)


def is_formal_notice(text: str) -> bool:
    """Tell whether a text is the notice that a buyer has pressed *Request cancellation*.

    >>> is_formal_notice("Order cancellation request from Amazon customer Ann (Order: 111-1111111-1111111)")
    True
    >>> is_formal_notice("I sent an order cancellation request from my account, did it work?")
    False
    """
    return _NOTICE.match(text) is not None
