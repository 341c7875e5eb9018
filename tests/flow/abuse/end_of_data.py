"""The end of data, and everything that some other server takes for it."""
import itertools

from abuse.row import *

TOPIC = "CR LF . CR LF alone ends a message; bare CR and LF are 550 5.5.2, NUL is 550 5.6.0"
RELAY = {}

LINE_ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r", "CRCRLF": b"\r\r\n", "LFCR": b"\n\r", "LFLF": b"\n\n", "CRCR": b"\r\r"}


def variant(before, after):
    """A message with a dot between two line ends, a second transaction behind it."""
    said = [*DATA, HEAD + b"first" + before + b"." + after + SMUGGLED]
    if before.endswith(b"\r\n") and after == b"\r\n":  # a true end, though behind a bare CR
        return [*said, "550 5.5.2", "250 2.1.0", "250 2.1.5", "354", ACCEPTED]
    return [*said, "550 5.5.2"]


def kept(between, arrives):
    """No end of data and no fault: text."""
    return Case(f"{between!r} is text", [*DATA, HEAD + b"first" + between + SMUGGLED, ACCEPTED],
                body=b"first" + arrives + SMUGGLED[:-3].replace(b"\r\n.", b"\r\n"))


def faulty(name, octets, reply="550 5.5.2"):
    return Case(name, [*DATA, octets + b"\r\n.\r\n", reply])


CASES = [
    *[Case(f"{one} . {other}", variant(before, after))
      for (one, before), (other, after) in itertools.product(LINE_ENDS.items(), repeat=2) if (one, other) != ("CRLF", "CRLF")],

    kept(b"\r\n..\r\n", b"\r\n.\r\n"),
    kept(b"\r\n...\r\n", b"\r\n..\r\n"),
    kept(b"\r\n. \r\n", b"\r\n \r\n"),
    kept(b"\r\n.\t\r\n", b"\r\n\t\r\n"),
    kept(b"\r\n .\r\n", b"\r\n .\r\n"),
    kept(b"\r\n.x\r\n", b"\r\nx\r\n"),
    kept(b"\r\n.\x0b\r\n", b"\r\n\x0b\r\n"),
    kept(b"\r\n.\x0c\r\n", b"\r\n\x0c\r\n"),
    kept(b"\r\n.\x1a\r\n", b"\r\n\x1a\r\n"),
    kept(b"\r\n.\x85\r\n", b"\r\n\x85\r\n"),
    kept(b"\x85.\x85", b"\x85.\x85"),
    kept(b"\xe2\x80\xa8.\xe2\x80\xa8", b"\xe2\x80\xa8.\xe2\x80\xa8"),
    kept(b"\x8d\x8a.\x8d\x8a", b"\x8d\x8a.\x8d\x8a"),
    kept(b"\r\n\xff.\r\n", b"\r\n\xff.\r\n"),
    kept(b"=0D=0A.=0D=0A", b"=0D=0A.=0D=0A"),
    kept(b"%0d%0a.%0d%0a", b"%0d%0a.%0d%0a"),
    kept(b"\r\n\\.\r\n", b"\r\n\\.\r\n"),

    faulty("a NUL before the dot", HEAD + b"first\r\n\0.\r\n" + SMUGGLED[:-5], "550 5.6.0"),
    faulty("a NUL behind the dot", HEAD + b"first\r\n.\0\r\n" + SMUGGLED[:-5], "550 5.6.0"),
    faulty("a NUL in the body", HEAD + b"a\0b", "550 5.6.0"),
    faulty("a NUL in the header", b"Subject: a\0b\r\n" + HEAD, "550 5.6.0"),
    faulty("a NUL in a field's name", b"Sub\0ject: a\r\n" + HEAD, "550 5.6.0"),
    faulty("a bare CR in the body", HEAD + b"a\rb"),
    faulty("a bare CR before CRLF", HEAD + b"a\r"),
    faulty("a bare LF in the body", HEAD + b"a\nb"),
    faulty("a bare LF at the end of the body", HEAD + b"a\n"),
    faulty("a bare LF first in the body", HEAD + b"\na"),
    faulty("a bare LF first of all", b"\n" + TEXT),
    faulty("a bare CR first of all", b"\r" + TEXT),
    faulty("bare CRs alone", HEAD + b"\r\r\r\r"),
    faulty("a bare CR in the header", b"Subject: a\rBcc: b\r\n" + HEAD),
    faulty("a bare LF in the header", b"Subject: a\nBcc: b\r\n" + HEAD),
    faulty("a bare LF as the empty line", HEAD[:-2] + b"\nhello"),
    faulty("a bare CR as the empty line", HEAD[:-2] + b"\rhello"),
    faulty("LF everywhere", TEXT.replace(b"\r\n", b"\n")),
    faulty("CR everywhere", TEXT.replace(b"\r\n", b"\r")),
    faulty("LF and CR exchanged", TEXT.replace(b"\r\n", b"\n\r")),
    faulty("a bare CR at a packet's edge of 16 KiB", HEAD + b"x" * (16384 - len(HEAD) - 1) + b"\rx"),
    Case("only the first fault is told", [*DATA, HEAD + b"a\rb\nc\0d\r\n.\r\n", "550 5.5.2"]),
    Case("a faulty message, then a good one", [*DATA, HEAD + b"a\n.\n" + SMUGGLED, "550 5.5.2", *DATA, TEXT + b".\r\n", ACCEPTED]),

    Case("a dot at once: an empty message", [*DATA, b".\r\n", ACCEPTED], body=b""),
    Case("a body that is a dot", [*DATA, HEAD + b"..\r\n.\r\n", ACCEPTED], body=b".\r\n"),
    Case("a body that begins with dots", [*DATA, HEAD + b"....x\r\n.\r\n", ACCEPTED], body=b"...x\r\n"),
    Case("dots that nobody stuffed", [*DATA, HEAD + b".x\r\n.y\r\n.\r\n", ACCEPTED], body=b"x\r\ny\r\n"),
    Case("a dot behind an empty line", [*DATA, HEAD + b"\r\n\r\n..\r\n\r\n.\r\n", ACCEPTED], body=b"\r\n\r\n.\r\n\r\n"),
    Case("1,000 lines of dots", [*DATA, HEAD + b"..\r\n" * 1000 + b".\r\n", ACCEPTED], body=b".\r\n" * 1000),
    Case("an end in packets of an octet", [*DATA, TEXT, apart(b".", b"\r", b"\n"), ACCEPTED], body=b"hello\r\n"),
    Case("an end cut behind its first CR", [*DATA, apart(HEAD + b"hello\r", b"\n.\r\n"), ACCEPTED], body=b"hello\r\n"),
    Case("an end cut behind its first LF", [*DATA, apart(HEAD + b"hello\r\n", b".\r\n"), ACCEPTED], body=b"hello\r\n"),
    Case("an end cut behind its dot", [*DATA, apart(TEXT + b".", b"\r\n"), ACCEPTED], body=b"hello\r\n"),
    Case("an end cut behind its last CR", [*DATA, apart(TEXT + b".\r", b"\n"), ACCEPTED], body=b"hello\r\n"),
    Case("CRLFs cut at packets' edges", [*DATA, apart(HEAD + b"a\r", b"\nb\r", b"\n", b"c\r", b"\n.\r", b"\n"), ACCEPTED], body=b"a\r\nb\r\nc\r\n"),
    Case("stuffed dots cut at packets' edges", [*DATA, apart(HEAD + b"a\r\n.", b".\r\n", b".", b".b\r\n", b".\r\n"), ACCEPTED], body=b"a\r\n.\r\n.b\r\n"),
    Case("a bare CR at a packet's edge", [*DATA, apart(HEAD + b"a\r", b"b\r\n.\r\n"), "550 5.5.2"]),
    Case("a bare LF at a packet's edge", [*DATA, apart(HEAD + b"a", b"\nb\r\n.\r\n"), "550 5.5.2"]),
    Case("a bare CR behind the dot at a packet's edge", [*DATA, apart(TEXT + b".\r", b"x\r\n.\r\n"), "550 5.5.2"]),
    Case("CR CR LF at a packet's edge", [*DATA, apart(HEAD + b"a\r", b"\r\n.\r\n"), "550 5.5.2"]),
    Case("CR CR LF behind the dot", [*DATA, apart(TEXT + b".\r", b"\r\n.\r\n"), "550 5.5.2"]),
    Case("nothing but the dot in the packet is answered early", [*DATA, HEAD + b"hello", QUIET, b"\r\n.", QUIET, b"\r", QUIET, b"\n", ACCEPTED]),
    Case("commands behind the end", [*DATA, TEXT + b".\r\nNOOP\r\nHELP\r\n", ACCEPTED, "250 2.0.0", "214 2.0.0"]),
    Case("a long line is cut nowhere", [*DATA, HEAD + b"." + b"." * 900 + b"x" * 60 + b"\r\n.\r\n", ACCEPTED], body=b"." * 900 + b"x" * 60 + b"\r\n"),
]
