"""Open relay: every way to have mail relayed that is not one's own to send."""
from abuse.row import *
from harness.namespace import SOURCE

TOPIC = "who is not listed gets 550 5.7.1 at MAIL, whatever the path looks like; so does a sender that is not ours"
RELAY = {"listener": [{"address": f"127.0.0.1:{PLAIN}"}, {"address": f"0.0.0.0:{OTHER}", "clients": ["192.0.2.250"]}]}
STRANGER = {"host": SOURCE, "port": OTHER}

SENDERS = [
    b"<app@example.com>", b"<>", b"<x@elsewhere.example>", b"<app%example.com@relay.example.org>", b"<elsewhere!app@example.com>",
    b"<@example.com:x@elsewhere.example>", b"<@relay.example.org,@example.com:app@example.com>", b"<\"app@example.com\"@elsewhere.example>",
    b"<app@[127.0.0.1]>", b"<app@[203.0.113.5]>", b"<app@[IPv6:::1]>", b"<postmaster@relay.example.org>", b"<root@localhost>",
]
RECIPIENTS = [
    b"<user@dest.example>", b"<user%dest.example@relay.example.org>", b"<user%dest.example@example.com>", b"<user%dest.example@[127.0.0.1]>",
    b"<dest.example!user@relay.example.org>", b"<@relay.example.org:user@dest.example>", b"<@example.com,@relay.example.org:user@dest.example>",
    b"<\"user@dest.example\"@relay.example.org>", b"<\"user%dest.example\"@relay.example.org>", b"<user@[192.0.2.1]>", b"<user@dest.example@relay.example.org>",
    b"<postmaster>", b"<user@relay.example.org>", b"<app@example.com>",
]


def answer(path, usual, malformed):
    return malformed if path.count(b"@") > 1 and path.startswith(b"<user@") else usual


CASES = [
    *[Case(f"a stranger as {path.decode()}", [b"MAIL FROM:" + path + b"\r\n", "550 5.7.1", RCPT, "503 5.5.1", b"DATA\r\n", "503 5.5.1"], **STRANGER)
      for path in SENDERS],
    *[Case(f"a stranger to {path.decode()}", [MAIL + b"RCPT TO:" + path + b"\r\nDATA\r\n", "550 5.7.1", answer(path, "503 5.5.1", "501 5.1.3"), "503 5.5.1"],
           **STRANGER) for path in RECIPIENTS],
    *[Case(f"a stranger from nobody to {path.decode()}", [b"MAIL FROM:<>\r\nRCPT TO:" + path + b"\r\n", "550 5.7.1", answer(path, "503 5.5.1", "501 5.1.3")],
           **STRANGER) for path in RECIPIENTS],
    *cases(lambda said, *replies: [said, *replies], [
        ("a stranger who says he is us", b"EHLO relay.example.org\r\n" + MAIL, "250", "550 5.7.1"),
        ("a stranger who says he is this host", b"EHLO [127.0.0.1]\r\n" + MAIL, "250", "550 5.7.1"),
        ("a stranger with AUTH=", MAIL[:-2] + b" AUTH=app@example.com\r\n", "550 5.7.1"),
        ("a stranger with a proxy's header", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + MAIL, "500 5.5.2", "550 5.7.1"),
        ("a stranger with XCLIENT", b"XCLIENT ADDR=127.0.0.1\r\n" + MAIL, "500 5.5.2", "550 5.7.1"),
        ("a stranger with a chunk", MAIL + RCPT + b"BDAT %d LAST\r\n" % len(TEXT) + TEXT, "550 5.7.1", "503 5.5.1", "503 5.5.1"),
        ("a stranger with AUTH", b"AUTH PLAIN AGEAYg==\r\n" + MAIL, "502 5.5.1", "550 5.7.1"),
        ("a stranger with SEND", b"SEND FROM:<app@example.com>\r\n" + RCPT, "502 5.5.1", "503 5.5.1"),
        ("a stranger who tries again", MAIL * 9, *["550 5.7.1"] * 9),
    ], **STRANGER),
    Case("a stranger who tries for ever", [MAIL * 20, *["550 5.7.1"] * 10, "421 4.7.0", CLOSED], **STRANGER),
    Case("this host, where it is not listed", [MAIL, "550 5.7.1"], port=OTHER),
    Case("this host, by its other address", [MAIL, "550 5.7.1"], source="127.0.0.9", port=OTHER),
    Case("who is listed", [*DATA, TEXT + b".\r\n", ACCEPTED], source="192.0.2.250", **STRANGER),
    Case("a neighbour of who is listed", [MAIL, "550 5.7.1"], source="192.0.2.251", **STRANGER),

    *[Case(f"a listed client as {path.decode()}", [b"MAIL FROM:" + path + b"\r\n", "550 5.7.1", RCPT, "503 5.5.1"]) for path in (
        b"<x@elsewhere.example>", b"<app%example.com@elsewhere.example>", b"<example.com!app@elsewhere.example>", b"<@example.com:x@elsewhere.example>",
        b"<\"app@example.com\"@elsewhere.example>", b"<app@[127.0.0.1]>", b"<app@sub.example.com>", b"<app@notexample.com>", b"<app@relay.example.org>",
        b"<app@example.com.elsewhere.example>", b"<app@com>", b"<app@localhost>")],
    *[Case(f"a listed client as {path.decode()}", [b"MAIL FROM:" + path + b"\r\n", "250 2.1.0"]) for path in (
        b"<x%elsewhere.example@example.com>", b"<elsewhere.example!x@example.com>", b"<\"x@elsewhere.example\"@example.com>",
        b"<@elsewhere.example:app@example.com>")],
]
