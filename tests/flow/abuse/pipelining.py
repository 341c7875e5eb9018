"""Commands that come together, and octets that come too soon."""
from abuse.row import *

TOPIC = "pipelined commands are answered in order; who talks before the greeting is turned away"
RELAY = {"limits": {"recipients": 100}}

MESSAGE = MAIL + RCPT + b"DATA\r\n" + TEXT + b".\r\n"
BAD_MAIL = b"MAIL FROM:<x@elsewhere.example>\r\n"
ANSWERS = ["250 2.1.0", "250 2.1.5", "354", ACCEPTED]
BAD_GROUP = [BAD_MAIL + RCPT + b"DATA\r\n", "550 5.7.1", "503 5.5.1", "503 5.5.1"]
TOO_SOON = ["554 5.5.1", CLOSED]

CASES = [
    Case("a whole transaction in one packet", [MESSAGE + b"QUIT\r\n", *ANSWERS, "221 2.0.0", CLOSED]),
    Case("three transactions in one packet", [MESSAGE * 3 + b"QUIT\r\n", *ANSWERS * 3, "221 2.0.0", CLOSED]),
    Case("a transaction in packets of an octet", [apart(*[bytes([c]) for c in MESSAGE]), *ANSWERS]),
    Case("EHLO and more in one packet", [EHLO + MESSAGE, "250", *ANSWERS], begins=GREETED),
    Case("chunks in one packet", [MAIL + RCPT + b"BDAT %d\r\n" % len(HEAD) + HEAD + b"BDAT 7 LAST\r\nhello\r\nQUIT\r\n",
                                  "250 2.1.0", "250 2.1.5", "250 2.0.0", ACCEPTED, "221 2.0.0", CLOSED]),
    Case("QUIT in the middle", [MAIL + RCPT + b"QUIT\r\nDATA\r\n" + TEXT + b".\r\n", "250 2.1.0", "250 2.1.5", "221 2.0.0", CLOSED]),
    Case("QUIT behind DATA is text", [MAIL + RCPT + b"DATA\r\nQUIT: no\r\n\r\nQUIT\r\n.\r\n", *ANSWERS], body=b"QUIT\r\n"),
    Case("RSET in the middle", [MAIL + RCPT + b"RSET\r\nDATA\r\n" + MESSAGE, "250 2.1.0", "250 2.1.5", "250 2.0.0", "503 5.5.1", *ANSWERS]),
    Case("EHLO in the middle", [MAIL + RCPT + EHLO + b"DATA\r\n" + MESSAGE, "250 2.1.0", "250 2.1.5", "250", "503 5.5.1", *ANSWERS]),
    Case("nonsense in the middle", [MAIL + b"HLEO\r\n" + RCPT + b"DTAA\r\nDATA\r\n" + TEXT + b".\r\nNOOP\r\n", "250 2.1.0", "500 5.5.2", "250 2.1.5",
                                    "500 5.5.2", "354", ACCEPTED, "250 2.0.0"]),
    Case("one bad recipient of three", [MAIL + RCPT + b"RCPT TO:<bad\r\n" + RCPT + b"DATA\r\n" + TEXT + b".\r\n", "250 2.1.0", "250 2.1.5", "501 5.5.2",
                                        "250 2.1.5", "354", ACCEPTED]),
    Case("DATA behind nothing but bad recipients", [MAIL + b"RCPT TO:<bad\r\nRCPT TO:<>\r\nDATA\r\n", "250 2.1.0", "501 5.5.2", "501 5.1.3", "554 5.5.1"]),
    Case("commands behind a DATA that is refused", [MAIL + b"DATA\r\nRSET\r\nNOOP\r\n", "250 2.1.0", "554 5.5.1", "250 2.0.0", "250 2.0.0"]),
    Case("commands behind a refused MAIL", [*BAD_GROUP, *ALIVE]),
    Case("a refused MAIL is one error, whatever is behind it", [*BAD_GROUP * 9, *ALIVE, BAD_MAIL, "550 5.7.1", "421 4.7.0", CLOSED]),
    Case("a good transaction behind a bad one", [BAD_MAIL + RCPT + b"DATA\r\n" + MESSAGE, "550 5.7.1", "503 5.5.1", "503 5.5.1", *ANSWERS]),
    Case("a malformed MAIL and its group", [b"MAIL FROM:<bad\r\n" + RCPT + b"DATA\r\n" + MESSAGE, "501 5.5.2", "503 5.5.1", "503 5.5.1", *ANSWERS]),
    Case("two MAILs in one packet", [MAIL + MAIL + RCPT + b"DATA\r\n" + TEXT + b".\r\n", "250 2.1.0", "503 5.5.1", *ANSWERS[1:]]),
    Case("DATA twice in one packet", [MAIL + RCPT + b"DATA\r\nDATA: x\r\n\r\nDATA\r\n.\r\nDATA\r\n", *ANSWERS, "503 5.5.1"], body=b"DATA\r\n"),
    Case("a hundred recipients in one packet", [MAIL + b"".join(b"RCPT TO:<u%d@dest.example>\r\n" % n for n in range(101)) + b"RSET\r\n",
                                                "250 2.1.0", *["250 2.1.5"] * 100, "452 4.5.3", "250 2.0.0"]),
    Case("5,000 commands in one packet", [b"NOOP\r\n" * 5000, *["250 2.0.0"] * 5000]),
    Case("1,000 HELPs in one packet", [b"HELP\r\n" * 1000, *["214 2.0.0"] * 1000]),
    Case("200 transactions that never end", [(MAIL + RCPT + b"RSET\r\n") * 200, *["250 2.1.0", "250 2.1.5", "250 2.0.0"] * 200]),
    Case("half a command, then the rest with others", [b"MAIL FROM:<app@exam", QUIET, b"ple.com>\r\n" + RCPT + b"DA", "250 2.1.0", "250 2.1.5", QUIET,
                                                       b"TA\r\n" + TEXT + b".\r\n", "354", ACCEPTED]),

    *[Case(name + " before the greeting", [octets, *TOO_SOON], begins=FROZEN) for name, octets in (
        ("EHLO", EHLO), ("an octet", b"E"), ("an empty line", b"\r\n"), ("a transaction", EHLO + MESSAGE), ("QUIT", b"QUIT\r\n"),
        ("64 KiB", b"x" * 65536))],
]
