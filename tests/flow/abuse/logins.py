"""AUTH: mechanisms, base64, lengths, order, and names that are somebody else's."""
import base64
import hashlib
import hmac
import re

from abuse.row import *
from harness.credentials import PASSWORD, USER
from harness.namespace import SOURCE

TOPIC = "an exchange that is malformed is 501, a wrong one 535 5.7.8; neither lets anybody in"
RELAY = {"listener": [{"address": f"127.0.0.1:{PLAIN}"}, {"address": f"0.0.0.0:{OTHER}", "tls": "starttls", "clients": ["192.0.2.250"]}],
         "user": [{}]}
TOGETHER = 8  # a wrong password waits

HERE = {"port": OTHER}
SECURED = [b"STARTTLS\r\n", "220 2.0.0", TLS, EHLO, "250"]
OUT = [MAIL, "530 5.7.0"]  # nobody was let in
LONGEST = 12288


def b64(octets):
    return base64.b64encode(octets.encode() if isinstance(octets, str) else octets)


def plain(authzid, user, password):
    return b64(f"{authzid}\0{user}\0{password}")


GOOD = plain("", USER, PASSWORD)
IN = [b"AUTH PLAIN " + GOOD + b"\r\n", "235 2.7.0"]


def auth(*steps):
    """AUTH, its answers, then nobody is in."""
    return [*steps, *OUT]


def login(user, *rest):
    return [b"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6", b64(user) + b"\r\n", *rest]


# RFC 5802, the client's side

NONCE = "fyko+d2lbbFgONRv9qkxdawL"
FIRST = [b"AUTH SCRAM-SHA-256 " + b64(f"n,,n={USER},r={NONCE}") + b"\r\n", "334"]


def final(password=PASSWORD, binding="biws", nonce=lambda theirs: theirs, spoil=lambda proof: proof, more=""):
    """Answers the server's first message, with a fault where one is asked for."""
    def say(client):
        server_first = base64.b64decode(client.last[4:]).decode()
        theirs, salt, count = re.fullmatch(r"r=([^,]+),s=([^,]+),i=(\d+)", server_first).groups()
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(count))
        key = hmac.digest(salted, b"Client Key", "sha256")
        bare = f"c={binding},r={nonce(theirs)}{more}"
        signed = f"n={USER},r={NONCE},{server_first},{bare}".encode()
        proof = bytes(a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")))
        client.say(b64(f"{bare},p={b64(spoil(proof)).decode()}") + b"\r\n")
    return say


def scram(message):
    return auth(b"AUTH SCRAM-SHA-256 " + b64(message) + b"\r\n", "501 5.5.2")


CASES = [
    Case("PLAIN", [*IN, *DATA, TEXT + b".\r\n", ACCEPTED], **HERE),
    Case("PLAIN under the user's own name", [b"AUTH PLAIN " + plain(USER, USER, PASSWORD) + b"\r\n", "235 2.7.0", *OPEN], **HERE),
    Case("PLAIN in two steps", [b"AUTH PLAIN\r\n", "334", GOOD + b"\r\n", "235 2.7.0", *OPEN], **HERE),
    Case("SCRAM", [*FIRST, final(), "334", b"\r\n", "235 2.7.0", *OPEN], **HERE),
    Case("nobody", OUT, **HERE),
    *[Case(f"nobody as {path.decode()}", [b"MAIL FROM:" + path + b"\r\n", "530 5.7.0", RCPT, "503 5.5.1"], **HERE) for path in (
        b"<>", b"<x@elsewhere.example>", b"<app%example.com@relay.example.org>", b"<@example.com:app@example.com>", b"<app@[127.0.0.1]>",
        b"<app@example.com> AUTH=app@example.com", b"<app@example.com> AUTH=<>")],
    Case("logged in as a stranger's domain", [*IN, b"MAIL FROM:<x@elsewhere.example>\r\n", "550 5.7.1"], **HERE),

    *[Case(f"AUTH {argument.decode()}", auth(b"AUTH " + argument + b"\r\n", "504 5.5.4"), **HERE) for argument in (
        b"CRAM-MD5", b"DIGEST-MD5", b"EXTERNAL =", b"ANONYMOUS", b"XOAUTH2 dXNlcg==", b"GSSAPI", b"NTLM", b"SCRAM-SHA-1", b"SCRAM-SHA-256-PLUS",
        b"PLAIN2", b"_")],
    *[Case(f"AUTH {name}", auth(b"AUTH" + argument + b"\r\n", "501 5.5.4"), **HERE) for name, argument in (
        ("alone", b""), ("of 21 letters", b" " + b"A" * 21), ("of 1,000 letters", b" " + b"A" * 1000), ("with a slash", b" PLAIN/X"),
        ("with 8-bit octets", b" PL\xc3\x84IN"), ("with two responses", b" PLAIN AGEAYg== AGEAYg=="), ("=", b" ="))],

    *[Case(f"PLAIN with {name}", auth(b"AUTH PLAIN " + response + b"\r\n", "501 5.5.2"), **HERE) for name, response in (
        ("nothing", b"="), ("no base64", b"!!!!"), ("half of base64", GOOD[:-1]), ("one letter", b"A"), ("padding alone", b"===="),
        ("padding inside", b"AG==" + GOOD), ("bits left over", b"AGEAYh=="), ("a dash", b"AGEAYg--"), ("commas", b"AGEA,YgA"), ("an asterisk inside", b"AGE*YgAA"),
        ("no NUL", b64("billing")), ("one NUL", b64("billing\0" + PASSWORD)), ("NULs alone", b64("\0\0")), ("10,000 bits of NULs", b64("\0" * 1200)),
        ("no user", plain("", "", PASSWORD)), ("no password", plain("", USER, "")), ("a NUL behind the password", plain("", USER, PASSWORD + "\0")),
        ("a NUL in the password", plain("", USER, PASSWORD + "\0x")), ("a NUL in the user", plain("", USER + "\0x", PASSWORD)),
        ("a NUL before the user", plain("", "\0" + USER, PASSWORD)), ("a user of 256 octets", plain("", "u" * 256, PASSWORD)),
        ("a password of 1,025 octets", plain("", USER, "p" * 1025)), ("a user in broken UTF-8", b64(b"\0\xff\xfe\0" + PASSWORD.encode())),
        ("an authzid in broken UTF-8", b64(b"\xc0\x80\0billing\0x")))],
    Case("PLAIN in two steps with nothing", auth(b"AUTH PLAIN\r\n", "334", b"\r\n", "501 5.5.2"), **HERE),
    Case("PLAIN in two steps with =", auth(b"AUTH PLAIN\r\n", "334", b"=\r\n", "501 5.5.2"), **HERE),
    Case("PLAIN in two steps with a space", auth(b"AUTH PLAIN\r\n", "334", b" " + GOOD + b"\r\n", "501 5.5.2"), **HERE),
    Case("PLAIN in two steps with a NUL", auth(b"AUTH PLAIN\r\n", "334", GOOD + b"\0\r\n", "501 5.5.2"), **HERE),
    Case("PLAIN in two steps with a bare LF", auth(b"AUTH PLAIN\r\n", "334", GOOD[:4] + b"\n" + GOOD[4:] + b"\r\n", "501 5.5.2"), **HERE),
    Case("PLAIN in two steps with a bare CR", auth(b"AUTH PLAIN\r\n", "334", GOOD[:4] + b"\r" + GOOD[4:] + b"\r\n", "501 5.5.2"), **HERE),

    *[Case(f"a cancelled {name}", auth(*steps, b"*\r\n", "501 5.7.0"), **HERE) for name, steps in (
        ("PLAIN", [b"AUTH PLAIN\r\n", "334"]), ("LOGIN", [b"AUTH LOGIN\r\n", "334"]), ("LOGIN behind the user", login(USER, "334")),
        ("SCRAM", [b"AUTH SCRAM-SHA-256\r\n", "334"]), ("SCRAM behind the first message", FIRST), ("SCRAM behind the proof", [*FIRST, final(), "334"]))],
    *[Case(f"{name} instead of a response", auth(b"AUTH PLAIN\r\n", "334", said, "501 5.5.2"), **HERE) for name, said in (
        ("RSET", b"RSET\r\n"), ("QUIT", b"QUIT\r\n"), ("STARTTLS", b"STARTTLS\r\n"), ("MAIL", MAIL), ("HTTP", b"GET / HTTP/1.1\r\n"), ("AUTH", b"AUTH PLAIN\r\n"))],
    Case("a response of 12,288 octets", auth(b"AUTH PLAIN\r\n", "334", b"A" * LONGEST + b"\r\n", "501 5.5.2"), **HERE),
    Case("a response of 12,288 octets, cut inside its CRLF", auth(b"AUTH PLAIN\r\n", "334", apart(b"A" * LONGEST + b"\r", b"\n"), "501 5.5.2"), **HERE),
    Case("a response of 12,289 octets", auth(b"AUTH PLAIN\r\n", "334", b"A" * (LONGEST + 1) + b"\r\n", "500 5.5.6"), **HERE),
    Case("a response of 1 MiB", auth(b"AUTH LOGIN\r\n", "334", b"A" * (1 << 20) + b"\r\n", "500 5.5.6"), **HERE),
    Case("a first response of 4 KiB", auth(b"AUTH PLAIN " + b"A" * 4096 + b"\r\n", "500 5.5.2"), **HERE),
    Case("a response that nobody asked for", auth(b"AUTH PLAIN =\r\n", "501 5.5.2", GOOD + b"\r\n", "500 5.5.2"), **HERE),

    Case("LOGIN without a user", auth(*login("", "501 5.5.2")), **HERE),
    Case("LOGIN without a password", auth(*login(USER, "334 UGFzc3dvcmQ6", b"\r\n", "501 5.5.2")), **HERE),
    Case("LOGIN with a NUL", auth(*login(USER + "\0x", "501 5.5.2")), **HERE),
    Case("LOGIN with no base64", auth(b"AUTH LOGIN\r\n", "334", USER.encode() + b"?\r\n", "501 5.5.2"), **HERE),
    Case("LOGIN with = as its user", auth(b"AUTH LOGIN =\r\n", "501 5.5.2"), **HERE),
    Case("LOGIN with a password of 8 KiB", auth(*login(USER, "334 UGFzc3dvcmQ6", b64("p" * 8192) + b"\r\n", "501 5.5.2")), **HERE),

    *[Case(f"SCRAM's first message {message[:40]!r} ({len(message)})", scram(message), **HERE) for message in (
        "n", "n,,", "n,,n=", f"n,,n={USER}", f"n,,n={USER},r=", f"n,,r={NONCE},n={USER}", f"n,,n={USER},s=x", f",,n={USER},r={NONCE}",
        f"x,,n={USER},r={NONCE}", f"p=tls-unique,,n={USER},r={NONCE}", f"p=tls-exporter,,n={USER},r={NONCE}", f"n,b={USER},n={USER},r={NONCE}",
        f"n,a=,n={USER},r={NONCE}", f"n,,n==2c,r={NONCE}", f"n,,n=a=,r={NONCE}", f"n,,n=a=4D,r={NONCE}", f"n,,m=x,n={USER},r={NONCE}",
        f"n,,n={USER},r={NONCE},m=x", f"n,,n={USER},r=a b", f"n,,n={USER},r=\x7f", f"n,,n={USER}\0,r={NONCE}", f"n,,n={'u' * 256},r={NONCE}",
        f"n,,n={USER},r={'r' * 257}", f"n,,n={USER},r={NONCE},", f"n,,n={USER},r={NONCE},x", f"n,,n={USER},r={NONCE},=x", "," * 1000)],
    Case("SCRAM with a nonce that is not ours", auth(*FIRST, final(nonce=lambda theirs: theirs + "x"), "501 5.5.2"), **HERE),
    Case("SCRAM with the client's nonce alone", auth(*FIRST, final(nonce=lambda theirs: NONCE), "501 5.5.2"), **HERE),
    Case("SCRAM with another header's binding", auth(*FIRST, final(binding="eSws"), "501 5.5.2"), **HERE),
    Case("SCRAM with no binding", auth(*FIRST, final(binding=""), "501 5.5.2"), **HERE),
    Case("SCRAM with half a proof", auth(*FIRST, final(spoil=lambda proof: proof[:16]), "501 5.5.2"), **HERE),
    Case("SCRAM with two proofs", auth(*FIRST, final(spoil=lambda proof: proof * 2), "501 5.5.2"), **HERE),
    Case("SCRAM with no proof", auth(*FIRST, b64("c=biws,r=x") + b"\r\n", "501 5.5.2"), **HERE),
    Case("SCRAM with its first message again", auth(*FIRST, b64(f"n,,n={USER},r={NONCE}") + b"\r\n", "501 5.5.2"), **HERE),
    Case("SCRAM with words behind the proof", auth(*FIRST, final(), "334", b64("x") + b"\r\n", "501 5.5.2"), **HERE),
    Case("SCRAM that ends before the server's proof", auth(*FIRST, final(), "334", MAIL, "501 5.5.2"), **HERE),

    # These are guesses: each waits a second and counts against its address.
    Case("PLAIN as somebody else", auth(b"AUTH PLAIN " + plain("admin", USER, PASSWORD) + b"\r\n", "535 5.7.8"), source="127.0.1.1", **HERE),
    Case("PLAIN as almost the user", auth(b"AUTH PLAIN " + plain(USER.upper(), USER, PASSWORD) + b"\r\n", "535 5.7.8"), source="127.0.1.2", **HERE),
    Case("SCRAM as somebody else", auth(b"AUTH SCRAM-SHA-256 " + b64(f"n,a=admin,n={USER},r={NONCE}") + b"\r\n", "535 5.7.8"), source="127.0.1.3", **HERE),
    Case("the user in capitals", auth(b"AUTH PLAIN " + plain("", USER.upper(), PASSWORD) + b"\r\n", "535 5.7.8"), source="127.0.1.4", **HERE),
    Case("the user with a space", auth(b"AUTH PLAIN " + plain("", USER + " ", PASSWORD) + b"\r\n", "535 5.7.8"), source="127.0.1.5", **HERE),
    Case("a password that goes on", auth(b"AUTH PLAIN " + plain("", USER, PASSWORD + "x") + b"\r\n", "535 5.7.8"), source="127.0.1.6", **HERE),
    Case("half a password", auth(b"AUTH PLAIN " + plain("", USER, PASSWORD[:-1]) + b"\r\n", "535 5.7.8"), source="127.0.1.7", **HERE),
    Case("SQL", auth(b"AUTH PLAIN " + plain("", "' OR 1=1 --", "' OR 1=1 --") + b"\r\n", "535 5.7.8"), source="127.0.1.8", **HERE),
    Case("LDAP", auth(b"AUTH PLAIN " + plain("", "*)(uid=*))(|(uid=*", "x") + b"\r\n", "535 5.7.8"), source="127.0.1.9", **HERE),
    Case("a user with control characters", auth(b"AUTH PLAIN " + plain("", "\r\n\x1b[2Jadmin", "\r\n") + b"\r\n", "535 5.7.8"), source="127.0.1.10", **HERE),
    Case("SCRAM with a wrong password", auth(*FIRST, final(password="guess"), "535 5.7.8"), source="127.0.1.11", **HERE),
    Case("SCRAM with a proof of NULs", auth(*FIRST, final(spoil=lambda proof: bytes(32)), "535 5.7.8"), source="127.0.1.12", **HERE),
    Case("LOGIN with a wrong password", auth(*login(USER, "334 UGFzc3dvcmQ6", b64("guess") + b"\r\n", "535 5.7.8")), source="127.0.1.13", **HERE),
    Case("commands behind a wrong password wait their turn", [b"AUTH PLAIN " + plain("", USER, "guess") + b"\r\n" + SMUGGLED, "535 5.7.8", "530 5.7.0",
                                                              "503 5.5.1", "503 5.5.1", *["500 5.5.2"] * 5], source="127.0.1.14", **HERE),
    Case("who guesses and goes", [b"AUTH PLAIN " + plain("", USER, "guess") + b"\r\n", LOST], source="127.0.1.15", **HERE),
    Case("who guesses and is reset", [b"AUTH PLAIN " + plain("", USER, "guess") + b"\r\n", RESET], source="127.0.1.16", **HERE),

    Case("AUTH before EHLO", [b"AUTH PLAIN " + GOOD + b"\r\n", "503 5.5.1", EHLO, "250", *OUT], begins=GREETED, **HERE),
    Case("AUTH twice", [*IN, b"AUTH PLAIN " + GOOD + b"\r\n", "503 5.5.1", *OPEN], **HERE),
    Case("AUTH twice, behind EHLO", [*IN, EHLO, "250", b"AUTH LOGIN\r\n", "503 5.5.1", *OPEN], **HERE),
    Case("AUTH in a transaction", [*IN, *OPEN, b"AUTH PLAIN\r\n", "503 5.5.1", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED], **HERE),
    Case("AUTH in a transaction of a listed client", [*OPEN, b"AUTH PLAIN " + GOOD + b"\r\n", "503 5.5.1"]),
    Case("AUTH in a message is text", [*DATA, HEAD + b"AUTH PLAIN " + GOOD + b"\r\n.\r\n", ACCEPTED], body=b"AUTH PLAIN " + GOOD + b"\r\n"),
    Case("RSET keeps who one is", [*IN, *OPEN, b"RSET\r\n", "250 2.0.0", *OPEN], **HERE),
    Case("EHLO keeps who one is", [*IN, EHLO, "250", *OPEN], **HERE),
    Case("TLS forgets who one is", [*IN, *SECURED, *OUT, *IN, *OPEN], **HERE),
    Case("the connection is lost in an exchange", [b"AUTH LOGIN\r\n", "334", LOST], **HERE),
    Case("the connection is reset in an exchange", [*FIRST, final(), "334", RESET], **HERE),
    Case("nine malformed exchanges", [*[b"AUTH PLAIN =\r\n", "501 5.5.2"] * 9, *IN], **HERE),
    Case("ten malformed exchanges", [*[b"AUTH PLAIN =\r\n", "501 5.5.2"] * 10, "421 4.7.0", CLOSED], **HERE),

    *[Case(f"{name} in the clear, off this host", [said, "538 5.7.11", MAIL, "530 5.7.0"], host=SOURCE, **HERE) for name, said in (
        ("PLAIN", b"AUTH PLAIN " + GOOD + b"\r\n"), ("LOGIN", b"AUTH LOGIN\r\n"), ("SCRAM", b"AUTH SCRAM-SHA-256\r\n"), ("an unknown mechanism", b"AUTH FOO\r\n"))],
    Case("under TLS, off this host", [*SECURED, *IN, *DATA, TEXT + b".\r\n", ACCEPTED], host=SOURCE, **HERE),
    Case("under TLS, off this host, without AUTH", [*SECURED, *OUT], host=SOURCE, **HERE),
]
