"""What counts as the buyer's text: quoted mail, marketplace wrapping and footers off.

Pure functions. Offsets are kept throughout, so that evidence can be shown in the text as it was sent.
"""

import re
from dataclasses import dataclass, field

# The marketplace's mail puts the buyer's words between two marker lines. They follow the seller's
# notification language, not the buyer's. Seen in mails and in parsers in use; 13 hyphens as a rule.
_BEGIN = (
    r"message:|begin message|begin message / début du message|nachricht:|anfang der nachricht|"
    r"début du message|dã©but du message|iniciar mensaje|mensaje:|inizio messaggio|messaggio:|"
    r"メッセージはここから|mensagem:|iniciar mensagem|wiadomość:"
)
_END = (
    r"end message|end message / fin du message|ende der nachricht|fin du message|finalizar mensaje|"
    r"fine messaggio|メッセージはここまで|encerrar mensagem|fim da mensagem|mensagem final|"
    r"koniec[^-\n]{0,30}|zakończ[^-\n]{0,30}"
)
_BEGIN_MARK = re.compile(rf"-{{3,}}[ \t]*(?:{_BEGIN})[ \t]*-{{3,}}", re.IGNORECASE)
_END_MARK = re.compile(rf"-{{3,}}[ \t]*(?:{_END})[ \t]*-{{3,}}", re.IGNORECASE)

# A line that opens quoted older mail. The attribution forms ask for an address, a time or a year, so
# that "on Monday my son wrote: ..." stays the buyer's own text.
_ATTRIBUTION = (
    r"on\b[^\n]*\bwrote|am\b[^\n]*\bschrieb[^\n]*|le\b[^\n]*\ba écrit|el\b[^\n]*\bescribió|"
    r"il\b[^\n]*\bha scritto|op\b[^\n]*\bschreef[^\n]*|w dniu\b[^\n]*\bnapisał[^\n]*|"
    r"den\b[^\n]*\bskrev[^\n]*|[^\n]{0,80}\bşunu yazdı|[^\n]{0,80}のメール|[^\n]{0,80}写道|[^\n]{0,80}寫道|"
    r"amazon marketplace\b[^\n]*\bwrote"
)
_QUOTE = re.compile(
    r"^[ \t]*(?:"
    r"-{2,}[ \t]*(?:original message|originalnachricht|ursprüngliche nachricht|message d'origine|"
    r"mensaje original|messaggio originale|oorspronkelijk bericht|oryginalna wiadomość|"
    r"ursprungligt meddelande|orijinal mesaj|الرسالة الأصلية|元のメッセージ|मूल संदेश|原始邮件|原始郵件)[ \t]*-{2,}"
    rf"|(?=[^\n]*(?:@|\d{{1,2}}[:.h]\d{{2}}|\b20\d\d))(?:{_ATTRIBUTION})[ \t]*[:：]"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>[^\n]*(?:\n|\Z)", re.MULTILINE)

# Lines of the marketplace's own footer.
_FOOTER = re.compile(
    r"^[^\n]*(?:was this e?-?mail helpful|resolve case|report questionable activity|"
    r"this message was sent to|copyright ©|copyright \d{4}|© 20\d\d|"
    r"for your information: to help arbitrate disputes|we want you to buy with confidence|"
    r"if you believe this message is suspicious|to mark this message as no response needed|"
    r"resolver caso|informar de actividad sospechosa|derechos de autor|afin d'aider au règlement des litiges|"
    r"este e-mail foi útil|solucionar o caso|denunciar atividade questionável|direitos autorais|"
    r"czy ten e-mail był pomocny|rozwiąż sprawę|zgłoś wątpliwą aktywność|"
    r"\[commmgrtok:[a-z0-9]+\]|spc-(?:eu|us)amazon-\d+)",
    re.IGNORECASE | re.MULTILINE,
)
_SENT_FROM = re.compile(
    r"^[ \t]*(?:sent from my [^\n]{2,30}|get outlook for [^\n]{2,20}|von meinem [^\n]{2,30} gesendet|"
    r"gesendet von mei[^\n]{2,30}|envoyé (?:de|depuis) mon [^\n]{2,30}|enviado desde mi [^\n]{2,30}|"
    r"inviato da[l ][^\n]{2,30}|verstuurd vanaf mijn [^\n]{2,30}|wysłane z [^\n]{2,30}|"
    r"skickat från min [^\n]{2,30}|iphone['’]?umdan gönderildi|iphoneから送信|"
    r"أُ?رسلت من [^\n]{2,30}|发自我的[^\n]{2,20}|從我的[^\n]{2,20}傳送)[ \t.]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class CleanText:
    """What is left of a message, and where it stood.

    Attributes
    ----------
    text : str
        The buyer's own words, in order, trimmed.
    pieces : tuple of (int, int, int)
        For each kept piece: offset in `text`, offset in the text as sent, length, in code points.
    """

    text: str = field(repr=False)
    pieces: tuple[tuple[int, int, int], ...]

    def to_sent(self, start: int, end: int) -> tuple[int, int]:
        """Turn the span `start:end` of `text` into the span of the text as sent that covers it."""
        return self._offset(start), self._offset(end - 1) + 1 if end > start else self._offset(start)

    def sent_spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Give the parts of the text as sent that make up `start:end` of `text`."""
        spans = []
        for here, sent, length in self.pieces:
            a, b = max(start, here), min(end, here + length)
            if a < b:
                spans.append((sent + a - here, sent + b - here))
        return spans

    def _offset(self, position: int) -> int:
        for here, sent, length in self.pieces:
            if position < here + length:
                return sent + max(0, position - here)
        return self.pieces[-1][1] + self.pieces[-1][2] if self.pieces else 0


def clean(text: str) -> CleanText:
    r"""Take quoted older mail, marketplace wrapping and footers off a message.

    What is left of ``clean(text).text`` by a second call is the same again. A message that is nothing but
    quoted lines is kept as it is: somebody pasted it so.

    >>> clean("Please cancel.\n\nOn 3 May 2026 at 10:11, Shop <a@b.c> wrote:\n> Thank you").text
    'Please cancel.'
    >>> clean("------------- Message: -------------\nhi\n------------- End message -------------").text
    'hi'
    """
    if "\n" not in text and "---" not in text and not text.startswith(">"):
        start = len(text) - len(text.lstrip())
        kept = text.strip()
        return CleanText(kept, ((0, start, len(kept)),) if kept else ())
    current = _join(text, [(0, len(text))])
    while True:
        narrower = _strip_once(text, current)
        if narrower.pieces == current.pieces:
            return current
        current = narrower


def _strip_once(sent: str, current: CleanText) -> CleanText:
    """Apply every rule once to what is left, as one text, and give what is left then."""
    here = current.text
    start, end = 0, len(here)
    begin = _BEGIN_MARK.search(here)
    if begin:
        # A quoted mail can hold markers of its own: the outermost pair first, the quote is cut after.
        closings = list(_END_MARK.finditer(here, begin.end()))
        start, end = begin.end(), closings[-1].start() if closings else len(here)
    elif closing := _END_MARK.search(here):
        end = closing.start()
    quote = _QUOTE.search(here, start, end)
    if quote and here[start : quote.start()].strip():
        end = quote.start()
    drops = [m.span() for rule in (_QUOTED_LINE, _FOOTER, _SENT_FROM) for m in rule.finditer(here, start, end)]
    kept = _without((start, end), drops)
    if not begin and not any(here[a:b].strip() for a, b in kept):
        return current
    return _join(sent, [span for a, b in kept for span in current.sent_spans(a, b)])


def _without(span: tuple[int, int], drops: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    position, end = span
    for a, b in sorted(drops):
        if a > position:
            kept.append((position, min(a, end)))
        position = max(position, b)
    if position < end:
        kept.append((position, end))
    return kept


def _join(text: str, spans: list[tuple[int, int]]) -> CleanText:
    """Put the trimmed spans of `text` together with line breaks between them."""
    parts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    offset = 0
    for a, b in spans:
        part = text[a:b]
        left = len(part) - len(part.lstrip())
        part = part.strip()
        if not part:
            continue
        if parts:
            offset += 1
        parts.append(part)
        pieces.append((offset, a + left, len(part)))
        offset += len(part)
    return CleanText("\n".join(parts), tuple(pieces))
