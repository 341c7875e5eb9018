"""Connections that are lost, at each step of a transaction, politely and not."""
from abuse.row import *

TOPIC = "a connection that is lost leaves nothing behind, and takes no message that was not finished"
RELAY = {}

LARGE = HEAD + b"0123456789abcde\r\n" * 120000  # goes to the store while it arrives

STEPS = [
    ("at the greeting", GREETED, []),
    ("after EHLO", READY, []),
    ("in a command", READY, [b"MAIL FROM:<app@"]),
    ("before a command's LF", READY, [b"NOOP\r"]),
    ("in a line that is too long", READY, [*ALIVE, b"x" * 9000]),
    ("after MAIL", READY, [MAIL, "250 2.1.0"]),
    ("after RCPT", READY, OPEN),
    ("behind DATA", READY, [*OPEN, b"DATA\r\n"]),
    ("after DATA", READY, DATA),
    ("in a header", READY, [*DATA, b"From: <app@exam"]),
    ("after a header", READY, [*DATA, HEAD]),
    ("in a body", READY, [*DATA, HEAD + b"hel"]),
    ("after a body", READY, [*DATA, TEXT]),
    ("behind the last dot", READY, [*DATA, TEXT + b"."]),
    ("behind the last CR", READY, [*DATA, TEXT + b".\r"]),
    ("in a large message", READY, [*DATA, LARGE]),
    ("in a large chunk", READY, [*OPEN, b"BDAT 9999999 LAST\r\n" + LARGE]),
    ("in a pipelined group", READY, [MAIL + RCPT + b"RCPT TO:<us"]),
    ("behind a bare LF for an end", READY, [*DATA, TEXT + b".\n"]),
    ("behind a message", READY, [*DATA, TEXT + b".\r\n", ACCEPTED]),
    ("behind QUIT", READY, [b"QUIT\r\n"]),
]

CASES = [
    Case("before the greeting", [LOST], begins=CONNECTED),
    Case("before the greeting, reset", [RESET], begins=CONNECTED),
    Case("before the greeting, asleep", [b"", RESET], begins=FROZEN),
    *[Case(name, [*steps, LOST], begins=begins) for name, begins, steps in STEPS],
    *[Case(name + ", reset", [*steps, RESET], begins=begins) for name, begins, steps in STEPS],
    Case("behind the end of data, unanswered", [*DATA, TEXT + b".\r\n", LOST], unseen=1),
    Case("behind the last chunk, unanswered", [*OPEN, b"BDAT %d LAST\r\n" % len(TEXT) + TEXT, LOST], unseen=1),
    Case("behind a whole pipelined transaction", [MAIL + RCPT + b"DATA\r\n" + TEXT + b".\r\nQUIT\r\n", LOST], unseen=1),
]
