"""Limits: of a header, a message, recipients, errors, messages of a connection, and hops."""
from abuse.row import *

TOPIC = "limits are told exactly, and what was accepted before them stays"
RELAY = {"limits": {"message_size": "400KiB", "recipients": 100, "errors": 10, "messages_per_connection": 3}}

MESSAGE = 400 * 1024
HEADER = 256 * 1024
HOP = b"Received: by hop; Sat, 01 Nov 2025 10:00:00 +0000\r\n"
NONSENSE = [b"nonsense\r\n", "500 5.5.2"]
TOO_MANY = ["421 4.7.0", CLOSED]


def filled(octets):
    """A message of that many octets."""
    room = octets - len(HEAD)
    return HEAD + b"0123456789abcde\r\n" * ((room - 2) // 17) + b"x" * ((room - 2) % 17) + b"\r\n"


def header(octets):
    """A header of that many octets, then the empty line and a body."""
    start = b"From: <app@example.com>\r\n"
    room = octets - len(start)
    return start + b"X-Fill: 0123456\r\n" * (room // 17 - 1) + b"X-Fill: " + b"x" * (room % 17 + 7) + b"\r\n\r\nhello\r\n"


def sent(text, reply, size=None):
    mail = MAIL if size is None else MAIL[:-2] + b" SIZE=%d\r\n" % size
    return [mail, "250 2.1.0", RCPT, "250 2.1.5", b"DATA\r\n", "354", text + b".\r\n", reply]


def chunked(text, reply):
    return [*OPEN, b"BDAT %d LAST\r\n" % len(text) + text, reply]


def recipients(count):
    return [step for n in range(count) for step in (b"RCPT TO:<u%d@dest.example>\r\n" % n, "250 2.1.5")]


CASES = [
    Case("a message that just fits", sent(filled(MESSAGE), ACCEPTED)),
    Case("an octet too large", sent(filled(MESSAGE + 1), "552 5.3.4")),
    Case("an octet too large, in a chunk", chunked(filled(MESSAGE + 1), "552 5.3.4")),
    Case("a message that just fits, in a chunk", chunked(filled(MESSAGE), ACCEPTED)),
    Case("stuffed dots do not count", sent(HEAD + b"..\r\n" * ((MESSAGE - len(HEAD)) // 3), ACCEPTED)),
    Case("4 MiB, and commands behind the end", [*DATA, filled(4 << 20) + b".\r\nNOOP\r\n", "552 5.3.4", "250 2.0.0"]),
    Case("4 MiB, and the next message", [*sent(filled(4 << 20), "552 5.3.4"), *sent(TEXT, ACCEPTED)]),
    Case("4 MiB with a bare LF at its end", sent(filled(4 << 20) + b"\n\r\n", "550 5.5.2")),
    Case("SIZE= that just fits", sent(filled(MESSAGE), ACCEPTED, size=MESSAGE)),
    Case("SIZE= too large", [MAIL[:-2] + b" SIZE=%d\r\n" % (MESSAGE + 1), "552 5.3.4", *sent(TEXT, ACCEPTED)]),
    Case("SIZE= that lies, within the limit", sent(filled(100000), ACCEPTED, size=10)),
    Case("SIZE= that lies, over the limit", sent(filled(MESSAGE + 1), "552 5.3.4", size=10)),
    Case("a message of 400 KiB in a line that is too much", sent(HEAD + b"x" * MESSAGE + b"\r\n", "552 5.3.4")),

    Case("a header that just fits", sent(header(HEADER), ACCEPTED)),
    Case("a header an octet too large", sent(header(HEADER + 1), "552 5.3.4")),
    Case("a header an octet too large, in a chunk", chunked(header(HEADER + 1), "552 5.3.4")),
    Case("a header of one endless field", sent(b"X-Long: " + b"x" * 300000 + b"\r\n\r\n", "552 5.3.4")),
    Case("a header of one endless name", sent(b"X" * 300000 + b": \r\n\r\n", "552 5.3.4")),
    Case("a header without an end", sent(b"X: y\r\n" * 50000, "552 5.3.4")),

    Case("100 hops", sent(HOP * 100 + TEXT, ACCEPTED)),
    Case("101 hops", sent(HOP * 101 + TEXT, "554 5.4.6")),
    Case("101 hops in other letters", sent(HOP.replace(b"Received", b"rEcEiVeD ") * 101 + TEXT, "554 5.4.6")),
    Case("101 hops behind other fields", sent(b"X: y\r\n" * 1000 + HOP * 101 + TEXT, "554 5.4.6")),
    Case("1,000 hops, in a chunk", chunked(HOP * 1000 + TEXT, "554 5.4.6")),

    Case("a recipient too many", [MAIL, "250 2.1.0", *recipients(100), b"RCPT TO:<more@dest.example>\r\n", "452 4.5.3", b"RCPT TO:<u7@dest.example>\r\n",
                                  "250 2.1.5", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED]),
    Case("30 recipients too many are no errors", [MAIL, "250 2.1.0", *recipients(100), *[b"RCPT TO:<more@dest.example>\r\n", "452 4.5.3"] * 30,
                                                  b"RSET\r\n", "250 2.0.0", *OPEN]),
    Case("messages of one connection", [*sent(TEXT, ACCEPTED) * 3, MAIL, *TOO_MANY]),
    Case("transactions of one connection", [*[MAIL, "250 2.1.0", b"RSET\r\n", "250 2.0.0"] * 3, MAIL, *TOO_MANY]),

    Case("nine errors", NONSENSE * 9),
    Case("ten errors", [*NONSENSE * 10, *TOO_MANY]),
    Case("ten errors at once", [b"nonsense\r\n" * 30, *["500 5.5.2"] * 10, *TOO_MANY]),
    Case("errors with good commands between them", [*[*NONSENSE, *ALIVE] * 9, *NONSENSE, *TOO_MANY]),
    Case("errors of ten kinds", [b"nonsense\r\n", "500 5.5.2", b"BDAT 4\r\nRSET", "503 5.5.1", b"EXPN x\r\n", "502 5.5.1", b"RSET x\r\n", "501 5.5.4",
                                 b"NOOP " + b"x" * 9000 + b"\r\n", "500 5.5.2", b"NOOP\0\r\n", "500 5.5.2", b"MAIL FROM:<x@elsewhere.example>\r\n",
                                 "550 5.7.1", b"MAIL FROM:<app@example.com> SIZE=999999999\r\n", "552 5.3.4", b"VRFY\r\n", "501 5.5.4",
                                 b"EHLO\r\n", "501 5.5.4", *TOO_MANY]),
    Case("refused messages are errors", [*NONSENSE * 9, *sent(b"no header\r\n", "550 5.6.0"), *TOO_MANY]),
    Case("an accepted message forgives", [*NONSENSE * 9, *sent(TEXT, ACCEPTED), *NONSENSE * 9, *sent(TEXT, ACCEPTED), *NONSENSE * 10, *TOO_MANY]),
    Case("RSET and EHLO forgive nothing", [*NONSENSE * 5, b"RSET\r\n", "250 2.0.0", *NONSENSE * 4, EHLO, "250", *NONSENSE, *TOO_MANY]),
]
