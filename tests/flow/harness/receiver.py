"""Receiver: a mail server that does what the test tells it, and keeps the bytes that it got."""
import re
import socket
import threading
import time

DROP = object()  # a reply: close the connection at once
HANG = object()  # a reply: say nothing until the receiver is closed


class Received:
    """One message: envelope and exact bytes, dot-stuffing undone, the end of data not included."""

    def __init__(self, session, sender, recipients, data):
        self.session, self.helo, self.peer = session.number, session.helo, session.peer
        self.sender, self.recipients, self.data = sender, recipients, data
        self.time = time.monotonic()

    @property
    def number(self):
        found = re.search(rb"^X-Number: (\S+)", self.data, re.M)
        return found.group(1).decode() if found else None


class Receiver:
    """`replies` maps a verb to its reply: "" is the banner, "." the end of data, else EHLO, MAIL, RCPT, ...
    A reply is a string, DROP, HANG, a list of those (each once, the last for ever), or a function of (session, line)
    that returns one, or None for the usual reply. A 2xx to "." keeps the message; DROP after it does not.
    """

    def __init__(self, address, port=25, replies=None, extensions=("PIPELINING", "SIZE 52428800", "8BITMIME")):
        self.address, self.port = address, port
        self.replies = {k: list(v) if isinstance(v, list) else v for k, v in (replies or {}).items()}
        self.extensions = extensions
        self.messages, self.sessions = [], []
        self.changed = threading.Condition()
        self.closing = threading.Event()
        self.socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                                           backlog=200)
        threading.Thread(target=self._accept, daemon=True).start()

    def wait(self, count, timeout=20):
        """The messages, once there are at least `count`."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= count, timeout):
                raise AssertionError(f"{self.address} got {len(self.messages)} of {count} messages in {timeout} s")
            return list(self.messages)

    def wait_sessions(self, count, timeout=20):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.sessions) >= count, timeout):
                raise AssertionError(f"{self.address} saw {len(self.sessions)} of {count} sessions in {timeout} s")
            return list(self.sessions)

    def wait_commands(self, verb, count, timeout=20):
        """Until it was given `count` of them, in whatever sessions."""
        def seen():
            return sum(line.split(" ")[0].upper() == verb for line in self.lines())
        with self.changed:
            if not self.changed.wait_for(lambda: seen() >= count, timeout):
                raise AssertionError(f"{self.address} saw {seen()} of {count} {verb} in {timeout} s")

    def lines(self):
        """All command lines of all sessions, in order."""
        return [line for session in self.sessions for line in session.lines]

    def close(self):
        self.closing.set()
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        for session in list(self.sessions):
            session.end()

    def reply_for(self, verb, session, line):
        with self.changed:
            chosen = self.replies.get(verb)
            if isinstance(chosen, list):
                chosen = chosen.pop(0) if len(chosen) > 1 else chosen[0]
        return chosen(session, line) if callable(chosen) else chosen

    def _accept(self):
        while not self.closing.is_set():
            try:
                connection, peer = self.socket.accept()
            except OSError:
                return
            with self.changed:
                session = _Session(self, connection, peer[0], len(self.sessions) + 1)
                self.sessions.append(session)
                self.changed.notify_all()
            threading.Thread(target=session.run, daemon=True).start()


class _Session:
    def __init__(self, receiver, connection, peer, number):
        self.receiver, self.connection, self.peer, self.number = receiver, connection, peer, number
        self.lines, self.helo = [], ""
        self.sender, self.recipients = None, []
        self.buffer = b""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def run(self):
        try:
            if self._say(self.receiver.reply_for("", self, ""), f"220 {self.receiver.address} ready"):
                while self._command():
                    pass
        except OSError:
            pass
        finally:
            self.connection.close()

    def _say(self, reply, usual):
        """False when the session is over."""
        reply = usual if reply is None else reply
        if reply is DROP:
            return False
        if reply is HANG:
            self.receiver.closing.wait()
            return False
        data = reply if isinstance(reply, bytes) else (reply.replace("\n", "\r\n") + "\r\n").encode()
        self.connection.sendall(data)
        return not data.startswith(b"421")

    def _read_until(self, mark):
        while mark not in self.buffer:
            more = self.connection.recv(65536)
            if not more:
                return None
            self.buffer += more
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _command(self):
        raw = self._read_until(b"\r\n")
        if raw is None:
            return False
        line = raw.decode("utf-8", "replace")
        with self.receiver.changed:
            self.lines.append(line)
            self.receiver.changed.notify_all()
        verb = line.split(" ")[0].upper()
        reply = self.receiver.reply_for(verb, self, line)
        if verb in ("EHLO", "HELO"):
            self.helo = line[5:]
            usual = "\n".join([f"250-{self.receiver.address}"] + [f"250-{x}" for x in self.receiver.extensions])
            last = usual.rfind("250-")
            usual = usual[:last] + "250 " + usual[last + 4:]
            return self._say(reply, usual if verb == "EHLO" else f"250 {self.receiver.address}")
        if verb == "MAIL":
            if reply is None or str(reply).startswith("2"):
                self.sender, self.recipients = line[10:].split(">")[0].lstrip("<"), []
            return self._say(reply, "250 2.1.0 ok")
        if verb == "RCPT":
            if reply is None or str(reply).startswith("2"):
                self.recipients.append(line[8:].split(">")[0].lstrip("<"))
            return self._say(reply, "250 2.1.5 ok")
        if verb == "DATA":
            if not self.recipients and reply is None:
                return self._say("554 5.5.1 no valid recipients", "")
            if not self._say(reply, "354 go on"):
                return False
            return self._data() if reply is None or str(reply).startswith("354") else True
        if verb == "RSET":
            self.sender, self.recipients = None, []
            return self._say(reply, "250 2.0.0 ok")
        if verb == "QUIT":
            self._say(reply, "221 2.0.0 bye")
            return False
        return self._say(reply, "250 2.0.0 ok" if verb == "NOOP" else "502 5.5.2 unknown")

    def _data(self):
        # The end of data is CRLF.CRLF and nothing else; an empty message begins with the dot.
        while not self.buffer.startswith(b".\r\n") and b"\r\n.\r\n" not in self.buffer:
            more = self.connection.recv(262144)
            if not more:
                return False
            self.buffer += more
        if self.buffer.startswith(b".\r\n"):
            data, self.buffer = b"", self.buffer[3:]
        else:
            data, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            data += b"\r\n"
        data = data[1:] if data.startswith(b".") else data
        data = data.replace(b"\r\n.", b"\r\n")
        got = Received(self, self.sender, self.recipients, data)
        self.got = got
        reply = self.receiver.reply_for(".", self, "")
        if reply is None or (isinstance(reply, str) and reply.startswith("2")):
            with self.receiver.changed:
                self.receiver.messages.append(got)
                self.receiver.changed.notify_all()
        self.sender, self.recipients = None, []
        return self._say(reply, "250 2.0.0 taken")
