"""Messages that tests send: bytes with CRLF, every field that the relay would otherwise add already there."""
import itertools

_numbers = itertools.count(1)


class Text(bytes):
    """A message; `number` tells it apart wherever it arrives."""

    number = ""


def message(sender="app@example.com", recipient="user@dest.example", subject="A test", body=None, extra=b"", number=None):
    number = number or f"n{next(_numbers)}"
    if body is None:
        body = b"Hello,\r\n\r\n.a line that begins with a dot\r\n\ttabs  and  spaces \r\n\r\nend\r\n"
    text = Text(f"From: App <{sender}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\n"
                f"Date: Sat, 01 Nov 2025 10:00:00 +0000\r\nMessage-ID: <{number}@example.com>\r\n"
                f"X-Number: {number}\r\n".encode() + extra + b"\r\n" + body)
    text.number = number
    return text
