"""Signs every message of tests/vectors/messages in every canonicalization with both kinds of key; dkimpy must verify
each, and must refuse each once an octet of it is turned over.

usage: verified_by_others.py SIGN_FILE_PROGRAM MESSAGES_FOLDER
"""

import os
import re
import subprocess
import sys
import tempfile

import dkim

CANONICALIZATIONS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
DOMAIN = "example.com"


def verifies(message, selector, record):
    """What dkimpy says of the topmost signature; it asks for its record by the right name only."""
    wanted = f"{selector}._domainkey.{DOMAIN}."

    def answer(name, timeout=5):
        return record if name.decode() == wanted else None

    try:
        return dkim.DKIM(message, minkey=2048).verify(idx=0, dnsfunc=answer)
    except dkim.DKIMException:
        return False


def damaged(message):
    """Copies with one octet changed: in a signed field, in the body (if there is one), in b=, in a tag."""
    start = message.index(b"From:") if b"\nFrom:" in message else message.index(b"from:")
    at = message.index(b"@", start) - 1
    yield "From:", message[:at] + b"0" + message[at + 1 :]
    body = message.index(b"\r\n\r\n") + 4
    match = re.search(rb"[a-z]", message[body:])
    if match:
        at = body + match.start()
        yield "body", message[:at] + b"#" + message[at + 1 :]
    at = message.index(b" b=") + 10
    yield "b=", message[:at] + (b"A" if message[at : at + 1] != b"A" else b"B") + message[at + 1 :]
    at = message.index(b" t=") + 5
    yield "t=", message[:at] + (b"1" if message[at : at + 1] != b"1" else b"2") + message[at + 1 :]
    yield "Subject:", b"Subject: added\r\n" + message


def main():
    program, folder = sys.argv[1:3]
    failures = []
    done = 0
    with tempfile.TemporaryDirectory() as keys:
        for kind in ("rsa", "ed25519"):
            key = os.path.join(keys, kind)
            record = subprocess.run(
                [program, "create", kind, key], check=True, stdout=subprocess.PIPE
            ).stdout.strip()
            for name in sorted(os.listdir(folder)):
                for canonicalization in CANONICALIZATIONS:
                    what = f"{name} {kind} {canonicalization}"
                    signed = subprocess.run(
                        [program, "sign", key, DOMAIN, kind, canonicalization, os.path.join(folder, name)],
                        check=True,
                        stdout=subprocess.PIPE,
                    ).stdout
                    done += 1
                    if not verifies(signed, kind, record):
                        failures.append(f"{what}: does not verify")
                        continue
                    for part, copy in damaged(signed):
                        if verifies(copy, kind, record):
                            failures.append(f"{what}: verifies with another {part}")
    for failure in failures:
        print(failure)
    print(f"{done} signatures, {len(failures)} failures")
    return 1 if failures or done < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
