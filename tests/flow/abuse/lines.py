"""Command lines: how long they may be, where they end, what they may hold."""
from abuse.row import *

TOPIC = "a line ends at CRLF alone, is answered once, and is bounded"
RELAY = {}

LIMIT = 2048  # octets before CRLF


def line(octets):
    """A NOOP of that many octets before its CRLF."""
    return b"NOOP " + b"x" * (octets - 5)


CASES = [
    *cases(lambda octets: [octets, "250 2.0.0"], [
        ("what RFC 5321 4.5.3.1.4 asks for", line(510) + b"\r\n"),
        ("all that fits", line(LIMIT) + b"\r\n"),
        ("verbs in any case", b"nOoP\r\n"),
        ("white space behind the verb", b"NOOP \t \r\n"),
        ("a command octet by octet", b"RSET\r\n"),
    ]),
    Case("all that fits, cut inside its CRLF", [apart(line(LIMIT) + b"\r", b"\n"), "250 2.0.0"]),
    Case("a command in packets of an octet", [apart(*[bytes([c]) for c in b"NOOP\r\n"]), "250 2.0.0"]),

    *cases(lambda octets: [*ALIVE, octets, "500 5.5.2"], [
        ("an octet too long", line(LIMIT + 1) + b"\r\n"),
        ("4 KiB", line(4096) + b"\r\n"),
        ("64 KiB", line(65536) + b"\r\n"),
        ("1 MiB", line(1048576) + b"\r\n"),
        ("64 KiB of MAIL", b"MAIL FROM:<" + b"a" * 65536 + b"@example.com>\r\n"),
        ("64 KiB of parameters", MAIL[:-2] + b" SIZE=1" * 9362 + b"\r\n"),
        ("64 KiB of spaces", b" " * 65536 + b"\r\n"),
        ("64 KiB of HELP behind bare LFs", b"HELP\n" * 13107 + b"\r\n"),
        ("64 KiB of RSET behind bare CRs", b"RSET\r" * 13107 + b"\r\n"),
        ("64 KiB of NUL", b"\0" * 65536 + b"\r\n"),
        ("64 KiB of 8-bit octets", b"\xff" * 65536 + b"\r\n"),
        ("two commands in one long line", line(LIMIT) + b"\nRSET" + b" " * 100 + b"\r\n"),
    ]),
    Case("an octet too long, cut inside its CRLF", [*ALIVE, apart(line(LIMIT + 1) + b"\r", b"\n"), "500 5.5.2"]),
    Case("64 KiB in pieces", [*ALIVE, apart(*[b"NOOP" + b"x" * 4092] * 16), QUIET, b"\r\n", "500 5.5.2"]),
    Case("64 KiB in pieces that end in CR", [*ALIVE, apart(*[b"NOOP" * 1023 + b"\r"] * 16, b"\n"), "500 5.5.2"]),
    Case("64 KiB, then a command at once", [*ALIVE, line(65536) + b"\r\nHELP\r\n", "500 5.5.2", "214 2.0.0"]),
    Case("64 KiB as MAIL opens nothing", [*ALIVE, MAIL[:-2] + b" " * 65536 + b"\r\n", "500 5.5.2", RCPT, "503 5.5.1"]),
    Case("64 KiB as the first line", [line(65536) + b"\r\n", "500 5.5.2", CLOSED], begins=GREETED),

    *cases(lambda octets: [*ALIVE, octets, "500 5.5.2"], [
        ("a bare LF between two commands", b"NOOP\nRSET\r\n"),
        ("a bare CR between two commands", b"NOOP\rRSET\r\n"),
        ("CR CR LF", b"NOOP\r\r\n"),
        ("LF CR LF", b"NOOP\n\r\n"),
        ("LF CR between two commands", b"NOOP\n\rRSET\r\n"),
        ("a bare LF before a command", b"\nNOOP\r\n"),
        ("a bare CR before a command", b"\rNOOP\r\n"),
        ("three commands behind bare LFs", b"NOOP\nNOOP\nNOOP\r\n"),
        ("a NUL behind a command", b"NOOP\0\r\n"),
        ("a NUL inside a command", b"NO\0OP\r\n"),
        ("a NUL instead of a space", b"MAIL\0FROM:<app@example.com>\r\n"),
        ("a NUL in an address", b"MAIL FROM:<app\0@example.com>\r\n"),
        ("a NUL behind an address", b"MAIL FROM:<app@example.com>\0<x@elsewhere.example>\r\n"),
        ("a CR in an address", b"MAIL FROM:<app\r@example.com>\r\n"),
        ("an escape sequence", b"\x1b[2J\r\n"),
        ("a bell in an address", b"MAIL FROM:<app\x07@example.com>\r\n"),
        ("DEL in an address", b"MAIL FROM:<app\x7f@example.com>\r\n"),
        ("a tab instead of a space", b"MAIL\tFROM:<app@example.com>\r\n"),
        ("a backspace over a verb", b"RSET\x08\x08\x08\x08NOOP\r\n"),
        ("an empty line", b"\r\n"),
        ("nothing but spaces", b"    \r\n"),
        ("a space before the verb", b" NOOP\r\n"),
        ("a verb that nobody knows", b"XYZZY\r\n"),
        ("a verb and more without a space", b"NOOPS\r\n"),
        ("MAILFROM", b"MAILFROM:<app@example.com>\r\n"),
        ("a verb in 8-bit octets", b"\xce\x9d\xce\x9f\xce\x9f\xce\xa1\r\n"),
        ("a format string", b"%s%n%x%1000000d\r\n"),
    ]),
    Case("bare LFs open no transaction", [MAIL.replace(b"\r", b"") + RCPT, "500 5.5.2", RCPT, "503 5.5.1"]),
    Case("QUIT behind a bare LF is not obeyed", [b"NOOP\nQUIT\r\n", "500 5.5.2", *ALIVE]),
    Case("a bare LF in the first line", [b"EHLO x\nEHLO y\r\n", "500 5.5.2", CLOSED], begins=GREETED),

    *cases(lambda octets: [octets, "501 5.5.4"], [
        ("EHLO without a name", b"EHLO\r\n"),
        ("EHLO with two names", b"EHLO one two\r\n"),
        ("EHLO with a name of 256 octets", b"EHLO " + b"x" * 256 + b"\r\n"),
        ("EHLO in 8-bit octets", b"EHLO \xff\xfe\r\n"),
        ("HELO without a name", b"HELO \r\n"),
        ("DATA with an argument", b"DATA now\r\n"),
        ("RSET with an argument", b"RSET all\r\n"),
        ("QUIT with an argument", b"QUIT now\r\n"),
        ("VRFY without one", b"VRFY\r\n"),
    ]),
    Case("a name in EHLO that is no name", [b"EHLO (\"<>;\\\r\n", "250", *DATA, TEXT + b".\r\n", ACCEPTED]),
]
