"""Addresses: too long, empty, unbalanced, control and 8-bit octets, literals, source routes."""
from abuse.row import *

TOPIC = "one strict grammar for paths: 501 5.1.7 or 5.1.3, 553 5.6.7 for what needs SMTPUTF8"
RELAY = {}

LABEL = b"d" * 63


def sender(path, reply):
    return [b"MAIL FROM:" + path + b"\r\n", reply, *([RCPT, "250 2.1.5"] if reply[0] == "2" else [RCPT, "503 5.5.1"])]


def recipient(path, reply):
    return [MAIL, "250 2.1.0", b"RCPT TO:" + path + b"\r\n", reply, *([] if reply[0] == "2" else [b"DATA\r\n", "554 5.5.1"])]


def utf8_sender(path, reply):
    return [b"MAIL FROM:" + path + b" SMTPUTF8\r\n", reply]


def utf8_recipient(path, reply):
    return [MAIL[:-2] + b" SMTPUTF8\r\n", "250 2.1.0", b"RCPT TO:" + path + b"\r\n", reply]


def sent(mail_from, rcpt_to, text):
    return [b"MAIL FROM:" + mail_from + b"\r\n", "250 2.1.0", b"RCPT TO:" + rcpt_to + b"\r\n", "250 2.1.5", b"DATA\r\n", "354", text + b".\r\n", ACCEPTED]


def each(steps_of, reply, paths):
    return [Case(f"{steps_of.__name__} {p[:60].decode('latin-1')!r} ({len(p)})", steps_of(p, reply)) for p in paths]


# Wrong on both sides, inside the angle brackets.
WRONG = [
    b"@", b"@example.com", b"app@", b"app@@example.com", b"a@b@example.com", b"app@example.com.", b"app@.example.com",
    b"app@example..com", b".app@example.com", b"app.@example.com", b"a..b@example.com", b"app @example.com", b"app@ example.com",
    b" app@example.com", b"app@example.com ", b"app@exa mple.com", b" ", b"app@-example.com", b"app@example-.com",
    b"app@exam(comment)ple.com", b"(comment)app@example.com", b"app@example.com(comment)", b"a,b@example.com", b"a:b@example.com",
    b"a;b@example.com", b"a[b@example.com", b"a\\b@example.com", b"<app@example.com", b"\"app\"x@example.com", b"x\"app\"@example.com",
    b"\"app\".\"x\"@example.com", b"app@exa%mple.com", b"app@exa!mple.com", b"app@\"example.com\"",
    b"a" * 65 + b"@example.com", b"\"" + b"a" * 63 + b"\"@example.com", b"a" * 1000 + b"@example.com", b"app@" + LABEL + b"d.example.com",
    b"app@" + b".".join([LABEL] * 4), b"app@" + b".".join([LABEL] * 20), b"app@" + b"a." * 127 + b"com", b"app@[", b"app@[]", b"app@]",
    b"app@[192.0.2.1", b"app@192.0.2.1]", b"app@[192.0.2.256]", b"app@[192.0.2]", b"app@[192.0.2.1.1]", b"app@[ 192.0.2.1]",
    b"app@[192.0.2.1]x", b"app@[192.0.2.01]", b"app@[0x7f.1]", b"app@[2001:db8::1]", b"app@[IPv6:]", b"app@[IPv6:192.0.2.1]",
    b"app@[IPv6:2001:db8:::1]", b"app@[IPv6:2001:db8::1::2]", b"app@[IPv6:2001:db8::12345]", b"app@[IPv6:1:2:3:4:5:6:7]",
    b"app@[IPv6:1:2:3:4:5:6:7:8:9]", b"app@[IPv6:fe80::1%lo]", b"app@[IPv7:1]", b"app@[dest.example]",
    b"@a.example", b"@a.example:", b"@:app@example.com", b"@a.example app@example.com", b"@a.example,:app@example.com",
    b"@a.example,b.example:app@example.com", b",@a.example:app@example.com", b"a.example:app@example.com", b"@a..example:app@example.com",
    b"@a.example,@b.example", b"@a.example:@b.example:app@example.com", b"@a.example;@b.example:app@example.com",
]
# No domain, and nothing to complete them with.
BARE = [b"app", b"\"app\"", b"@a.example:app", b"a" * 64]
# No UTF-8, or a control character in it; nor a character of two octets that is cut, or too many.
NO_UTF8 = [
    b"\xff", b"\x80", b"\xc3", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"a\xc3b",
    b"\xc2\x85", b"\xc2\x9b", b"\xc2\x80", b"\"\\\xc3\xa9\"", b"\"\xc3\"", b"\xc3\xa9" * 33, b"\xc3\xa9 \xc3\xa9",
]
# Unbalanced, so that no path ends.
UNBALANCED = [
    b"app@example.com", b"<app@example.com", b"app@example.com>", b"<a\"b@example.com>", b"<app@example.com>>", b"<<app@example.com>>",
    b"<\"app@example.com>", b"<\"app\\\"@example.com>", b"><app@example.com", b"<>app@example.com<>", b"\"<app@example.com>\"", b"<",
    b">", b"App <app@example.com>", b"<app@example.com> <app@example.com>x>",
]

CASES = [
    *each(sender, "501 5.1.7", [b"<" + w + b">" for w in WRONG]),
    *each(recipient, "501 5.1.3", [b"<" + w + b">" for w in WRONG] + [b"<>"]),
    *each(sender, "550 5.1.7", [b"<" + bare + b">" for bare in BARE]),
    *each(recipient, "550 5.1.3", [b"<" + bare + b">" for bare in BARE]),
    *each(recipient, "501 5.5.2", UNBALANCED[:-2]),
    *each(sender, "553 5.6.7", [b"<\xc3\xa9@example.com>", b"<app@ex\xc3\xa4mple.com>", b"<\xff@example.com>", b"<app@example.com\xa0>",
                                b"<\"\xc3\xa9\"@example.com>", b"<app\xe2\x80\xae@example.com>", b"<@\xc3\xa9.example:app@example.com>"]),
    *each(recipient, "553 5.6.7", [b"<\xc3\xa9@dest.example>", b"<user@d\xc3\xa9st.example>", b"<user@dest.example\xc2\xa0>", b"<\xc0\x80@dest.example>"]),
    *each(sender, "250 2.1.0", [
        b"<>", b"<app@EXAMPLE.com>", b" <app@example.com>", b"<" + b"a" * 64 + b"@example.com>", b"<\"a b\"@example.com>",
        b"<\">\"@example.com>", b"<\"\\\"\"@example.com>", b"<@a.example:app@example.com>", b"<@a.example,@b.example:app@example.com>",
        b"<a+b=c!d%e@example.com>", b"<\"\"@example.com>"]),
    *each(recipient, "250 2.1.5", [
        b"<postmaster>", b"<PostMaster>", b"<user@[192.0.2.1]>", b"<user@[IPv6:2001:db8::1]>", b"<user@[ipv6:2001:DB8::1]>",
        b"<user@" + b".".join([LABEL] * 3 + [b"d" * 61]) + b">", b"<\"a@b\"@dest.example>", b"<@a.example:user@dest.example>", b"<user@xn--bcher-kva.example>"]),
    *each(utf8_sender, "501 5.1.7", [b"<" + local + b"@example.com>" for local in NO_UTF8]),
    *each(utf8_recipient, "501 5.1.3", [b"<" + local + b"@dest.example>" for local in NO_UTF8]),
    *each(utf8_recipient, "501 5.1.3", [b"<user@d\xc2\x85st.example>", b"<user@\xff.example>", b"<user@d\xc3\xa9 st.example>"]),
    *each(utf8_sender, "250 2.1.0", [b"<\xc3\xa9@example.com>", b"<\"\xc3\xa9 \xc3\xa9\"@example.com>", b"<" + b"\xc3\xa9" * 32 + b"@example.com>"]),
    *each(utf8_sender, "550 5.7.1", [b"<app@ex\xc3\xa4mple.com>", b"<app@example.com\xef\xbc\x8eelsewhere.example>"]),
    *each(utf8_recipient, "250 2.1.5", [b"<\xc3\xa9@dest.example>", b"<user@b\xc3\xbccher.example>"]),
    Case("RSET forgets SMTPUTF8", [*utf8_sender(b"<app@example.com>", "250 2.1.0"), b"RSET\r\n", "250 2.0.0", *recipient(b"<\xc3\xa9@dest.example>", "553 5.6.7")]),

    *cases(lambda *parts: sent(*parts), [
        ("a source route is left out on the way", b"<app@example.com>", b"<@a.example,@b.example:user@dest.example>", TEXT),
        ("a recipient in quotes", b"<app@example.com>", b"<\"a b\"@dest.example>", TEXT),
        ("a recipient that ends its path in quotes", b"<app@example.com>", b"<\"a> NOTIFY=NEVER <b\"@dest.example>", TEXT),
        ("a recipient full of quoted pairs", b"<app@example.com>", b"<\"\\\"\\\\\\>\\@\"@dest.example>", TEXT),
        ("a sender that ends its path in quotes", b"<\"a> SIZE=1 <b\"@example.com>", b"<user@dest.example>", TEXT),
        ("a sender in quotes, and no From field", b"<\"a, b <c@d>\"@example.com>", b"<user@dest.example>", b"\r\nhello\r\n"),
        ("a sender that looks like a comment, and no From field", b"<\"(a\"@example.com>", b"<user@dest.example>", b"\r\nhello\r\n"),
    ]),
    *[Case(f"sender {u.decode()!r} without its brackets", [b"MAIL FROM:" + u + b"\r\n", "501 5.5.2", RCPT, "503 5.5.1"]) for u in UNBALANCED[:-1]],
]
