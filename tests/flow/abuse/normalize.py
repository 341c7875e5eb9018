"""Bare newlines where they are normalized: they end lines and never messages."""
import itertools
import re

from abuse.chunks import chunk, last
from abuse.end_of_data import LINE_ENDS
from abuse.row import *

TOPIC = "with bare_newline = \"normalize\" each bare CR or LF arrives as CRLF, and CR LF . CR LF alone ends a message"
RELAY = {"listener": [{"address": f"127.0.0.1:{PLAIN}"}, {"address": f"127.0.0.1:{OTHER}", "bare_newline": "normalize"}]}
NORMALIZED = {"port": OTHER}


def clean(octets):
    return re.sub(rb"\r\n|\r|\n", b"\r\n", octets)


def variant(one, before, other, after):
    """A message with a dot between two line ends, a second transaction behind it."""
    said = [*DATA, HEAD + b"first" + before + b"." + after + SMUGGLED]
    if before.endswith(b"\r\n") and after == b"\r\n":  # a true end, though behind a bare CR
        return Case(f"{one} . {other}", [*said, ACCEPTED, "250 2.1.0", "250 2.1.5", "354", ACCEPTED], **NORMALIZED)
    return Case(f"{one} . {other}", [*said, ACCEPTED], body=clean(b"first" + before + b"." + after + SMUGGLED[:-3]), **NORMALIZED)


def in_chunk(one, before, other, after):
    octets = b"first" + before + b"." + after + SMUGGLED
    return Case(f"{one} . {other} in a chunk", [*OPEN, last(HEAD + octets), ACCEPTED], body=clean(octets), **NORMALIZED)


def arrives(name, octets, body):
    return Case(name, [*DATA, octets + b"\r\n.\r\n", ACCEPTED], body=body, **NORMALIZED)


def chunked(name, *octets, body):
    steps = [step for some in octets[:-1] for step in (chunk(some), "250 2.0.0")]
    return Case(name, [*OPEN, *steps, last(octets[-1]), ACCEPTED], body=body, **NORMALIZED)


# With HEAD before it, a bare CR behind it is the last octet of 16 KiB.
EDGE = b"x" * 62 + b"\r\n"
EDGE = EDGE * 250 + b"x" * (16384 - 1 - len(HEAD) - 250 * len(EDGE))
PAIRS = [(*one, *other) for one, other in itertools.product(LINE_ENDS.items(), repeat=2)]

CASES = [
    *[variant(*pair) for pair in PAIRS if (pair[0], pair[2]) != ("CRLF", "CRLF")],
    *[in_chunk(*pair) for pair in PAIRS],

    arrives("LF everywhere", TEXT.replace(b"\r\n", b"\n"), b"hello\r\n\r\n"),
    arrives("CR everywhere", TEXT.replace(b"\r\n", b"\r"), b"hello\r\n\r\n"),
    arrives("a bare CR before CRLF", HEAD + b"a\r", b"a\r\n\r\n"),
    arrives("a bare LF as the empty line", HEAD[:-2] + b"\nhello", b"hello\r\n"),
    arrives("a bare CR as the empty line", HEAD[:-2] + b"\rhello", b"hello\r\n"),
    arrives("bare CRs alone", HEAD + b"\r\r\r\r", b"\r\n" * 5),
    arrives("bare LFs alone", HEAD + b"\n" * 1000, b"\r\n" * 1001),
    arrives("a bare CR at a read's edge of 16 KiB", HEAD + EDGE + b"\rx", EDGE + b"\r\nx\r\n"),
    # RFC 5321 4.5.2 is about lines that CRLF begins.
    arrives("dots behind CRLF are unstuffed", HEAD + b"..a\nb\r\n..\n...", b".a\r\nb\r\n.\r\n...\r\n"),
    arrives("dots behind bare newlines stay", HEAD + b"a\n..b\r.c\n.\n..", b"a\r\n..b\r\n.c\r\n.\r\n..\r\n"),
    Case("NUL is refused as ever", [*DATA, HEAD + b"a\nb\0c\r\n.\r\n", "550 5.6.0"], **NORMALIZED),
    Case("no false end is answered", [*DATA, HEAD + b"a\n.\n", QUIET, b".\r", QUIET, b"\n.\n", QUIET, b"\r.\r", QUIET, b"\n\n.\r\n", QUIET, b".\r\n", ACCEPTED],
         body=b"a\r\n.\r\n.\r\n.\r\n\r\n.\r\n\r\n.\r\n", **NORMALIZED),
    Case("newlines cut at packets' edges", [*DATA, apart(HEAD + b"a\r", b"\nb\r", b"c\n", b"\r", b"\r\n.", b"\n.\r", b"\r\n", b".\r", b"\n"), ACCEPTED],
         body=b"a\r\nb\r\nc\r\n\r\n\r\n.\r\n.\r\n\r\n", **NORMALIZED),
    Case("commands behind the true end", [*DATA, HEAD + b"a\n.\n\r\n.\r\nNOOP\r\nHELP\r\n", ACCEPTED, "250 2.0.0", "214 2.0.0"],
         body=b"a\r\n.\r\n\r\n", **NORMALIZED),

    chunked("a bare CR at the end of a chunk", HEAD + b"a\r", b"b", body=b"a\r\nb\r\n"),
    chunked("a CRLF cut between chunks", HEAD + b"a\r", b"\nb", body=b"a\r\nb\r\n"),
    chunked("a bare CR at the end of the message", HEAD + b"a\r", body=b"a\r\n"),
    chunked("a bare CR at the end, and nothing behind it", HEAD + b"a\r", b"", body=b"a\r\n"),
    chunked("chunks of an octet", *[bytes([c]) for c in HEAD + b"a\n\rb\r\r\n.\n"], body=b"a\r\n\r\nb\r\n\r\n.\r\n"),
    Case("NUL in a chunk", [*OPEN, last(HEAD + b"a\n\0"), "550 5.6.0"], **NORMALIZED),
    Case("each message begins anew", [*OPEN, chunk(HEAD + b"a\r"), "250 2.0.0", b"RSET\r\n", "250 2.0.0", *OPEN, last(TEXT), ACCEPTED],
         body=b"hello\r\n", **NORMALIZED),

    Case("another listener refuses a bare LF", [*DATA, HEAD + b"first\n.\n" + SMUGGLED, "550 5.5.2"]),
    Case("another listener refuses a bare LF in a chunk", [*OPEN, last(HEAD + b"first\n.\n" + SMUGGLED), "550 5.5.2"]),
]
