"""Trees: MIME, from one part with a strange description to parts within parts."""
import base64
import email.message
import email.policy
import email.utils

from varied.row import Content

VERSION = b"MIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain; charset=us-ascii\r\n\r\nplain text \r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=C3=BC=C3=9Fe =\r\nund mehr=20\r\n</p>\r\n"
FILE = (b"Content-Type: application/pdf; name=\"a file.pdf\"\r\nContent-Disposition: attachment;\r\n\tfilename=\"a file.pdf\"\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bytes(range(256)) * 12).replace(b"\n", b"\r\n"))
IMAGE = b"Content-Type: image/gif\r\nContent-ID: <i1@example.com>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=\r\n"
RAW = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n".encode()
LETTER = (b"Content-Type: message/rfc822\r\n\r\nReceived: from x by y; Sat, 1 Nov 2025 10:00:00 +0000\r\nDKIM-Signature: v=1; a=rsa-sha256;\r\n"
          b"\td=elsewhere.example; s=x; h=from; bh=x; b=x\r\nFrom: <ceo@elsewhere.example>\r\nSubject: inside\r\n\r\ninside\r\n.\r\n\r\n")
LONG = b"Content-Type: text/html\r\n\r\n<p>" + b"y" * 3000 + b"</p>\r\n"


def part(kind, boundary, *parts, more=b""):
    """A multipart as a part: its fields, an empty line, its parts."""
    return (b"Content-Type: multipart/" + kind + b"; boundary=\"" + boundary + b"\"" + more + b"\r\n\r\n"
            + b"".join(b"--" + boundary + b"\r\n" + p + b"\r\n" for p in parts) + b"--" + boundary + b"--\r\n")


def whole(name, octets):
    fields, _, body = octets.partition(b"\r\n\r\n")
    return Content(name, body, VERSION + fields + b"\r\n")


def leaf(name, fields, body=b"hello \r\n"):
    return Content(name, body, VERSION + fields)


def _composed():
    """What Python's own library makes of a letter with everything."""
    made = email.message.EmailMessage(email.policy.SMTP.clone(max_line_length=78))
    made.set_content("Grüße,\n\n.Punkt\n" + "lange Zeile " * 30 + "\n")
    made.add_alternative("<p>Grüße <img src='cid:i1@example.com'></p>\n", subtype="html")
    made.get_payload()[1].add_related(b"GIF89a", "image", "gif", cid="<i1@example.com>")
    made.add_attachment(b"\x00\x01\r\n" * 3000, "application", "octet-stream", filename="größe.bin")
    made.add_attachment("a;b\r\n1;2\r\n", subtype="csv", filename="table.csv")
    made.set_boundary("composed")
    for n, inner in enumerate(p for p in made.walk() if p.is_multipart()):
        inner.set_boundary(f"composed-{n}")
    return made.as_bytes()


NESTED = part(b"mixed", b"m", part(b"alternative", b"a", TEXT, part(b"related", b"r", HTML, IMAGE, more=b"; type=\"text/html\"")), FILE, LETTER)
DEEP = TEXT
for level in range(12):
    DEEP = part(b"mixed", b"b%d" % level, TEXT, DEEP)

TREES = [
    whole("alternative", part(b"alternative", b"b", TEXT, HTML)),
    whole("mixed with a file", part(b"mixed", b"----=_Part 1.2 (x)'+,-./:=?", TEXT, FILE)),
    whole("nested", NESTED),
    whole("twelve deep", DEEP),
    whole("composed by a library", _composed()),
    whole("a message inside", part(b"mixed", b"b", TEXT, LETTER)),
    whole("a message alone", LETTER),
    whole("a digest", part(b"digest", b"b", b"\r\nFrom: a@example.com\r\n\r\none\r\n", b"\r\nFrom: b@example.com\r\n\r\ntwo \r\n")),
    whole("a report", part(b"report", b"b", TEXT, b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
                           b"Final-Recipient: rfc822; a@dest.example\r\nAction: failed\r\nStatus: 5.1.1\r\n", LETTER,
                           more=b"; report-type=delivery-status")),
    whole("signed by its author", part(b"signed", b"b", TEXT, b"Content-Type: application/pgp-signature\r\n\r\nsig \r\n",
                                       more=b";\r\n\tmicalg=pgp-sha256; protocol=\"application/pgp-signature\"")),
    whole("8-bit parts", part(b"mixed", b"b", RAW, TEXT, RAW)),
    whole("an empty part", part(b"mixed", b"b", b"\r\n", b"Content-Type: text/plain\r\n\r\n", TEXT)),
    whole("no parts", part(b"mixed", b"b")),
    whole("a preamble and an epilogue", part(b"mixed", b"b", TEXT).replace(b"\r\n\r\n", b"\r\n\r\nA preamble \r\n\r\n", 1) + b"\r\nAn epilogue\t\r\n\r\n"),
    whole("a delimiter with blanks, no last one", part(b"mixed", b"b", TEXT, HTML).replace(b"--b\r\n", b"--b \t\r\n").replace(b"--b--\r\n", b"")),
    whole("a long line in one part", part(b"mixed", b"b", TEXT, LONG, FILE)),
    whole("long lines inside a message", part(b"mixed", b"b", b"Content-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\nContent-Type: text/html\r\n\r\n"
                                              + b"z" * 2000 + b"\r\n", RAW)),
    whole("2 MiB of base64", part(b"mixed", b"b", TEXT, b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                                  + b"\r\n".join([b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3"] * 26000) + b"\r\n")),

    leaf("quoted-printable", b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable\r\n",
         b"Gr=C3=BC=C3=9Fe=20\r\n=2E\r\nsoft =\r\nend=\r\n\r\n=09\r\n"),
    leaf("base64 with blanks", b"Content-Type: image/png\r\nContent-Transfer-Encoding: BASE64\r\n", b"QUJD \r\n\tQUJD\r\n\r\nQUI=\r\n \r\n\r\n"),
    leaf("parameters as RFC 2231 has them", b"Content-Type: text/plain; charset*0=us;\r\n charset*1=\"-ascii\";\r\n\tname*0*=utf-8''gr%C3%BC;\r\n"
         b"\tname*1*=%C3%9Fe; name*2=\".txt\"\r\nContent-Disposition: inline; filename*=iso-8859-1'de'gr%FC%DFe.txt\r\n"),
    leaf("parameters with comments", b"Content-Type: (a) text (b) / (c) plain (d) ; (e) charset (f) = (g) utf-8 (h) ; x=\"a;b=c\\\"d\" (\\))\r\n"),
    leaf("parameters that are none", b"Content-Type: text/plain; charset=; ;; format; =x; charset=\"utf-8\"; charset=latin1;\r\n"),
    leaf("a parameter that never ends", b"Content-Type: text/plain; name=\"never\r\nContent-Description: x\r\n"),
    leaf("a type of blanks", b"Content-Type:\r\n \r\n\tTEXT/PLAIN ;\r\n \t charset = utf-8\r\n"),
    leaf("no type", b"Content-Type:\r\nContent-Transfer-Encoding:\r\nContent-ID: <a@b>\r\nContent-Language: de,\r\n\ten\r\nContent-Alternative: x\r\n"),
    leaf("two types", b"Content-Type: text/plain\r\nContent-Type: text/html\r\ncontent-TYPE: text/x-odd\r\n"),
    leaf("a type without its version", b"Content-Type: text/plain; charset=utf-8\r\n"),
    leaf("a calendar", b"Content-Type: text/calendar; method=REQUEST; charset=\"UTF-8\"\r\nContent-Class: urn:content-classes:calendarmessage\r\n",
         b"BEGIN:VCALENDAR\r\nX-LONG:a\r\n b\r\n  c\r\nEND:VCALENDAR\r\n"),
    leaf("a type of 900 octets", b"Content-Type: application/x-odd; a=" + b"x" * 900 + b"\r\n"),
]
