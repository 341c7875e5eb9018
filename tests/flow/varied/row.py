"""Head and Content: the two halves of which messages are put together, each a row of a table."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Head:
    """Fields that tell who writes what to whom; `authors` are the domains that owe a signature."""
    name: str
    fields: bytes
    authors: tuple = ("example.com",)
    utf8: bool = False  # the client must say SMTPUTF8


@dataclasses.dataclass(frozen=True)
class Content:
    """A body, and the fields that describe it."""
    name: str
    body: bytes
    fields: bytes = b""


def has_long_line(octets):
    """RFC 5322 2.1.1: 998 octets at most."""
    return max(map(len, octets.split(b"\r\n"))) > 998


def has_bare_newline(octets):
    return b"\n" in octets.replace(b"\r\n", b"")


def folded(names, width=76):
    """A list over as many lines as it takes."""
    lines, line = [], b""
    for name in names:
        if line and len(line) + len(name) > width:
            lines.append(line)
            line = b""
        line += b" " + name
    return b"\r\n".join(lines + [line])
