"""Header fields: what is no field, and From: fields that show somebody else."""
from abuse.row import *

TOPIC = "a line that is no field, and an author that is unclear, are 550 5.6.0; an author that is not ours is 550 5.7.1"
RELAY = {"limits": {"message_size": "1MiB"}}

HIDDEN = b"X-Last: 1\r\n\r\nhello\r\n.\r\n"


def header(lines, reply):
    return [*DATA, lines + b"\r\n" + HIDDEN, reply]


def author(value, reply):
    return header(b"From:" + value, reply)


def null_sender(lines, reply):
    return [b"MAIL FROM:<>\r\n", "250 2.1.0", RCPT, "250 2.1.5", b"DATA\r\n", "354", lines + b"\r\nhello\r\n.\r\n", reply]


OURS = b"From: <app@example.com>\r\n"
DEEP = b"(" * 10000
FOLDED_DEEP = (b"\r\n " + b"(" * 500) * 20 + (b"\r\n " + b")" * 500) * 20

CASES = [
    *cases(lambda lines: header(lines, "550 5.6.0"), [
        ("two From fields", OURS + b"From: <other@example.com>"),
        ("two From fields, one of a stranger", OURS + b"From: <ceo@elsewhere.example>"),
        ("two From fields, a stranger's first", b"From: <ceo@elsewhere.example>\r\n" + OURS[:-2]),
        ("two From fields in other letters", b"FROM: <app@example.com>\r\nfRoM: <app@example.com>"),
        ("two From fields, one with a space before its colon", OURS + b"From : <ceo@elsewhere.example>"),
        ("two From fields, one with a tab before its colon", b"From\t: <ceo@elsewhere.example>\r\n" + OURS[:-2]),
        ("a From field with a space before its name", OURS + b"X: y\r\n From: x\r\n  From <z>\r\nFrom: <ceo@elsewhere.example>"),
        ("no colon", OURS + b"Subject"),
        ("no colon in the first line", b"Subject\r\n" + OURS[:-2]),
        ("a command as a field", OURS + b"RCPT TO"),
        ("a mailbox file's first line", b"From app@example.com Sat Nov  1 10:00:00 2025\r\n" + OURS[:-2]),
        ("a field without a name", OURS + b": value"),
        ("a field whose name is a space", OURS + b"X: y\r\n\xa0: value"),
        ("a space inside a name", OURS + b"Reply To: <ceo@elsewhere.example>"),
        ("an 8-bit name", OURS + b"S\xfcbject: x"),
        ("a name in UTF-8", OURS + "Objét: x".encode()),
        ("From in letters that look alike", OURS + "Frоm: <ceo@elsewhere.example>".encode()),
        ("a zero-width space in a name", OURS + "Fr\u200bom: <ceo@elsewhere.example>".encode()),
        ("a control character in a name", OURS + b"Sub\x07ject: x"),
        ("DEL in a name", OURS + b"Sub\x7fject: x"),
        ("a folded first line", b" folded\r\n" + OURS[:-2]),
        ("a first line of white space", b"\t\r\n" + OURS[:-2]),
        ("From folded before the first field", b" From: <ceo@elsewhere.example>\r\n" + OURS[:-2]),
    ]),
    Case("no empty line and no field", [*DATA, b"hello\r\n.\r\n", "550 5.6.0"]),
    Case("no empty line behind fields", [*DATA, OURS + b"Subject: x\r\n.\r\n", ACCEPTED], body=b""),
    Case("no header, a body", [*DATA, b"\r\nhello\r\n.\r\n", ACCEPTED], body=b"hello\r\n"),
    Case("no header, a body that begins like one", [*DATA, b"\r\nFrom: <ceo@elsewhere.example>\r\n.\r\n", ACCEPTED],
         body=b"From: <ceo@elsewhere.example>\r\n"),
    *cases(lambda lines: header(lines, ACCEPTED), [
        ("a field without a value", OURS + b"Subject:"),
        ("a field of white space", OURS + b"Subject: \t "),
        ("a field folded to nothing", OURS + b"Subject:\r\n \r\n\t\r\n x"),
        ("a name of a thousand octets", OURS + b"X" * 900 + b": x"),
        ("a name of punctuation", OURS + b"!#$%&'*+-/=?^_`{|}~: x"),
        ("a colon as a value", OURS + b"X:::"),
        ("__proto__", OURS + b"__proto__: x\r\nconstructor: y"),
        ("a format string", OURS + b"Subject: %s%n%1000000d"),
        ("10,000 fields", OURS + b"X-A: b\r\n" * 9999 + b"X-A: b"),
        ("1,000 times Subject", OURS + b"Subject: b\r\n" * 999 + b"Subject: b"),
        ("10,000 folds", OURS + b"X-A:" + b"\r\n a" * 10000),
        ("a signature of somebody else", OURS + b"DKIM-Signature: v=1; a=rsa-sha256; d=elsewhere.example; s=x; h=from; bh=x; b=x"),
        ("a broken signature of ours", OURS + b"DKIM-Signature: v=1; d=example.com; b=;;;===\r\nDKIM-Signature:"),
    ]),
    Case("a field of 100 KB in one line that cannot be folded", header(OURS + b"X-Long: " + b"x" * 100000, "550 5.6.0")),
    Case("a field of 100 KB in one line that can be folded", header(OURS + b"X-Long:" + b" xxxx" * 20000, ACCEPTED)),

    *cases(lambda value: author(value, "550 5.6.0"), [
        ("nothing", b""),
        ("white space", b" \r\n \t"),
        ("a name alone", b" App"),
        ("angle brackets alone", b" App <>"),
        ("no domain", b" <app>"),
        ("no local part", b" <@example.com>"),
        ("two @", b" <app@x@example.com>"),
        ("no closing bracket", b" <app@example.com"),
        ("no opening bracket", b" app@example.com>"),
        ("two brackets", b" <<app@example.com>>"),
        ("a second address behind the first", b" <app@example.com> <ceo@elsewhere.example>"),
        ("a second address without a comma", b" app@example.com ceo@elsewhere.example"),
        ("an address as a display name", b" ceo@elsewhere.example <app@example.com>"),
        ("a semicolon between addresses", b" app@example.com; ceo@elsewhere.example"),
        ("a group without members", b" Nobody:;"),
        ("a group without a name", b" :app@example.com;"),
        ("a group without its end", b" Team: app@example.com"),
        ("a group in a group", b" One: Two: app@example.com;;"),
        ("an unclosed comment", b" app@example.com (comment"),
        ("an unclosed comment before the address", b" (comment app@example.com"),
        ("10,000 unclosed comments", DEEP + b" app@example.com"),
        ("200,000 unclosed comments", b"(" * 200000 + b" app@example.com"),
        ("10,000 nested comments, one unclosed", DEEP + b")" * 9999 + b" app@example.com"),
        ("a comment closed by an escaped bracket", b" (comment\\) app@example.com"),
        ("an unclosed quote", b" \"App <app@example.com>"),
        ("a quote closed by an escaped quote", b" \"App\\\" <app@example.com>"),
        ("a source route", b" <@elsewhere.example:app@example.com>"),
        ("a literal", b" <app@[127.0.0.1]>"),
        ("a domain with a dot behind it", b" <app@example.com.>"),
        ("a domain with a space inside", b" <app@example .com>"),
        ("a domain with a comment inside", b" <app@example(x).com>"),
        ("a domain in quotes", b" <app@\"example.com\">"),
        ("a control character", b" <a\x07pp@example.com>"),
        ("an empty label", b" <app@example..com>"),
        ("10,000 authors", b" app@example.com," * 10000 + b" app@example.com"),
    ]),
    *cases(lambda value: author(value, "550 5.7.1"), [
        ("a stranger", b" <ceo@elsewhere.example>"),
        ("a subdomain", b" <app@sub.example.com>"),
        ("a longer name", b" <app@notexample.com>"),
        ("a name that goes on", b" <app@example.com.elsewhere.example>"),
        ("a stranger behind us", b" app@example.com, ceo@elsewhere.example"),
        ("a stranger before us", b" ceo@elsewhere.example, app@example.com"),
        ("a stranger in a group", b" Team: app@example.com, ceo@elsewhere.example;"),
        ("a stranger behind a comment with our name", b" (app@example.com) <ceo@elsewhere.example>"),
        ("a stranger behind our quoted name", b" \"app@example.com\" <ceo@elsewhere.example>"),
        ("a stranger whose local part is our address", b" <\"app@example.com\"@elsewhere.example>"),
        ("a stranger behind a fold", b" \r\n <ceo@elsewhere.example>"),
        ("a stranger behind 10,000 comments", FOLDED_DEEP + b" <ceo@elsewhere.example>"),
        ("the relay itself", b" <root@relay.example.org>"),
    ]),
    *cases(lambda value: author(value, ACCEPTED), [
        ("a stranger's address in our quoted name", b" \"ceo@elsewhere.example\" <app@example.com>"),
        ("a stranger's address in a comment", b" app@example.com (ceo@elsewhere.example)"),
        ("a stranger's address in our local part", b" <\"ceo@elsewhere.example\"@example.com>"),
        ("a percent hack", b" <ceo%elsewhere.example@example.com>"),
        ("10,000 nested comments", FOLDED_DEEP + b" app@example.com"),
        ("a group", b" Team: app@example.com, \"other\"@example.com;"),
        ("capital letters", b" <APP@EXAMPLE.COM>"),
        ("no space, many folds", b"\r\n \r\n\t<app@example.com>\r\n \r\n (x)"),
        ("empty members of a list", b" , app@example.com,, other@example.com,"),
    ]),
    *cases(lambda lines: null_sender(lines, "550 5.6.0"), [
        ("no From field and no sender", b"Subject: who?\r\n"),
        ("no header and no sender", b""),
        ("a group without members and no sender", b"From: Nobody:;\r\n"),
    ]),
    Case("our From field and no sender", null_sender(OURS, ACCEPTED)),
]
