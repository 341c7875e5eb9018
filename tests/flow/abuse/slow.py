"""Slow clients: silent ones, ones that trickle, ones that do not read."""
from abuse.row import *

TOPIC = "a command has a second and a message two, however few octets come: 421 4.4.2 and the end"
RELAY = {"limits": {"command_timeout": "1s", "data_timeout": "2s"}, "user": [{}]}
TOGETHER = 40

LATE = ["421 4.4.2", CLOSED]
FAST_ENOUGH = pause(0.6)
DRIP = 0.2  # seconds: far below each limit, so that only a deadline of the whole helps


CASES = [
    *cases(lambda *steps: [*steps, *LATE], [
        ("silent after EHLO",),
        ("silent after MAIL", MAIL, "250 2.1.0"),
        ("silent after RCPT", *OPEN),
        ("silent after a message", *DATA, TEXT + b".\r\n", ACCEPTED),
        ("silent in a command", b"MAIL FROM:<app@"),
        ("silent before an LF", b"NOOP\r"),
        ("silent in a line that is too long", *ALIVE, b"x" * 5000),
        ("silent in AUTH", b"AUTH LOGIN\r\n", "334"),
        ("silent between chunks", *OPEN, b"BDAT %d\r\n" % len(TEXT) + TEXT, "250 2.0.0"),
        ("a command that trickles", trickle(b"NOOP " + b"x" * 30 + b"\r\n", DRIP)),
        ("a line that is too long and trickles", *ALIVE, b"x" * 5000, trickle(b"x" * 30 + b"\r\n", DRIP)),
        ("a response that trickles", b"AUTH PLAIN\r\n", "334", trickle(b"A" * 30 + b"\r\n", DRIP)),
        ("silent after DATA", *DATA),
        ("silent in a header", *DATA, b"From: <app@exam"),
        ("silent in a body", *DATA, TEXT),
        ("silent in the end of data", *DATA, TEXT + b".\r"),
        ("a header that trickles", *DATA, trickle(TEXT, DRIP)),
        ("a body that trickles", *DATA, TEXT, trickle(b"x" * 30 + b"\r\n.\r\n", DRIP)),
        ("an end of data that never comes", *DATA, TEXT, trickle(b".\n" * 30, DRIP)),
        ("silent in a chunk", *OPEN, b"BDAT 100 LAST\r\n" + TEXT[:20]),
        ("a chunk that trickles", *OPEN, b"BDAT 30 LAST\r\n", trickle(TEXT[:30], DRIP)),
        ("silent in a refused chunk", b"BDAT 100\r\nabc"),
        ("a refused chunk that trickles", b"BDAT 30\r\n", trickle(b"x" * 30, DRIP)),
    ]),
    Case("silent from the beginning", LATE, begins=GREETED),
    Case("an EHLO that trickles", [trickle(b"EHLO client.example.com\r\n", DRIP), *LATE], begins=GREETED),
    Case("who does not read", [without_reading(b"HELP\r\n" * 1000, 20)]),
    Case("who does not read, in errors", [without_reading(b"MAIL FROM:<app@example.com>\r\nRSET\r\n" * 1000, 20)]),
    Case("slow, but fast enough", [FAST_ENOUGH, MAIL, "250 2.1.0", FAST_ENOUGH, RCPT, "250 2.1.5", FAST_ENOUGH, *ALIVE, b"DATA\r\n", "354", TEXT,
                                   FAST_ENOUGH, b".\r\n", ACCEPTED, FAST_ENOUGH, b"QUIT\r\n", "221 2.0.0", CLOSED]),
    Case("chunks, slow, but fast enough", [*OPEN, b"BDAT %d\r\n" % len(HEAD) + HEAD, "250 2.0.0", FAST_ENOUGH, b"BDAT 7 LAST\r\n", FAST_ENOUGH, b"hello\r\n",
                                           ACCEPTED], body=b"hello\r\n"),
]
