"""Bodies: plain text whose ends, blanks and octets are what canonicalization is about."""
import random

from varied.row import Content

UTF8 = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
LATIN1 = b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n\tcharset=\"iso-8859-1\"\r\nContent-Transfer-Encoding: 8bit\r\n"
BASE64 = b"MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
PROSE = b"The quick brown fox\r\njumps  over the\tlazy dog. \r\n\r\n"


def _blanks_everywhere():
    """Runs of white space at every place in words of sixteen octets."""
    return b"".join(b"x" * n + blank + tail for n in range(34) for blank in (b" ", b"\t", b"  ", b" \t", b"\t ", b"   \t  ")
                    for tail in (b"y\r\n", b"\r\n"))


BODIES = [
    Content("empty", b""),
    Content("one line end", b"\r\n"),
    Content("line ends alone", b"\r\n" * 7),
    Content("a space", b" \r\n"),
    Content("a tab that ends nowhere", b"\t"),
    Content("blank lines alone", b" \r\n\t\r\n  \t \r\n\r\n"),
    Content("a word", b"hello\r\n"),
    Content("a word that ends nowhere", b"hello"),
    Content("a blank that ends nowhere", b"hello \t"),
    Content("a line end and a half", b"hello\r\n\r\n "),
    Content("prose", PROSE * 20 + b"end\r\n"),
    Content("empty lines first", b"\r\n" * 5 + b"hello\r\n"),
    Content("empty lines last", b"hello\r\n" + b"\r\n" * 5),
    Content("10,000 empty lines last", b"hello\r\n" + b"\r\n" * 10000),
    Content("blank lines last", b"hello\r\n \r\n\t\r\n"),
    Content("blank and empty lines last", b"hello\r\n\r\n \r\n\r\n\t \r\n\r\n"),
    Content("10,000 empty lines inside", b"hello\r\n" + b"\r\n" * 10000 + b"end\r\n"),
    Content("blanks last in lines", b"hello \r\nhello\t\r\nhello \t \r\n  \r\nhello  \r\n"),
    Content("blanks first in lines", b" hello\r\n\thello\r\n \t hello\r\n"),
    Content("tabs", b"\ta\tb\t\tc\r\na\t \tb\r\n\t\t\r\n"),
    Content("blanks everywhere", _blanks_everywhere()),
    Content("5,000 blanks", b"a" + b"\r\n".join([b" \t" * 400] * 7) + b"b\r\n"),
    Content("dots", b".\r\n..\r\n...\r\n. \r\n.a\r\n\r\n.\r\n.\r\n"),
    Content("a dot that ends nowhere", b"hello\r\n."),
    Content("what looks like fields", b"From: <ceo@elsewhere.example>\r\nSubject: x\r\n\r\nDKIM-Signature: v=1; b=x\r\n"
                                      b"From app@example.com Sat Nov 1\r\n"),
    Content("a signature's dashes", b"Regards\r\n-- \r\nApp\r\n"),
    Content("flowed", b"This is a \r\nparagraph that \r\nflows.\r\n> quoted \r\n> too\r\n \r\n",
            b"Content-Type: text/plain; format=flowed; delsp=no\r\n"),
    Content("UTF-8", "Grüße aus Köln \u00a0\r\n\u3000日本語\u2003\r\n📨\r\n".encode() * 30, UTF8),
    Content("UTF-8 that nothing declares", "Grüße\r\n".encode()),
    Content("ISO 8859-1", b"Gr\xfc\xdfe \xa0\r\n\xa0\r\n\x85\r\n" * 10, LATIN1),
    Content("all octets but three", bytes(n for n in range(1, 256) if n not in (10, 13)) + b"\r\n", LATIN1),
    Content("control characters", b"a\x0b\r\n\x0c\r\nb \x0c \r\n\x1b[0m\x7f\x01\x08\r\n\x0b"),
    Content("a line of 998", b"x" * 998 + b"\r\n" + b"\t" + b"y" * 996 + b" \r\n"),
    Content("a line of 999", b"short\r\n" + b"x" * 999 + b"\r\n.\r\nshort \r\n"),
    Content("a line of 100,000 in UTF-8", "Grüße, ".encode() * 12500 + b"\r\nend", UTF8),
    Content("a line of 5,000 octets of all kinds", bytes(n for n in range(128, 256)) * 40 + b"\r\n", LATIN1),
    Content("a line over 998 in base64", b"QUJD" * 700 + b"\r\n", BASE64),
    Content("LF alone", b"hello \nworld\t\n\n\nend\n\n"),
    Content("LF and CRLF", b"\nhello\r\nworld\n\r\n\n \n"),
    Content("2 MiB", PROSE * (2 * 1024 * 1024 // len(PROSE)) + b"end"),
]

_PIECES = (b"a", b"word", b"x" * 15, b"x" * 16, b" ", b" ", b"\t", b"  ", b" \t", b"\r\n", b"\r\n", b"\r\n", b"\r\n\r\n", b"\r\n.", b".", b" \r\n",
           b"\r\n ", b"\xc3\xbc", b"=20", b"\x0c")


def random_body(seed):
    """Blanks, line ends, dots and a little text, in any order."""
    rng = random.Random(f"body {seed}")
    pieces = [rng.choice(_PIECES) + (b"\r\n" if n % 50 == 49 else b"") for n in range(rng.randrange(1, 400))]
    return Content(f"random {seed}", b"".join(pieces))
