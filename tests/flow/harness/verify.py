"""Verifiers: dkimpy and OpenDKIM, which are not ours, and ours; each signature by itself, so that a good one hides no broken one."""
import json
import re
import subprocess

import dkim
import dns.message
import dns.query
import dns.rdatatype

from harness.namespace import BINARY, program


def split(data):
    """(list of raw header fields, body)."""
    header, _, body = data.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    return [f + b"\r\n" for f in fields], body


def is_signature(field):
    return field.lower().startswith(b"dkim-signature:")


def dkim_tags(field):
    value = re.sub(rb"\s+", b"", field.split(b":", 1)[1])
    return dict(t.decode().split("=", 1) for t in value.split(b";") if t)


def without_signatures(data, keep=None):
    """The message without its DKIM-Signature fields, but for number `keep` from the top."""
    fields, body = split(data)
    kept, number = [], -1
    for field in fields:
        if is_signature(field):
            number += 1
            if number != keep:
                continue
        kept.append(field)
    return b"".join(kept) + b"\r\n" + body


def _txt(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    answer = dns.query.udp(dns.message.make_query(name, "TXT"), "127.0.0.1", timeout=timeout)
    if answer.flags & 0x0200:  # TC
        answer = dns.query.tcp(dns.message.make_query(name, "TXT"), "127.0.0.1", timeout=timeout)
    for rrset in answer.answer:
        for record in rrset if rrset.rdtype == dns.rdatatype.TXT else ():  # an alias may stand before it
            return b"".join(record.strings)
    return None


def signatures(data):
    return [dkim_tags(f) for f in split(data)[0] if is_signature(f)]


def dkimpy_results(data):
    """[(algorithm, verified)] for each signature from the top."""
    return [(tags["a"], _dkimpy(data, n)) for n, tags in enumerate(signatures(data))]


def _dkimpy(data, number):
    try:
        return bool(dkim.DKIM(data).verify(idx=number, dnsfunc=_txt))
    except dkim.DKIMException:
        return False


def opendkim_results(data):
    """The same by opendkim-testmsg, which knows no Ed25519: those are left out."""
    found = []
    for n, tags in enumerate(signatures(data)):
        if not tags["a"].startswith("rsa"):
            continue
        run = subprocess.run([program("opendkim-testmsg")], input=without_signatures(data, keep=n), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=20)
        found.append((tags["a"], run.returncode == 0))
    return found


def signet_results(data, config_file):
    """The same by `signet dkim verify`, which asks DNS as that configuration says."""
    run = subprocess.run([BINARY, "dkim", "verify", "--json", "-", "-c", config_file], input=data, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=20)
    if run.returncode not in (0, 1):
        raise AssertionError(f"signet dkim verify: {run.returncode} {run.stderr.decode()}")
    return [(line["algorithm"], line["result"] == "pass") for line in json.loads(run.stdout)]
