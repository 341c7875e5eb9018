"""Messages of every kind, the same ones each time: heads and contents, each a table with some random rows behind it, are put
together so that every round has each of them at least once.

Order to read: row, heads, bodies, trees, brought; then what judges them: opendkim, known.
"""
import dataclasses
import random
import re

from varied import brought
from varied.bodies import BODIES, random_body
from varied.heads import HEADS, random_head
from varied.row import Content, Head, has_bare_newline, has_long_line
from varied.trees import TREES

RANDOM = 14  # of each

__all__ = ["Letter", "ROUNDS", "letters", "has_long_line"]

# RFC 6376 3.4: a round for each way to make header and body alike; and how the relay is configured besides.
ROUNDS = {
    "relaxed/relaxed": {},
    "relaxed/simple": {"intake": {"eight_bit": "encode"}},
    "simple/relaxed": {"intake": {"origin": "example.com"}},
    "simple/simple": {"intake": {"received_client": "hidden"}},
}


@dataclasses.dataclass(frozen=True)
class Letter:
    number: int
    head: Head
    content: Content
    brought: str             # a kind of signature, see brought
    canonicalization: tuple  # of that signature
    chunks: tuple            # where BDAT cuts it; empty: it goes by DATA
    content_first: bool      # its fields stand above those of the head

    @property
    def name(self):
        return f"{self.number}: {self.head.name} / {self.content.name} / {self.brought} / {'BDAT' if self.chunks else 'DATA'}"

    @property
    def recipient(self):
        return f"letter{self.number}@dest.example"

    @property
    def text(self):
        """As its author wrote it: without signatures."""
        fields = (self.content.fields, self.head.fields) if self.content_first else (self.head.fields, self.content.fields)
        return b"".join(fields) + b"\r\n" + self.content.body

    @property
    def body(self):
        """As it must arrive where nothing is encoded: with CRLF, also at the end."""
        body = self.content.body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return body if not body or body.endswith(b"\r\n") else body + b"\r\n"


def _can_be_signed_before(letter):
    """dkimpy wants a From field and no blank before a colon, and takes VT and FF for blanks; bare line ends change on their way."""
    header = letter.text.partition(b"\r\n\r\n")[0]
    return re.search(rb"(?im)^from:", header) and not re.search(rb"(?m)^[!-9;-~]+[ \t]+:|[\x0b\x0c]", header) and not has_bare_newline(letter.text)


def _cuts(rng, size):
    """Places where chunks end; several may be the same."""
    return tuple(sorted(rng.randrange(size + 1) for _ in range(rng.randrange(1, 6)))) + (size,)


def letters(name):
    """Those of a round of ROUNDS."""
    number = list(ROUNDS).index(name)
    rng = random.Random(f"round {name}")
    heads = HEADS + [random_head(RANDOM * number + n) for n in range(RANDOM)]
    contents = BODIES + TREES + [random_body(RANDOM * number + n) for n in range(RANDOM)]
    rng.shuffle(heads)
    rng.shuffle(contents)
    found = []
    for n in range(max(len(heads), len(contents))):
        head, content = heads[n % len(heads)], contents[n % len(contents)]
        letter = Letter(n, head, content, brought.NONE, rng.choice(brought.CANONICALIZATIONS), (), rng.random() < 0.3)
        size = len(letter.text)
        # The end of DATA is a line end: a text without one can only come by BDAT.
        if rng.random() < 0.4 or not letter.text.endswith(b"\r\n"):
            letter = dataclasses.replace(letter, chunks=_cuts(rng, size))
        if n % 3 == 0 and _can_be_signed_before(letter):
            letter = dataclasses.replace(letter, brought=brought.KINDS[n // 3 % len(brought.KINDS)])
        found.append(letter)
    return found
