"""BDAT: sizes that are none, chunks at the wrong time, octets that look like commands."""
import itertools

from abuse.end_of_data import LINE_ENDS
from abuse.row import *

TOPIC = "BDAT counts octets: a refused chunk is swallowed, a size that is none ends the connection"
RELAY = {"limits": {"message_size": "64KiB"}}


def chunk(octets, last=False):
    return b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets


def last(octets):
    return chunk(octets, last=True)


WHOLE = [*OPEN, last(TEXT), ACCEPTED]
COMMANDS = b"QUIT\r\n" + SMUGGLED


def smuggled(before, after):
    """The end of DATA inside a chunk ends nothing; a bare line end is refused as ever."""
    octets = HEAD + b"first" + before + b"." + after + SMUGGLED
    bare = before != b"\r\n" or after != b"\r\n"
    return [*OPEN, last(octets), "550 5.5.2" if bare else ACCEPTED]


CASES = [
    *[Case(f"{one} . {other}", smuggled(before, after))
      for (one, before), (other, after) in itertools.product(LINE_ENDS.items(), repeat=2)],
    Case("the end of DATA arrives as it is", [*OPEN, last(HEAD + b".\r\n..\r\n.\r\n"), ACCEPTED], body=b".\r\n..\r\n.\r\n"),
    Case("a message that ends in half a line", [*OPEN, last(HEAD + b"hello"), ACCEPTED], body=b"hello\r\n"),
    Case("a message that ends in a dot", [*OPEN, last(HEAD + b"hello\r\n."), ACCEPTED], body=b"hello\r\n.\r\n"),
    Case("octets that look like commands", [*OPEN, last(HEAD + COMMANDS), ACCEPTED], body=COMMANDS),
    Case("a CRLF cut between chunks", [*OPEN, chunk(HEAD + b"a\r"), "250 2.0.0", last(b"\nb\r\n"), ACCEPTED], body=b"a\r\nb\r\n"),
    Case("an end of data cut between chunks", [*OPEN, chunk(HEAD + b"a\r\n"), "250 2.0.0", chunk(b"."), "250 2.0.0", chunk(b"\r\n"), "250 2.0.0",
                                               last(SMUGGLED), ACCEPTED], body=b"a\r\n.\r\n" + SMUGGLED),
    Case("chunks of an octet", [*OPEN, *[step for c in TEXT[:-1] for step in (chunk(bytes([c])), "250 2.0.0")], last(b"\n"), ACCEPTED]),
    Case("a bare CR at the end of a chunk", [*OPEN, chunk(HEAD + b"a\r"), "250 2.0.0", chunk(b"b"), "550 5.5.2", last(b""), "503 5.5.1"]),
    Case("a bare CR at the end of the message", [*OPEN, last(HEAD + b"a\r"), "550 5.5.2"]),
    Case("a bare LF in a first chunk", [*OPEN, chunk(HEAD + b"a\nb"), "550 5.5.2", last(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("a NUL in a chunk", [*OPEN, last(HEAD + b"a\0b\r\n"), "550 5.6.0"]),

    Case("BDAT 0 LAST alone: an empty message", [*OPEN, b"BDAT 0 LAST\r\n", ACCEPTED], body=b""),
    Case("BDAT 0 between others", [*OPEN, b"BDAT 0\r\n", "250 2.0.0", chunk(TEXT), "250 2.0.0", b"BDAT 0\r\n", "250 2.0.0", b"BDAT 0 LAST\r\n", ACCEPTED],
         body=b"hello\r\n"),
    Case("a size with zeros before it", [*OPEN, b"BDAT 00000000000000000%03d LAST\r\n" % len(TEXT) + TEXT, ACCEPTED]),
    Case("last in small letters", [*OPEN, b"bdat %d last\r\n" % len(TEXT) + TEXT, ACCEPTED]),
    Case("chunks and commands in one packet", [*OPEN, chunk(HEAD) + chunk(COMMANDS) + last(b"x\r\n") + b"NOOP\r\n", "250 2.0.0", "250 2.0.0", ACCEPTED,
                                               "250 2.0.0"], body=COMMANDS + b"x\r\n"),
    Case("a chunk in packets of an octet", [*OPEN, apart(*[bytes([c]) for c in last(TEXT)]), ACCEPTED], body=b"hello\r\n"),
    Case("no reply before the last octet of a chunk", [*OPEN, last(TEXT)[:-1], QUIET, b"\n", ACCEPTED]),

    *cases(lambda line: [*OPEN, line + COMMANDS, "501 5.5.4", CLOSED], [
        ("a size that is no number", b"BDAT twelve\r\n"),
        ("a size below zero", b"BDAT -1\r\n"),
        ("a size with a sign", b"BDAT +5\r\n"),
        ("a hexadecimal size", b"BDAT 0x20\r\n"),
        ("a size with letters behind it", b"BDAT 5k\r\n"),
        ("a size with a fraction", b"BDAT 5.0\r\n"),
        ("a size of 21 digits", b"BDAT " + b"0" * 20 + b"5\r\n"),
        ("a size of 1,000 digits", b"BDAT " + b"9" * 1000 + b"\r\n"),
        ("2^64", b"BDAT 18446744073709551616\r\n"),
        ("2^64 LAST", b"BDAT 18446744073709551616 LAST\r\n"),
        ("20 nines", b"BDAT 99999999999999999999\r\n"),
        ("no size", b"BDAT\r\n"),
        ("no size, a space", b"BDAT \r\n"),
        ("LAST instead of a size", b"BDAT LAST\r\n"),
        ("LATS", b"BDAT 6 LATS\r\n"),
        ("LASTX", b"BDAT 6 LASTX\r\n"),
        ("LAST twice", b"BDAT 6 LAST LAST\r\n"),
        ("two sizes", b"BDAT 6 6\r\n"),
        ("a comma", b"BDAT 6,LAST\r\n"),
        ("8-bit digits", b"BDAT \xd9\xa6\r\n"),
    ]),
    Case("a malformed BDAT before MAIL", [b"BDAT x\r\n" + COMMANDS, "501 5.5.4", CLOSED]),
    Case("a control character behind BDAT", [*OPEN, b"BDAT 6 \x01\r\n" + COMMANDS, "500 5.5.2", CLOSED]),
    Case("2^64 - 1 is waited for", [*OPEN, b"BDAT 18446744073709551615 LAST\r\n" + COMMANDS, QUIET, LOST]),
    Case("2^64 - 1 before MAIL is waited for", [b"BDAT 18446744073709551615\r\n" + COMMANDS, QUIET, LOST]),

    Case("a chunk before EHLO is swallowed", [chunk(COMMANDS), "503 5.5.1", EHLO, "250", *WHOLE], begins=GREETED),
    Case("a chunk before MAIL is swallowed", [chunk(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("a last chunk before MAIL is swallowed", [last(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("a chunk before RCPT is swallowed", [MAIL, "250 2.1.0", chunk(COMMANDS), "554 5.5.1", RCPT, "250 2.1.5", last(TEXT), ACCEPTED]),
    Case("a last chunk before RCPT ends the transaction", [MAIL, "250 2.1.0", last(COMMANDS), "554 5.5.1", RCPT, "503 5.5.1", *WHOLE]),
    Case("a chunk behind a refused MAIL is swallowed", [b"MAIL FROM:<x@elsewhere.example>\r\n" + RCPT + last(COMMANDS), "550 5.7.1", "503 5.5.1",
                                                         "503 5.5.1", *WHOLE]),
    Case("a chunk of nothing before MAIL", [b"BDAT 0\r\n", "503 5.5.1", b"BDAT 0 LAST\r\n", "503 5.5.1", *WHOLE]),
    Case("a chunk behind the last one", [*WHOLE, chunk(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("DATA behind a chunk", [*OPEN, chunk(HEAD), "250 2.0.0", b"DATA\r\n", "503 5.5.1", last(b"hello\r\n"), ACCEPTED], body=b"hello\r\n"),
    Case("RCPT behind a chunk", [*OPEN, chunk(HEAD), "250 2.0.0", b"RCPT TO:<other@dest.example>\r\n", "503 5.5.1", last(b"hello\r\n"), ACCEPTED]),
    Case("MAIL behind a chunk", [*OPEN, chunk(HEAD), "250 2.0.0", MAIL, "503 5.5.1", last(b"hello\r\n"), ACCEPTED]),
    Case("a chunk behind DATA is text", [*DATA, HEAD + b"BDAT 5 LAST\r\nhello\r\n.\r\n", ACCEPTED], body=b"BDAT 5 LAST\r\nhello\r\n"),
    Case("NOOP between chunks", [*OPEN, chunk(HEAD), "250 2.0.0", *ALIVE, last(b"hello\r\n"), ACCEPTED], body=b"hello\r\n"),
    Case("RSET between chunks", [*OPEN, chunk(HEAD), "250 2.0.0", b"RSET\r\n", "250 2.0.0", last(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("QUIT between chunks", [*OPEN, chunk(TEXT), "250 2.0.0", b"QUIT\r\n", "221 2.0.0", CLOSED]),

    Case("a chunk over the limit is swallowed", [*OPEN, chunk(HEAD + b"x" * 70000 + b"\r\n" + COMMANDS), "552 5.3.4", last(COMMANDS), "503 5.5.1", *WHOLE]),
    Case("a last chunk over the limit is swallowed", [*OPEN, last(HEAD + b"x" * 70000 + b"\r\n" + COMMANDS), "552 5.3.4", *WHOLE]),
    Case("chunks over the limit together", [*OPEN, *[chunk(HEAD + b"x\r\n" * 10000), "250 2.0.0"] * 2, chunk(b"x\r\n" * 10000), "552 5.3.4",
                                            chunk(COMMANDS), "503 5.5.1", b"RSET\r\n", "250 2.0.0", *WHOLE]),
    Case("all that fits, an octet more", [*OPEN, chunk(HEAD + b"x" * (65536 - len(HEAD) - 2) + b"\r\n"), "250 2.0.0", last(b"\r"), "550 5.5.2"]),
    Case("behind a refused chunk comes no message", [*OPEN, chunk(b"a\nb"), "550 5.5.2", RCPT, "503 5.5.1", b"DATA\r\n", "503 5.5.1",
                                                     MAIL, "503 5.5.1", last(TEXT), "503 5.5.1", *WHOLE]),

    Case("the connection is lost in a chunk", [*OPEN, b"BDAT 1000 LAST\r\n" + TEXT, LOST]),
    Case("the connection is reset in a chunk", [*OPEN, b"BDAT 1000 LAST\r\n" + TEXT, RESET]),
    Case("the connection is lost in a refused chunk", [b"BDAT 1000\r\n" + COMMANDS, LOST]),
    Case("the connection is lost between chunks", [*OPEN, chunk(TEXT), "250 2.0.0", LOST]),
    Case("the connection is lost an octet before the end", [*OPEN, last(TEXT)[:-1], LOST]),
]
