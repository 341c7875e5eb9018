"""Case: one row of a table, a dialog with one client.

A step is
  bytes     said as they are;
  str       a reply is owed now, exactly one: its code, its enhanced status code where one is named, perhaps a word more;
  function  of the client: says or does something else.
After the last step a NOOP must get the next reply, so that one too many is seen; unless the connection has ended.
"""
import contextlib
import dataclasses
import socket
import time

PLAIN, OTHER, PROXIED = 2525, 2526, 2527  # ports: who is on this host may send by PLAIN; what is abused otherwise

CONNECTED, GREETED, READY = "connected", "greeted", "ready"  # nothing read; the greeting read; EHLO answered
FROZEN = "frozen"  # the relay sleeps while the client connects and says its first step


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    steps: list
    begins: str = READY
    host: str = "127.0.0.1"
    port: int = PLAIN
    source: str = ""      # the client's address, where it matters
    others: tuple = ()    # (how many, from where, to where): connections that are there before
    unseen: int = 0       # messages that arrive although nobody read that they were accepted
    body: bytes = None    # of the message that arrives


def cases(steps_of, rows, **more):
    """Case for each (name, anything...): its steps are steps_of(anything...)."""
    return [Case(name, steps_of(*rest), **more) for name, *rest in rows]


# What everybody says

MAIL = b"MAIL FROM:<app@example.com>\r\n"
RCPT = b"RCPT TO:<user@dest.example>\r\n"
EHLO = b"EHLO client.example.com\r\n"
OPEN = [MAIL, "250 2.1.0", RCPT, "250 2.1.5"]
DATA = [*OPEN, b"DATA\r\n", "354"]
HEAD = b"From: App <app@example.com>\r\nSubject: abuse\r\n\r\n"
TEXT = HEAD + b"hello\r\n"
ACCEPTED = "250 2.0.0 queued"
ALIVE = [b"NOOP\r\n", "250 2.0.0"]
# What must stay text, or stay unsaid.
SMUGGLED = MAIL + RCPT + b"DATA\r\nFrom: <app@example.com>\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"


# Steps

def CLOSED(client):
    """No more replies, and the end."""
    more = client.replies_until_closed()
    if more:
        raise AssertionError(f"the end is owed, not {more}")
    client.over = True


def TURNED_AWAY(client):
    """One refusal at most, and the end, at once."""
    client.patience = 3
    more = client.replies_until_closed()
    if len(more) > 1 or any(reply[0] != "5" for reply in more):
        raise AssertionError(f"one refusal and the end are owed, not {more}")
    client.over = True


def LOST(client):
    """The client says no more; the relay must see that this is the end."""
    with contextlib.suppress(OSError):
        client.socket.shutdown(socket.SHUT_WR)
    client.replies_until_closed()
    client.over = True


def RESET(client):
    """The client's host forgets the connection."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    client.over = True


def QUIET(client):
    """No reply is owed yet."""
    if not client.quiet(0.2):
        raise AssertionError(f"no reply is owed yet: {client.buffer}")


def TLS(client):
    client.secure()


def TLS_END(client):
    """The goodbye of TLS; TCP stays."""
    with contextlib.suppress(OSError):
        client.socket = client.socket.unwrap()


def pause(seconds):
    return lambda client: time.sleep(seconds)


def apart(*pieces):
    """Each piece in a packet of its own."""
    def say(client):
        for piece in pieces:
            client.say(piece)
            time.sleep(0.01)
    return say


def trickle(octets, every):
    """An octet at a time, until the relay has something to say."""
    def say(client):
        client.socket.settimeout(every)
        for octet in octets:
            client.say(bytes([octet]))
            with contextlib.suppress(TimeoutError, OSError):
                client.buffer += client.socket.recv(65536)
                break
        client.socket.settimeout(client.patience)
    return say


def without_reading(octets, seconds):
    """Says that again and again and reads nothing, until the relay hangs up."""
    def say(client):
        end = time.monotonic() + seconds
        client.socket.settimeout(0.2)
        while time.monotonic() < end:
            try:
                client.socket.send(octets)
            except TimeoutError:
                continue
            except OSError:
                client.over = True
                return
        raise AssertionError("the relay still writes to somebody who does not read")
    return say
