#!/usr/bin/python3
"""`signet dkim sign` and `dkim verify` against a real name server, and against verifiers that are not ours."""
import json
import subprocess

import dkim

from harness import *


class DkimCommands(FlowTest):
    def setUp(self):
        super().setUp()
        self.relay_ = self.relay(start=False, dns={"timeout": "1s"})
        self.text = bytes(message())

    def command(self, name, data, *arguments):
        return subprocess.run([BINARY, "dkim", name, *arguments, "-c", self.relay_.file], input=data,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)

    def signed(self):
        done = self.command("sign", self.text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_others_verify_what_we_sign(self):
        signed = self.signed()
        self.assertTrue(signed.endswith(b"\r\n" + self.text), signed)
        self.assertEqual(sorted(dkimpy_results(signed)), [("ed25519-sha256", True), ("rsa-sha256", True)])
        self.assertEqual(opendkim_results(signed), [("rsa-sha256", True)])

    def test_we_verify_what_we_sign(self):
        path = f"{self.folder}/signed.eml"
        with open(path, "wb") as f:
            f.write(self.signed())
        done = self.command("verify", b"", path)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done.stdout)
        self.assertEqual(len(done.stdout.splitlines()), 3)
        done = self.command("verify", self.signed(), "-", "--json")
        self.assertEqual([(line["result"], line["author"]) for line in json.loads(done.stdout)], [("pass", True)] * 2)

    def test_we_verify_what_others_sign(self):
        _, path = self.keys[0]
        with open(path, "rb") as f:
            field = dkim.sign(self.text, b"r1", b"example.com", f.read())
        done = self.command("verify", field + self.text)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.command("verify", (field + self.text).replace(b"\r\n", b"\n"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_changed_body_is_a_no(self):
        done = self.command("verify", self.signed().replace(b"Hello", b"Hallo"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"the body was changed", done.stdout)
        self.assertTrue(done.stderr.startswith(b"signet: "), done.stderr)

    def test_a_key_that_is_gone_is_a_no_and_a_silent_server_is_no_answer(self):
        signed = self.signed()
        self.dns.drop("keys")
        done = self.command("verify", signed)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(b"there is no key record", done.stdout)
        self.dns.freeze()
        done = self.command("verify", signed)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn(b"temperror", done.stdout)

    def test_other_domains_are_not_signed(self):
        done = self.command("sign", bytes(message(sender="app@mail.example.com")))
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"mail.example.com", done.stderr)


if __name__ == "__main__":
    main()
