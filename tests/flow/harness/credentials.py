"""Certificates and passwords: what listeners show, and what clients log in with. All made by openssl and Python alone."""
import base64
import hashlib
import hmac
import subprocess

from harness.namespace import program

HOST = "relay.example.org"  # the name in the relay's certificate
USER, PASSWORD = "billing", "correct horse"


def host_certificate(folder, name=HOST):
    """(certificate, key) of a server; the certificate is what its clients trust."""
    return certificate(folder, name, extra=("-addext", f"subjectAltName=DNS:{name}"))


def certificate(folder, name, days=30, issuer=None, extra=()):
    """Makes folder/NAME.pem and .key; signed by `issuer`, another name in the folder, or by itself."""
    key, request, path = f"{folder}/{name}.key", f"{folder}/{name}.csr", f"{folder}/{name}.pem"
    base = [program("openssl"), "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key]
    if issuer is None:
        _run(base + ["-x509", "-days", str(days), "-out", path, *extra])
    else:
        _run(base + ["-out", request])
        _run([program("openssl"), "x509", "-req", "-in", request, "-CA", f"{folder}/{issuer}.pem", "-CAkey", f"{folder}/{issuer}.key",
              "-CAcreateserial", "-days", str(days), "-out", path])
    return path, key


def user(**more):
    """A [[user]] who logs in as USER with PASSWORD."""
    return {"name": USER, "password": verifier(), **more}


def verifier(password=PASSWORD, salt=b"sixteen octets..", iterations=4096):
    """What `signet hash-password` prints, by Python's own functions (RFC 5802 3)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:" + "$".join([_base64(salt), _base64(stored) + ":" + _base64(server)])


def _base64(octets):
    return base64.b64encode(octets).decode()


def _run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}")
