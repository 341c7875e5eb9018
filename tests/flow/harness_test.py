#!/usr/bin/python3
"""The harness itself: what the other flow tests lean on holds without a relay in between."""
import base64
import subprocess

import dkim

from harness import *
from harness.relay import toml
from harness.verify import signatures


def sign(text, keys):
    """By dkimpy, with each key."""
    for selector, path in keys:
        name = b"ed25519-sha256" if selector[0] == "e" else b"rsa-sha256"
        pem = open(path, "rb").read()
        if selector[0] == "e":  # dkimpy wants the bare seed
            der = subprocess.run(["openssl", "pkey", "-in", path, "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
            pem = base64.b64encode(der[-32:])
        text = dkim.sign(text, selector.encode(), b"example.com", pem, signature_algorithm=name,
                         canonicalize=(b"relaxed", b"relaxed")) + text
    return text


class HarnessTest(FlowTest):
    def test_receiver_keeps_the_exact_bytes(self):
        receiver = self.receiver(RECEIVERS[0])
        text = message()
        code, _ = submit_raw(text, host=RECEIVERS[0], port=25)
        self.assertEqual(code, 250)
        self.assertEqual(receiver.wait(1)[0].data, text)
        self.assertEqual(receiver.messages[0].recipients, ["user@dest.example"])

    def test_receiver_says_what_the_test_wants(self):
        receiver = self.receiver(RECEIVERS[0], replies={"RCPT": ["450 4.2.0 later", "250 ok"], ".": [DROP, None]})
        self.assertEqual(submit_raw(message(), host=RECEIVERS[0], port=25)[0], 450)
        with self.assertRaises(Exception):
            submit_raw(message(), host=RECEIVERS[0], port=25)
        self.assertEqual(receiver.messages, [])
        self.assertEqual(submit_raw(message(), host=RECEIVERS[0], port=25)[0], 250)
        self.assertEqual(len(receiver.wait(1)), 1)

    def test_dns_serves_changes_and_denies_the_rest(self):
        self.dns.mail_domain("a.example", (10, "mx.a.example", "192.0.2.1", "2001:db8:2::1"))
        answer = self.dns.ask("a.example", "MX")
        self.assertIn("10 mx.a.example.", str(answer.answer[0]))
        self.dns.mail_domain("a.example", (20, "other.a.example", "192.0.2.2"))
        self.assertIn("20 other.a.example.", str(self.dns.ask("a.example", "MX").answer[0]))
        self.assertEqual(self.dns.ask("nowhere.example", "MX").rcode(), 3)

    def test_both_verifiers_judge_each_signature(self):
        text = sign(bytes(message()), self.keys)
        self.assertEqual([t["a"] for t in signatures(text)], ["ed25519-sha256", "rsa-sha256"])
        self.assertEqual(dkimpy_results(text), [("ed25519-sha256", True), ("rsa-sha256", True)])
        self.assertEqual(opendkim_results(text), [("rsa-sha256", True)])
        broken = text.replace(b"Hello", b"Hullo")
        self.assertEqual(dkimpy_results(broken), [("ed25519-sha256", False), ("rsa-sha256", False)])
        self.assertEqual(opendkim_results(broken), [("rsa-sha256", False)])

    def test_postfix_takes_mail(self):
        self.dns.mail_domain("inbox.example", (10, "mx.inbox.example", RECEIVERS[20]))
        postfix = self.postfix(RECEIVERS[20], "inbox.example")
        text = message(recipient="user@inbox.example")
        self.assertEqual(submit_raw(text, recipients="user@inbox.example", host=RECEIVERS[20], port=25)[0], 250, postfix.log())
        got = self.eventually(postfix.messages, what="in the maildir")
        self.assertIn(bytes(text).split(b"\r\n\r\n", 1)[1].replace(b"\r\n", b"\n"), got[0])

    def test_smtp_sink_takes_mail(self):
        sink = self.smtp_sink(RECEIVERS[0])
        self.assertEqual(submit_raw(message(), host=RECEIVERS[0], port=25)[0], 250)
        self.assertIn(b"Subject: A test", self.eventually(sink.messages)[0])

    def test_nothing_listens_at_the_dead_address(self):
        with self.assertRaises(ConnectionRefusedError):
            Raw(DEAD, 25)

    def test_connections_come_from_the_documented_source(self):
        receiver = self.receiver(RECEIVERS[0])
        Raw(RECEIVERS[0], 25).close()
        self.assertEqual(receiver.wait_sessions(1)[0].peer, SOURCE)

    def test_toml_has_nested_tables(self):
        text = toml({"a": 1, "domain": [{"name": "x", "selector": [{"name": "s"}]}], "log": {"level": "info", "none": None}})
        self.assertEqual(text, 'a = 1\n[[domain]]\nname = "x"\n[[domain.selector]]\nname = "s"\n[log]\nlevel = "info"\n')


if __name__ == "__main__":
    main()
