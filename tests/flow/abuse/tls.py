"""STARTTLS: injection, twice, at the wrong time; and what TLS makes the relay forget."""
from abuse.row import *

TOPIC = "nothing said in the clear counts under TLS, and the end of TLS is the end of the connection"
REQUIRED, IMPLICIT = 2528, 2529
RELAY = {"listener": [{"address": f"127.0.0.1:{PLAIN}"}, {"address": f"127.0.0.1:{OTHER}", "tls": "starttls"},
                      {"address": f"127.0.0.1:{REQUIRED}", "tls": "required-starttls"}, {"address": f"127.0.0.1:{IMPLICIT}", "tls": "implicit"}]}
OFFERED = {"port": OTHER}

START = [b"STARTTLS\r\n", "220 2.0.0"]
SECURE = [*START, TLS]
READY_AGAIN = [*SECURE, EHLO, "250"]
WENT_ON = ["554 5.5.1", CLOSED]

CASES = [
    Case("a message under TLS", [*READY_AGAIN, *DATA, TEXT + b".\r\n", ACCEPTED], **OFFERED),
    Case("STARTTLS before EHLO", [*READY_AGAIN, *DATA, TEXT + b".\r\n", ACCEPTED], begins=GREETED, **OFFERED),
    Case("STARTTLS twice", [*READY_AGAIN, b"STARTTLS\r\n", "503 5.5.1", *DATA, TEXT + b".\r\n", ACCEPTED], **OFFERED),
    *[Case(f"STARTTLS with {name}", [b"STARTTLS" + rest + b"\r\n", reply, *OPEN], **OFFERED) for name, rest, reply in (
        ("an argument", b" now", "501 5.5.4"), ("a number", b" 1", "501 5.5.4"), ("a bare LF", b"\nNOOP", "500 5.5.2"), ("a NUL", b"\0", "500 5.5.2"),
        ("a letter", b"X", "500 5.5.2"))],
    Case("STARTTLS after MAIL", [MAIL, "250 2.1.0", b"STARTTLS\r\n", "503 5.5.1", RCPT, "250 2.1.5"], **OFFERED),
    Case("STARTTLS after RCPT", [*OPEN, b"STARTTLS\r\n", "503 5.5.1", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED], **OFFERED),
    Case("STARTTLS between chunks", [*OPEN, b"BDAT %d\r\n" % len(TEXT) + TEXT, "250 2.0.0", b"STARTTLS\r\n", "503 5.5.1", b"BDAT 0 LAST\r\n", ACCEPTED], **OFFERED),
    Case("STARTTLS in a message is text", [*DATA, HEAD + b"STARTTLS\r\n.\r\n", ACCEPTED], body=b"STARTTLS\r\n", **OFFERED),
    Case("STARTTLS that is not offered", [b"STARTTLS\r\n", "502 5.5.1", *OPEN]),
    Case("STARTTLS that is not offered, and a hello", [b"STARTTLS\r\n", "502 5.5.1", b"\x16\x03\x01\r\n" + SMUGGLED, TURNED_AWAY]),

    *[Case(f"{name} behind STARTTLS in its packet", [b"STARTTLS\r\n" + octets, *WENT_ON], **OFFERED) for name, octets in (
        ("NOOP", b"NOOP\r\n"), ("EHLO", EHLO), ("a transaction", SMUGGLED), ("an octet", b"X"), ("an empty line", b"\r\n"), ("STARTTLS", b"STARTTLS\r\n"),
        ("QUIT", b"QUIT\r\n"), ("a hello", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"), ("64 KiB", b"NOOP\r\n" * 10000))],
    Case("a transaction and STARTTLS behind it in one packet", [MAIL + b"RSET\r\nSTARTTLS\r\n" + SMUGGLED, "250 2.1.0", "250 2.0.0", *WENT_ON], **OFFERED),
    *[Case(f"{name} instead of a hello", [*START, octets, CLOSED], **OFFERED) for name, octets in (
        ("a transaction", SMUGGLED), ("EHLO", EHLO), ("junk", b"\xff" * 100), ("HTTP", b"GET / HTTP/1.1\r\n\r\n"), ("an alert", b"\x15\x03\x01\0\2\2\x28"),
        ("a broken hello", b"\x16\x03\x01\0\4\1\0\0\0"), ("an endless hello", b"\x16\x03\x01\xff\xff" + b"\1" * 70000))],
    Case("the connection is lost instead of a hello", [*START, LOST], **OFFERED),
    Case("the connection is reset instead of a hello", [*START, RESET], **OFFERED),
    Case("the connection is lost in a hello", [*START, b"\x16\x03\x01\x02\0\x01", LOST], **OFFERED),

    Case("TLS forgets EHLO", [*SECURE, MAIL, "503 5.5.1", EHLO, "250", *OPEN], **OFFERED),
    Case("TLS forgets EHLO for RCPT and DATA", [*SECURE, RCPT, "503 5.5.1", b"DATA\r\n", "503 5.5.1", EHLO, "250"], **OFFERED),
    Case("TLS forgets a transaction", [*OPEN, b"RSET\r\n", "250 2.0.0", *READY_AGAIN, RCPT, "503 5.5.1"], **OFFERED),
    Case("TLS forgets a refused MAIL", [b"MAIL FROM:<x@elsewhere.example>\r\n", "550 5.7.1", *READY_AGAIN, RCPT, "503 5.5.1"], **OFFERED),
    Case("smuggling under TLS", [*READY_AGAIN, *DATA, HEAD + b"first\n.\n" + SMUGGLED, "550 5.5.2"], **OFFERED),
    Case("a bare LF under TLS", [*READY_AGAIN, b"NOOP\nRSET\r\n", "500 5.5.2"], **OFFERED),
    Case("HTTP under TLS", [*READY_AGAIN, b"POST / HTTP/1.1\r\n\r\n" + SMUGGLED, "554 5.5.1", CLOSED], **OFFERED),
    Case("64 KiB under TLS", [*READY_AGAIN, b"NOOP" + b"x" * 65536 + b"\r\n", "500 5.5.2"], **OFFERED),
    Case("octets as the client pleases under TLS", [*READY_AGAIN, apart(*[bytes([c]) for c in MAIL]), "250 2.1.0"], **OFFERED),

    Case("the end of TLS", [*READY_AGAIN, TLS_END, MAIL, CLOSED], **OFFERED),
    Case("the end of TLS in a transaction", [*READY_AGAIN, *OPEN, TLS_END, b"DATA\r\n", CLOSED], **OFFERED),
    Case("the end of TLS in a message", [*READY_AGAIN, *DATA, TEXT, TLS_END, b".\r\n", CLOSED], **OFFERED),
    Case("the end of TLS in a chunk", [*READY_AGAIN, *OPEN, b"BDAT 1000 LAST\r\n" + TEXT, TLS_END, b"x" * 2000, CLOSED], **OFFERED),
    Case("the end of TLS in a refused chunk", [*READY_AGAIN, b"BDAT 1000\r\n" + TEXT, TLS_END, b"x" * 2000, CLOSED], **OFFERED),
    Case("a lost connection under TLS", [*READY_AGAIN, *DATA, TEXT, LOST], **OFFERED),
    Case("a connection that is reset under TLS", [*READY_AGAIN, *OPEN, b"BDAT 1000 LAST\r\n" + TEXT, RESET], **OFFERED),

    # RFC 8689 2: only a session under TLS.
    Case("REQUIRETLS in the clear", [b"MAIL FROM:<app@example.com> REQUIRETLS\r\n", "555 5.5.4", RCPT, "503 5.5.1"], **OFFERED),
    Case("REQUIRETLS under TLS", [*READY_AGAIN, b"MAIL FROM:<app@example.com> REQUIRETLS\r\n", "250 2.1.0", RCPT, "250 2.1.5"], **OFFERED),
    Case("REQUIRETLS with a value", [*READY_AGAIN, b"MAIL FROM:<app@example.com> REQUIRETLS=1\r\n", "501 5.5.4"], **OFFERED),

    # RFC 3207 4: 530 to every command other than NOOP, EHLO, STARTTLS, or QUIT.
    *[Case(f"{name} where TLS is required", [said, "530 5.7.0"], port=REQUIRED) for name, said in (
        ("MAIL", MAIL), ("RCPT", RCPT), ("DATA", b"DATA\r\n"), ("VRFY", b"VRFY user\r\n"), ("RSET", b"RSET\r\n"),
        ("HELP", b"HELP\r\n"), ("AUTH", b"AUTH PLAIN AGEAYg==\r\n"), ("a null sender", b"MAIL FROM:<>\r\n"))],
    Case("a chunk where TLS is required", [b"BDAT %d LAST\r\n" % len(TEXT) + TEXT, "530 5.7.0"], port=REQUIRED),
    Case("a pipelined transaction where TLS is required", [MAIL + RCPT + b"DATA\r\n", *["530 5.7.0"] * 3], port=REQUIRED),
    Case("EHLO, NOOP and QUIT where TLS is required", [EHLO, "250", *ALIVE, b"QUIT\r\n", "221 2.0.0", CLOSED], port=REQUIRED),
    Case("a message where TLS is required", [*READY_AGAIN, *DATA, TEXT + b".\r\n", ACCEPTED], port=REQUIRED),
    Case("MAIL before STARTTLS leaves nothing", [MAIL, "530 5.7.0", *READY_AGAIN, RCPT, "503 5.5.1"], port=REQUIRED),

    *[Case(f"{name} where TLS comes first", [octets, CLOSED], begins=CONNECTED, port=IMPLICIT) for name, octets in (
        ("EHLO", EHLO), ("a transaction", SMUGGLED), ("HTTP", b"GET / HTTP/1.1\r\n\r\n"), ("junk", b"\0" * 100))],
    Case("STARTTLS where TLS comes first", [TLS, "220", EHLO, "250", b"STARTTLS\r\n", "502 5.5.1", *OPEN], begins=CONNECTED, port=IMPLICIT),
    Case("a message where TLS comes first", [TLS, "220", EHLO, "250", *DATA, TEXT + b".\r\n", ACCEPTED], begins=CONNECTED, port=IMPLICIT),
    Case("nobody speaks where TLS comes first", [LOST], begins=CONNECTED, port=IMPLICIT),
]
