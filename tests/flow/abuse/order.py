"""Every command in every state of a session, and what clears a transaction."""
from abuse.row import *

TOPIC = "out of order is 503 5.5.1 and changes nothing; EHLO and RSET clear"
RELAY = {}

BAD_MAIL = b"MAIL FROM:<x@elsewhere.example>\r\n"
BEGUN = [*OPEN, b"BDAT %d\r\n" % len(HEAD) + HEAD, "250 2.0.0"]

# name: (where it begins, how one gets there)
STATES = {
    "before EHLO": (GREETED, []),
    "after EHLO": (READY, []),
    "after MAIL": (READY, [MAIL, "250 2.1.0"]),
    "after RCPT": (READY, OPEN),
    "between chunks": (READY, BEGUN),
    "after a refused MAIL": (READY, [BAD_MAIL, "550 5.7.1"]),
    "after a refused RCPT": (READY, [MAIL, "250 2.1.0", b"RCPT TO:<>\r\n", "501 5.1.3"]),
    "after RSET": (READY, [*OPEN, b"RSET\r\n", "250 2.0.0"]),
    "after a message": (READY, [*DATA, TEXT + b".\r\n", ACCEPTED]),
    "after a refused message": (READY, [*DATA, b"no header\r\n.\r\n", "550 5.6.0"]),
}

CHUNK = b"BDAT 6\r\nRSET\r\n"  # its octets must not be obeyed
# what is said, and the reply in each state above
COMMANDS = {
    "MAIL": (MAIL, ["503 5.5.1", "250 2.1.0", "503 5.5.1", "503 5.5.1", "503 5.5.1", "250 2.1.0", "503 5.5.1", "250 2.1.0",
                    "250 2.1.0", "250 2.1.0"]),
    "RCPT": (RCPT, ["503 5.5.1", "503 5.5.1", "250 2.1.5", "250 2.1.5", "503 5.5.1", "503 5.5.1", "250 2.1.5", "503 5.5.1",
                    "503 5.5.1", "503 5.5.1"]),
    "DATA": (b"DATA\r\n", ["503 5.5.1", "503 5.5.1", "554 5.5.1", "354", "503 5.5.1", "503 5.5.1", "554 5.5.1", "503 5.5.1",
                           "503 5.5.1", "503 5.5.1"]),
    "BDAT": (CHUNK, ["503 5.5.1", "503 5.5.1", "554 5.5.1", "250 2.0.0", "250 2.0.0", "503 5.5.1", "554 5.5.1", "503 5.5.1",
                     "503 5.5.1", "503 5.5.1"]),
    "EHLO": (EHLO, ["250"] * 10),
    "HELO": (b"HELO client.example.com\r\n", ["250"] * 10),
    "RSET": (b"RSET\r\n", ["250 2.0.0"] * 10),
    "VRFY": (b"VRFY user@dest.example\r\n", ["252 2.0.0"] * 10),
    "HELP": (b"HELP MAIL\r\n", ["214 2.0.0"] * 10),
    "EXPN": (b"EXPN staff\r\n", ["502 5.5.1"] * 10),
    "ETRN": (b"ETRN dest.example\r\n", ["502 5.5.1"] * 10),
    "STARTTLS": (b"STARTTLS\r\n", ["502 5.5.1"] * 10),
    "AUTH": (b"AUTH PLAIN AGEAYg==\r\n", ["503 5.5.1", *["502 5.5.1"] * 9]),
    "QUIT": (b"QUIT\r\n", ["221 2.0.0"] * 10),
}


def behind(reply):
    if reply == "354":
        return [TEXT + b".\r\n", ACCEPTED]
    return [CLOSED] if reply.startswith("221") else []


CASES = [Case(f"{command} {state}", [*way, said, reply, *behind(reply)], begins=begins)
         for command, (said, replies) in COMMANDS.items()
         for (state, (begins, way)), reply in zip(STATES.items(), replies)]

CASES += cases(lambda clearing, reply: [*OPEN, clearing, reply, RCPT, "503 5.5.1", b"DATA\r\n", "503 5.5.1", *DATA, TEXT + b".\r\n", ACCEPTED], [
    ("EHLO clears a transaction", EHLO, "250"),
    ("HELO clears a transaction", b"HELO x\r\n", "250"),
    ("RSET clears a transaction", b"RSET\r\n", "250 2.0.0"),
])
CASES += cases(lambda clearing, reply: [*BEGUN, clearing, reply, CHUNK, "503 5.5.1", *DATA, TEXT + b".\r\n", ACCEPTED], [
    ("EHLO clears chunks", EHLO, "250"),
    ("HELO clears chunks", b"HELO x\r\n", "250"),
    ("RSET clears chunks", b"RSET\r\n", "250 2.0.0"),
])
CASES += [
    Case("an EHLO that is refused clears nothing", [*OPEN, b"EHLO\r\n", "501 5.5.4", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED]),
    Case("an RSET that is refused clears nothing", [*OPEN, b"RSET now\r\n", "501 5.5.4", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED]),
    Case("a MAIL too many changes no sender", [*OPEN, MAIL, "503 5.5.1", BAD_MAIL, "503 5.5.1", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED]),
    Case("DATA behind a finished message", [*DATA, TEXT + b".\r\n", ACCEPTED, b"DATA\r\n", "503 5.5.1"]),
    Case("the same recipient twice gets one message", [*OPEN, RCPT, "250 2.1.5", b"DATA\r\n", "354", TEXT + b".\r\n", ACCEPTED]),
    Case("a dot that ends nothing", [b".\r\n", "500 5.5.2"]),
]
