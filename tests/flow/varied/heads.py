"""Heads: header fields as they should be, as they may be, and as they are."""
import random

from varied.row import Head, folded

FROM = b"From: App <app@example.com>\r\n"
TO = b"To: Somebody <user@dest.example>\r\n"
SUBJECT = b"Subject: A subject\r\n"
DATE = b"Date: Sat, 01 Nov 2025 10:00:00 +0000\r\n"
ID = b"Message-ID: <varied.1@example.com>\r\n"
USUAL = FROM + TO + SUBJECT + DATE + ID


def _received(count):
    return b"".join(b"Received: from a%d.example.com ([192.0.2.%d])\r\n\tby b%d.example.com with ESMTP id x%d;\r\n"
                    b"\tSat, 1 Nov 2025 09:%02d:00 +0000\r\n" % (n, n, n, n, n) for n in range(count))


# What others wrote about the message on its way: RFC 8617 and RFC 8601. The seals are no good, and nobody asks.
ARC = (b"ARC-Seal: i=1; a=rsa-sha256; d=elsewhere.example; s=arc; t=1761991200; cv=none;\r\n\tb=QUJDREVGR0g=\r\n"
       b"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=elsewhere.example; s=arc;\r\n\th=from:to:subject; "
       b"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\tb=QUJDREVGR0g=\r\n"
       b"ARC-Authentication-Results: i=1; elsewhere.example;\r\n\tspf=pass smtp.mailfrom=example.com; dkim=none\r\n")
VERDICTS = (b"Authentication-Results: elsewhere.example; dkim=pass header.d=example.com\r\n"
            b"Authentication-Results: relay.example.org;\r\n\tdkim=pass header.d=example.com\r\n")  # a stranger's, in the relay's name

HEADS = [
    Head("usual", USUAL),
    Head("the author alone", FROM),
    Head("no fields", b""),
    Head("no From", TO + SUBJECT + DATE + ID),
    Head("no Date, no Message-ID", FROM + TO + SUBJECT),
    Head("no Subject", FROM + TO + DATE + ID),
    Head("Subject without a value", FROM + TO + b"Subject:\r\n" + DATE + ID),
    Head("Subject of white space", FROM + TO + b"Subject: \t \r\n" + DATE + ID),

    # RFC 5322 2.2.3 and 4.2: folds, also into lines of white space alone.
    Head("folded", b"From: App\r\n <app@example.com>\r\nTo: Somebody\r\n\t<user@dest.example>\r\nSubject: A subject\r\n of\r\n\tseveral\r\n"
                   b"   \t lines\r\n" + DATE + b"Message-ID:\r\n <varied.1@example.com>\r\n"),
    Head("folded behind the colon", b"From:\r\n App <app@example.com>\r\nTo:\r\n\t<user@dest.example>\r\nSubject:\r\n \tA subject\r\n" + DATE + ID),
    Head("folded into blanks", b"From: App\r\n \r\n\t\r\n <app@example.com>\r\n" + TO + b"Subject:\r\n \r\n\t\r\n A subject\r\n   \r\n of lines\r\n"
                               + DATE + ID),
    Head("folded, blanks last", FROM + TO + b"Subject: A subject\r\n \r\n\t \r\n" + DATE + ID),
    Head("folded into blanks alone", FROM + TO + b"Subject:\r\n \r\n \t\r\n" + DATE + ID),
    Head("blanks at the ends", b"From:App <app@example.com> \r\nTo:\t<user@dest.example>\t\t\r\nSubject:  \t A   subject \t of\t\ttabs  \r\n"
         + DATE + ID),
    Head("5,000 folds", FROM + TO + b"Subject: A" + b"\r\n b" * 5000 + b"\r\n" + DATE + ID),

    # Names.
    Head("names in odd case", b"fROM: App <app@example.com>\r\nTO: <user@dest.example>\r\nsUbJeCt: A subject\r\nDATE: Sat, 01 Nov 2025 10:00:00 +0000\r\n"
                              b"message-id: <varied.1@example.com>\r\nREPLY-to: <app@example.com>\r\nlIST-iD: <a.example.com>\r\n"),
    Head("spaces before a colon", b"From : App <app@example.com>\r\nTo: <user@dest.example>\r\nSubject   : A subject\r\n" + DATE + ID),
    Head("a tab before a colon", FROM + TO + b"Subject\t: A subject\r\n" + DATE + b"Message-ID \t: <varied.1@example.com>\r\n"),
    Head("a space before the colon of a field that nobody signs", USUAL + b"X-Obsolete : yes\r\n"),
    Head("names of punctuation", USUAL + b"!#$%&'*+-/=?^_`{|}~: x\r\nX:::\r\nList-!: x\r\nContent-=: x\r\nList-Under_Score: x\r\n"),
    Head("a semicolon in a name", USUAL + b"List-Semi;Colon: x\r\n"),
    Head("names of 63 to 900 octets", USUAL + b"".join(b"List-" + b"x" * (n - 5) + b": y\r\n" for n in (63, 64, 65, 900))),

    # Repeated fields.
    Head("100 Received", _received(40) + b"Received: x; Sat, 1 Nov 2025 08:00:00 +0000\r\n" * 59 + USUAL),
    Head("Comments and Keywords", b"Comments: one\r\nKeywords: a, b\r\n" + USUAL + b"Comments: two\r\nKeywords:\r\n c,\r\n d\r\nComments: one\r\n"),
    Head("two of what may be once", TO + b"Subject: One\r\n" + FROM + b"To: <other@dest.example>\r\nSubject: Two\r\nCc: a@dest.example\r\n" + DATE + ID
         + b"cc: b@dest.example\r\nReply-To: c@example.com\r\nReply-To: d@example.com\r\n"),
    Head("the same field three times", USUAL + SUBJECT * 2),
    Head("resent twice", b"Resent-From: app@example.com\r\nResent-To: a@dest.example\r\nResent-Date: Sun, 02 Nov 2025 10:00:00 +0000\r\n"
                         b"Resent-Message-ID: <two@example.com>\r\nResent-From: other@example.com\r\nResent-To: b@dest.example\r\n"
                         b"Resent-Date: Sat, 01 Nov 2025 11:00:00 +0000\r\nResent-Bcc: c@dest.example\r\n" + USUAL),
    Head("300 List fields", USUAL + b"".join(b"List-X%d: %d\r\n" % (n, n) for n in range(300))),

    # Authors.
    Head("a group of authors", b"From: Team: app@example.com, \"b c\" <other@example.com>;\r\nSender: app@example.com\r\n" + TO + SUBJECT + DATE + ID),
    Head("authors of two domains", b"From: app@example.com,\r\n Else <else@other.example>\r\nSender: app@example.com\r\n" + TO + SUBJECT + DATE + ID,
         ("example.com", "other.example")),
    Head("authors of three domains", "From: jürgen@bücher.example, app@example.com, b@other.example, c@example.com\r\n".encode()
         + b"Sender: app@example.com\r\n" + TO + SUBJECT + DATE + ID, ("xn--bcher-kva.example", "example.com", "other.example"), utf8=True),
    Head("an author with comments", b"From: (Who (else)?) \"App \\\"the\\\" Great, Inc.\" (\\() <app@example.com> (end)\r\n"
         + TO + SUBJECT + DATE + ID),
    Head("addresses without a domain", FROM + b"To: admin, user@dest.example,\r\n \"Root of All\" <root>\r\nCc: ops\r\n" + SUBJECT + DATE + ID),

    # Beyond ASCII.
    Head("encoded words", b"From: =?utf-8?q?J=C3=BCrgen?= <app@example.com>\r\n" + TO + b"Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
         b" =?utf-8?q?_aus?=  =?iso-8859-1?q?_K=F6ln?=\r\n" + DATE + ID),
    Head("UTF-8", "From: Jürgen <jürgen@example.com>\r\nTo: 用户 <用户@dest.example>\r\nSubject: Grüße\u00a0📨\u2003aus\r\n\tKöln \u3000\r\n".encode()
         + DATE + ID, utf8=True),
    Head("UTF-8 without SMTPUTF8", FROM + TO + "Subject: Grüße  aus\r\n Köln\r\nX-Plain: Größe\r\n".encode() + DATE + ID),
    Head("octets of no charset", FROM + TO + b"Subject: \xa0\x85Gr\xfc\xdfe \xff\xfe \x85\r\n" + DATE + ID),
    Head("control characters", FROM + TO + b"Subject: \x01a\x02b\x7fc\x1bd\x08\r\n" + DATE + ID),
    Head("a vertical tab", FROM + TO + b"Subject: a\x0bsubject\r\n" + DATE + ID),
    Head("a form feed last", FROM + TO + b"Subject: a subject \x0c\r\n" + DATE + ID),

    # Long ones.
    Head("a line of 998", FROM + TO + b"Subject: " + b"x" * 989 + b"\r\n" + DATE + ID),
    Head("a line over 998", FROM + TO + b"Subject:" + b" word" * 500 + b"\r\n" + DATE + ID),
    Head("300 recipients", FROM + b"To:" + folded([b"user%d@dest.example," % n for n in range(300)] + [b"end@dest.example"]) + b"\r\nCc: Nobody:;\r\n"
         + SUBJECT + DATE + ID),
    Head("200 References", USUAL + b"In-Reply-To: <199@example.com>\r\nReferences:" + folded([b"<%d@example.com>" % n for n in range(200)]) + b"\r\n"),

    # What others are told.
    Head("a list's fields", USUAL + b"Reply-To: List <list@example.com>\r\nSender: app@example.com\r\nList-Id: A list <list.example.com>\r\n"
         b"List-Unsubscribe: <mailto:leave@example.com?subject=u>,\r\n\t<https://example.com/u?a=b;c=d>\r\n"
         b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Help: <https://example.com>\r\nlist-post: NO (closed)\r\n"
         b"Precedence: bulk\r\nFeedback-ID: a:b:c\r\n"),
    Head("ARC and verdicts", ARC + VERDICTS + USUAL),
    Head("what is taken out", b"Return-Path: <old@example.com>\r\n" + USUAL + b"Bcc: secret@dest.example,\r\n other@dest.example\r\n"),
    Head("what looks like a signature", FROM + TO + b"Subject: v=1; h=from:subject; bh=x; b=QUJD\r\n b=; d=example.com\r\n" + DATE + ID
         + b"X-DKIM-Signature: v=1; b=QUJD\r\nX-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.example; s=x; h=from; bh=x; b=x\r\n"),
]

_BLANKS = (b" ", b" ", b" ", b"\t", b"  ", b" \t ", b"\r\n ", b"\r\n\t", b" \r\n  ", b"\r\n \r\n\t", b"\t\r\n\t\r\n \r\n ")
_WORDS = (b"a", b"word", b"x" * 15, b"x" * 16, b"x" * 17, b"b=QUJD;", b"h=from", b":", b";", b"<a@example.com>", b"(c)", b"\"q r\"", b"=?utf-8?q?=C3=BC?=")
_NAMES = (b"Subject", b"Comments", b"Reply-To", b"References", b"X-A", b"x-a", b"List-Id", b"CONTENT-Description", b"In-reply-to", b"Keywords", b"Sender")


def _value(rng):
    blanks = b"".join(rng.choice(_BLANKS) + rng.choice(_WORDS) for _ in range(rng.randrange(12)))
    return rng.choice((b"", b" ", *_BLANKS)) + blanks + rng.choice((b"", b" ", b"\t", b"\r\n ", b" \r\n\t "))


def random_head(seed):
    """Fields in any order, folded anywhere, some of them several times."""
    rng = random.Random(f"head {seed}")
    fields = [rng.choice(_NAMES) + b":" + _value(rng) + b"\r\n" for _ in range(rng.randrange(3, 20))]
    fields += [b"From:" + rng.choice(_BLANKS) + b"App" + rng.choice(_BLANKS) + b"<app@example.com>\r\n"]
    fields += rng.sample([TO, DATE, ID], rng.randrange(4))
    rng.shuffle(fields)
    return Head(f"random {seed}", b"".join(fields))
