"""Signs every message of tests/vectors/messages in every canonicalization; opendkim-testmsg must verify each RSA signature,
and must refuse it once the body is changed. (OpenDKIM as Debian builds it knows no Ed25519.)

It asks DNS through resolv.conf: so this runs in a name space of its own, with NSD serving the key's record.

usage: verified_by_opendkim.py SIGN_FILE_PROGRAM MESSAGES_FOLDER     exit 77: no name spaces here
"""

import os
import subprocess
import sys
import tempfile
import time

CANONICALIZATIONS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
NAME = "key._domainkey.example.com."


def enter_name_space():
    if os.environ.get("SIGNET_IN_NAME_SPACE"):
        return
    wrapper = ["unshare", "--map-root-user", "--mount", "--net"]
    if subprocess.run(wrapper + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: no name spaces here")
        sys.exit(77)
    os.environ["SIGNET_IN_NAME_SPACE"] = "1"
    os.execvp(wrapper[0], wrapper + ["/usr/bin/python3"] + sys.argv)


def zone_with(record):
    pieces = " ".join(f'"{record[i:i + 255]}"' for i in range(0, len(record), 255))
    return (
        "example.com. 60 IN SOA ns.example.com. root.example.com. 1 60 60 60 60\n"
        "example.com. 60 IN NS ns.example.com.\nns.example.com. 60 IN A 127.0.0.1\n"
        f"{NAME} 60 IN TXT {pieces}\n"
    )


def serve(folder, record):
    """NSD for example.com on 127.0.0.1:53, and a resolv.conf that names it."""
    files = {
        "zone": zone_with(record),
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
        "nsd.conf": (
            f'server:\n  ip-address: 127.0.0.1\n  username: ""\n  chroot: ""\n  zonesdir: "{folder}"\n'
            f'  database: ""\n  pidfile: "{folder}/pid"\n  xfrdfile: "{folder}/xfrd"\n  xfrdir: "{folder}"\n'
            f"  zonelistfile: \"{folder}/list\"\n  rrl-ratelimit: 0\n  server-count: 1\n"
            "remote-control:\n  control-enable: no\n"
            f'zone:\n  name: example.com\n  zonefile: "{folder}/zone"\n'
        ),
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--bind", f"{folder}/resolv.conf", "/etc/resolv.conf"], check=True)
    return subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", f"{folder}/nsd.conf"], stderr=subprocess.DEVNULL)


def verifies(message):
    run = subprocess.run(["/usr/sbin/opendkim-testmsg"], input=message, capture_output=True, check=False)
    return run.returncode == 0, run.stderr.decode().strip()


def main():
    enter_name_space()
    program, messages = sys.argv[1:3]
    failures = []
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key.pem")
        record = subprocess.run([program, "create", "rsa", key], check=True, stdout=subprocess.PIPE)
        server = serve(folder, record.stdout.decode().strip())

        def signed(name, canonicalization):
            command = [program, "sign", key, "example.com", "key", canonicalization]
            return subprocess.run(
                command + [os.path.join(messages, name)], check=True, stdout=subprocess.PIPE
            ).stdout

        try:
            deadline = time.monotonic() + 20
            while not verifies(signed("plain.eml", "relaxed/relaxed"))[0] and time.monotonic() < deadline:
                time.sleep(0.05)
            for name in sorted(os.listdir(messages)):
                for canonicalization in CANONICALIZATIONS:
                    message = signed(name, canonicalization)
                    done += 1
                    good, reason = verifies(message)
                    if not good:
                        failures.append(f"{name} {canonicalization}: {reason}")
                    if verifies(message + b"added\r\n")[0]:
                        failures.append(f"{name} {canonicalization}: verifies with another body")
        finally:
            server.terminate()
            server.wait()
    for failure in failures:
        print(failure)
    print(f"{done} signatures, {len(failures)} failures")
    return 1 if failures or done < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
