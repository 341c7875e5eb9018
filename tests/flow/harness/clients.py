"""Clients: smtplib for the usual case, a bare socket where every octet counts."""
import smtplib
import socket
import time


def submit(text, sender="app@example.com", recipients=("user@dest.example",), port=2525, host="127.0.0.1", options=()):
    """Sends one message and returns its queue id."""
    code, reply = submit_raw(text, sender, recipients, port, host, options)
    if code != 250:
        raise AssertionError(f"not accepted: {code} {reply}")
    return queue_id(reply)


def submit_raw(text, sender="app@example.com", recipients=("user@dest.example",), port=2525, host="127.0.0.1", options=()):
    """(code, text) of the first refusal, or of the reply to the final dot."""
    with smtplib.SMTP(host, port, "client.example.com", timeout=30) as client:
        client.ehlo_or_helo_if_needed()
        code, reply = client.mail(sender, options)
        if code == 250:
            for recipient in [recipients] if isinstance(recipients, str) else recipients:
                code, reply = client.rcpt(recipient)
                if code not in (250, 251):
                    break
            else:
                code, reply = client.data(bytes(text))
        return code, reply.decode()


def queue_id(reply):
    if "queued as " not in reply:
        raise AssertionError(f"no queue id in: {reply}")
    return reply.split("queued as ")[1].split()[0]


class Raw:
    """One connection; says octets, reads whole replies."""

    def __init__(self, host="127.0.0.1", port=2525, timeout=20, greet=True):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.buffer = b""
        if greet:
            self.banner = self.reply()
            self.ehlo = self.ask("EHLO client.example.com")

    def say(self, octets):
        self.socket.sendall(octets if isinstance(octets, bytes) else octets.encode() + b"\r\n")
        return self

    def ask(self, line):
        return self.say(line).reply()

    def reply(self):
        """A whole reply without the last line end; "" when the connection was closed."""
        lines = []
        while True:
            while b"\r\n" not in self.buffer:
                try:
                    more = self.socket.recv(65536)
                except ConnectionResetError:
                    more = b""
                if not more:
                    return "\n".join(lines)
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            lines.append(line.decode("utf-8", "replace"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def replies_until_closed(self):
        found = []
        while True:
            reply = self.reply()
            if not reply:
                return found
            found.append(reply)

    def quiet(self, seconds):
        """True when nothing arrives for that long."""
        self.socket.settimeout(seconds)
        try:
            more = self.socket.recv(65536)
            self.buffer += more
            return False
        except TimeoutError:
            return not self.buffer
        finally:
            self.socket.settimeout(20)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_port(address, port, seconds=10, process=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode} before it listened on {address}:{port}")
        try:
            socket.create_connection((address, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nothing listens on {address}:{port}")
