"""Signatures that a message brings along: good ones, broken ones, and what is none; all made by dkimpy."""
import base64
import subprocess

import dkim

from harness.namespace import program

ELSEWHERE = "elsewhere.example"
NONE = "no signature"
KINDS = ("one of elsewhere", "one of elsewhere in Ed25519", "one in our name", "two", "a broken one", "one of another body", "one that is none")
CANONICALIZATIONS = ((b"relaxed", b"simple"), (b"simple", b"simple"), (b"relaxed", b"relaxed"), (b"simple", b"relaxed"))


def _raw_ed25519(path):
    """The key as dkimpy wants it: 32 octets in base64."""
    der = subprocess.run([program("openssl"), "pkey", "-in", path, "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
    return base64.b64encode(der[-32:])


class Signers:
    """`keys` are [(selector, path)] of an RSA and an Ed25519 key, which every domain uses."""

    def __init__(self, keys):
        (self.rsa, path), (self.edwards, other) = keys
        with open(path, "rb") as f:
            self.rsa_key = f.read()
        self.edwards_key = _raw_ed25519(other)

    def _rsa(self, octets, domain, canonicalization):
        return dkim.DKIM(octets).sign(self.rsa.encode(), domain.encode(), self.rsa_key, canonicalize=canonicalization)

    def fields(self, kind, octets, canonicalization):
        """(the fields to put on top of `octets`, what each is worth where the message stays as it is)."""
        if kind == "one of elsewhere":
            return self._rsa(octets, ELSEWHERE, canonicalization), [True]
        if kind == "one of elsewhere in Ed25519":
            return dkim.DKIM(octets, signature_algorithm=b"ed25519-sha256").sign(
                self.edwards.encode(), ELSEWHERE.encode(), self.edwards_key, canonicalize=canonicalization), [True]
        if kind == "one in our name":
            return self._rsa(octets, "example.com", canonicalization), [True]
        if kind == "two":
            first, _ = self.fields("one of elsewhere in Ed25519", octets, canonicalization)
            second, _ = self.fields("one in our name", octets, canonicalization)
            return second + first, [True, True]
        if kind == "a broken one":
            field = self._rsa(octets, ELSEWHERE, canonicalization)
            return field.replace(b"d=" + ELSEWHERE.encode(), b"d=example.com", 1), [False]
        if kind == "one of another body":
            return self._rsa(octets + b"more\r\n", ELSEWHERE, canonicalization), [False]
        return b"DKIM-Signature: a=rsa-sha256\r\n \r\nDKIM-Signature: v=1; a=rsa-sha256; ;;; d=elsewhere.example; s=r1; h=; bh=x; b=====\r\n", [False, False]
