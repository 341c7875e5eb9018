"""PROXY headers: broken ones, and those of somebody who is no proxy."""
from abuse.row import *

TOPIC = "a proxy's header is believed from proxies alone, and a connection of theirs without one is dropped"
RELAY = {"listener": [{"address": f"127.0.0.1:{PLAIN}"},
                      {"address": f"127.0.0.1:{PROXIED}", "clients": ["203.0.113.0/24"], "proxy_protocol": ["127.0.0.1"]}]}

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ADDRESSES = bytes([203, 0, 113, 8, 127, 0, 0, 1, 0x9C, 0x40, 0x09, 0xDF])
LISTED = b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 2527\r\n"
PROXY = {"port": PROXIED, "begins": CONNECTED}


def header(name, octets, reply=None, **more):
    return Case(name, [octets, CLOSED] if reply is None else [octets, "220", EHLO, "250", MAIL, reply], **PROXY, **more)


def binary(first, length, rest):
    return SIGNATURE + bytes(first) + length.to_bytes(2, "big") + rest


CASES = [
    header("a listed client", LISTED, "250 2.1.0"),
    header("a stranger", b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 2527\r\n", "550 5.7.1"),
    header("a listed client, in binary", binary([0x21, 0x11], 12, ADDRESSES), "250 2.1.0"),
    header("a listed client, in binary, with more behind it", binary([0x21, 0x11], 20, ADDRESSES + b"\x04\0\5xxxxx"), "250 2.1.0"),
    header("a stranger by IPv6", b"PROXY TCP6 2001:db8::7 ::1 40000 2527\r\n", "550 5.7.1"),
    header("a listed client in IPv6's clothes", b"PROXY TCP6 ::ffff:203.0.113.7 ::1 40000 2527\r\n", "250 2.1.0"),
    header("nobody: the proxy itself", b"PROXY UNKNOWN\r\n", "550 5.7.1"),
    header("nobody, with words", b"PROXY UNKNOWN 203.0.113.7 127.0.0.1 1 2\r\n", "550 5.7.1"),
    header("the proxy itself, in binary", binary([0x20, 0], 0, b""), "550 5.7.1"),
    Case("a header octet by octet", [apart(*[bytes([c]) for c in LISTED]), "220", EHLO, "250", MAIL, "250 2.1.0"], **PROXY),
    Case("a message of a listed client", [LISTED, "220", EHLO, "250", *DATA, TEXT + b".\r\n", ACCEPTED], **PROXY),
    Case("a second header is no command", [LISTED, "220", LISTED, "500 5.5.2", EHLO, "250", MAIL, "250 2.1.0"], **PROXY),
    Case("a stranger's second header", [b"PROXY TCP4 198.51.100.7 127.0.0.1 1 2\r\n", "220", LISTED, "500 5.5.2", EHLO, "250", MAIL, "550 5.7.1"], **PROXY),
    Case("talking behind the header", [LISTED + EHLO, "554 5.5.1", CLOSED], **PROXY),
    Case("talking behind a binary header", [binary([0x21, 0x11], 12, ADDRESSES) + MAIL, "554 5.5.1", CLOSED], **PROXY),

    header("no header", EHLO),
    header("no header but a transaction", SMUGGLED),
    header("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    header("TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
    header("small letters", b"proxy TCP4 203.0.113.7 127.0.0.1 1 2\r\n"),
    header("a space too many", b"PROXY  TCP4 203.0.113.7 127.0.0.1 1 2\r\n"),
    header("no port", b"PROXY TCP4 203.0.113.7 127.0.0.1 40000\r\n"),
    header("a port too large", b"PROXY TCP4 203.0.113.7 127.0.0.1 65536 2527\r\n"),
    header("a port below zero", b"PROXY TCP4 203.0.113.7 127.0.0.1 -1 2527\r\n"),
    header("a port with zeros before it", b"PROXY TCP4 203.0.113.7 127.0.0.1 01 2527\r\n"),
    header("five words", b"PROXY TCP4 203.0.113.7 127.0.0.1 1 2 3\r\n"),
    header("a name instead of an address", b"PROXY TCP4 localhost 127.0.0.1 1 2\r\n"),
    header("half an address", b"PROXY TCP4 203.0.113 127.0.0.1 1 2\r\n"),
    header("an address of the other family", b"PROXY TCP4 ::1 ::1 1 2\r\n"),
    header("two families", b"PROXY TCP6 203.0.113.7 ::1 1 2\r\n"),
    header("a family that nobody knows", b"PROXY UDP4 203.0.113.7 127.0.0.1 1 2\r\n"),
    header("a NUL in it", b"PROXY TCP4 203.0.113.7\0 127.0.0.1 1 2\r\n"),
    header("a bare LF at its end", b"PROXY TCP4 203.0.113.7 127.0.0.1 1 2\n" + b" " * 107),
    header("107 octets without an end", b"PROXY TCP4 " + b"1" * 200),
    header("words for ever", b"PROXY UNKNOWN " + b"x" * 65536 + b"\r\n"),
    header("binary of another version", binary([0x11, 0x11], 12, ADDRESSES)),
    header("binary of another command", binary([0x2F, 0x11], 12, ADDRESSES)),
    header("binary that is too short for its addresses", binary([0x21, 0x11], 4, ADDRESSES[:4])),
    header("binary of 64 KiB", binary([0x21, 0x11], 65535, b"x" * 65535)),
    header("half a signature", SIGNATURE[:6] + b"EHLO"),
    Case("the connection is lost in a header", [LISTED[:20], LOST], **PROXY),
    Case("the connection is lost in a binary header", [binary([0x21, 0x11], 12, ADDRESSES[:5]), LOST], **PROXY),
    Case("the connection is reset behind a header", [LISTED, RESET], **PROXY),

    Case("somebody who is no proxy", [LISTED, "500 5.5.2", EHLO, "250", MAIL, "550 5.7.1"], begins=GREETED, source="127.0.0.9", port=PROXIED),
    Case("somebody who is no proxy, before the greeting", [LISTED, "554 5.5.1", CLOSED], begins=FROZEN, source="127.0.0.9", port=PROXIED),
    Case("a binary header of somebody who is no proxy", [EHLO, "250", binary([0x21, 0x11], 12, ADDRESSES) + b"\r\n", *["500 5.5.2"] * 4, MAIL, "550 5.7.1"],
         begins=GREETED, source="127.0.0.9", port=PROXIED),
    Case("a header where no proxy is listed", [LISTED, "500 5.5.2", EHLO, "250", MAIL, "250 2.1.0"], begins=GREETED),
]
