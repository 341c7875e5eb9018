"""Known: messages that one of the others does not verify although their signatures are good, and why."""
import collections
import dataclasses
import re
import typing

from harness.verify import is_signature, signatures, split

LIBRARY, TOOL = "opendkim", "opendkim-testmsg"
ONCE = {name.encode() for name in ("date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject")}


@dataclasses.dataclass(frozen=True)
class Facts:
    fields: list    # without those of signatures
    signed: list    # those of them that ours cover
    relaxed: bool   # whether we signed them so


@dataclasses.dataclass(frozen=True)
class Known:
    verifiers: tuple
    concerns: typing.Callable  # of Facts
    why: str


def name_of(field):
    return field.partition(b":")[0].rstrip(b" \t").lower()


def _begins(pattern):
    return lambda facts: any(re.match(pattern, field) for field in facts.fields)


def _relaxed_has(pattern):
    return lambda facts: facts.relaxed and any(re.search(pattern, field) for field in facts.signed)


def _has_two_of_one(facts):
    return any(count > 1 and name in ONCE for name, count in collections.Counter(map(name_of, facts.fields)).items())


KNOWN = (
    # RFC 5322 4.5: obsolete fields have it there. RFC 6376 3.4.2: Delete any WSP characters remaining before and after the colon.
    Known(("dkimpy",), _begins(rb"[!-9;-~]+[ \t]+:"), "it reads no header with white space before a colon"),
    Known((LIBRARY, TOOL), _begins(rb"[!-9;-~]+ *\t[ \t]*:"), "it reads no header with a tab before a colon"),
    # RFC 5322 3.6.8: a name is of any printable ASCII but colons.
    Known((LIBRARY, TOOL), _begins(rb"[^:]*;[^:]*:"), "it reads no header with a semicolon in a name"),
    # RFC 6376 2.8: WSP is SP or HTAB; 3.4.2 speaks of nothing else.
    Known(("dkimpy",), _relaxed_has(rb"[\x0b\x0c]\s*$"), "it takes VT and FF at the end of a relaxed field for white space"),
    Known((LIBRARY, TOOL), _relaxed_has(rb"[\x0b\x0c]"), "it takes VT and FF in a relaxed field for white space"),
    # No fault: RFC 6376 3.8 and 8.15 let a verifier refuse what RFC 5322 does.
    Known((TOOL,), _has_two_of_one, "it refuses a header that has a field twice which RFC 5322 3.6 wants once"),
)


def known_of(data):
    """{verifier: why it verifies none of our signatures on this message}."""
    fields = [field for field in split(data)[0] if not is_signature(field)]
    tags = signatures(data)[0]
    signed = [field for field in fields if name_of(field).decode() in tags["h"].split(":")]
    facts = Facts(fields, signed, tags["c"].startswith("relaxed"))
    return {verifier: known.why for known in KNOWN if known.concerns(facts) for verifier in known.verifiers}
