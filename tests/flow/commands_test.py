#!/usr/bin/python3
"""The commands a person types: what they print, and how they end."""
import json
import os
import re
import subprocess

from harness import *


class Queue(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination(replies={"RCPT": "451 4.2.0 come back"})
        self.relay_ = self.relay(queue={"retry": ["1h"]})
        self.ids = []
        for _ in range(3):
            self.ids.append(submit(message()))
            self.relay_.wait_log(rf"deferred .*id={self.ids[-1]}")

    def command(self, *arguments, status=0):
        done = self.relay_.run("queue", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def test_summary(self):
        self.assertRegex(self.command("summary"), r"\b3\b")
        self.assertIn("3", json.dumps(self.relay_.json("queue", "summary")))

    def test_list(self):
        said = self.command("list")
        for queue_id in self.ids:
            self.assertIn(queue_id, said)
        self.assertIn("user@dest.example", said + json.dumps(self.relay_.json("queue", "list")))
        self.assertIn(self.ids[0], json.dumps(self.relay_.json("queue", "list")))

    def test_list_selects(self):
        self.assertIn(self.ids[0], self.command("list", "--id", self.ids[0]))
        self.assertNotIn(self.ids[1], self.command("list", "--id", self.ids[0]))
        self.assertIn(self.ids[0], self.command("list", "--domain", "dest.example"))
        self.assertIn(self.ids[0], self.command("list", "--sender", "app@example.com"))
        self.assertNotIn(self.ids[0], self.relay_.run("queue", "list", "--domain", "other.example").stdout)

    def test_show_explains(self):
        said = self.command("show", self.ids[0])
        for expected in (self.ids[0], "app@example.com", "user@dest.example", "451 4.2.0 come back"):
            self.assertIn(expected, said)
        self.assertIn("451 4.2.0 come back", json.dumps(self.relay_.json("queue", "show", self.ids[0])))

    def test_show_unknown(self):
        done = self.relay_.run("queue", "show", "0000000000000")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("signet: "), done.stderr)

    def test_retry_delivers_now(self):
        self.box.replies.clear()
        self.command("retry", "--id", self.ids[1])
        self.box.wait(1)
        self.relay_.wait_log(rf"delivered .*id={self.ids[1]}")
        self.assertEqual(len(self.box.messages), 1)

    def test_delete_removes_without_a_report(self):
        self.command("delete", "--id", self.ids[0])
        self.assertNotIn(self.ids[0], self.command("list"))
        self.assertEqual(self.relay_.metric("signet_recipients_total", outcome="deleted"), 1)
        self.assertEqual(self.relay_.queued(), 2)

    def test_nothing_matched(self):
        done = self.relay_.run("queue", "delete", "--id", "0000000000000")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)

    def test_stopped_relay_is_read_too(self):
        self.relay_.stop()
        self.assertIn(self.ids[0], self.command("list"))
        self.command("delete", "--id", self.ids[0])
        self.assertNotIn(self.ids[0], self.command("list"))
        self.box.replies.clear()
        self.relay_.start()
        self.command("retry", "--domain", "dest.example")
        self.box.wait(2)

    def test_wrong_usage(self):
        self.assertEqual(self.relay_.run("queue", "nonsense").returncode, 2)
        self.assertEqual(self.relay_.run("queue", "show").returncode, 2)


class Send(FlowTest):
    def test_follows_to_delivery(self):
        receiver = self.destination()
        relay = self.relay()
        done = relay.run("send", "--from", "app@example.com", "--to", "user@dest.example", "--subject", "by hand", timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("delivered", done.stdout.lower())
        self.assertIn(b"Subject: by hand", receiver.wait(1)[0].data)

    def test_body_from_a_file(self):
        receiver = self.destination()
        relay = self.relay()
        with open(f"{self.folder}/body", "w") as f:
            f.write("first line\n.dot\nlast line\n")
        done = relay.run("send", "--from", "app@example.com", "--to", "user@dest.example", "--body-file", f"{self.folder}/body", timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"first line\r\n.dot\r\nlast line\r\n", receiver.wait(1)[0].data)

    def test_refusal_is_told(self):
        relay = self.relay()
        done = relay.run("send", "--from", "app@elsewhere.example", "--to", "user@dest.example", timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("5.7.1", done.stdout + done.stderr)

    def test_failure_is_told(self):
        self.destination(replies={"RCPT": "550 5.1.1 nobody"})
        relay = self.relay()
        done = relay.run("send", "--from", "app@example.com", "--to", "user@dest.example", timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("5.1.1 nobody", done.stdout + done.stderr)


class Configuration(FlowTest):
    def test_check(self):
        relay = self.relay(start=False)
        self.assertEqual(relay.run("config", "check").returncode, 0)
        relay.configure({"hostnme": "x"})
        done = relay.run("config", "check")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"signet\.toml:\d+:\d+: .*hostnme.*hostname")

    def test_show_is_a_configuration_again(self):
        relay = self.relay(start=False)
        shown = relay.run("config", "show")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn('hostname = "relay.example.org"', shown.stdout)
        relay.write(shown.stdout)
        again = relay.run("config", "show")
        self.assertEqual((again.returncode, again.stdout), (0, shown.stdout), again.stderr)

    def test_version(self):
        done = subprocess.run([BINARY, "--version"], stdout=subprocess.PIPE, text=True, timeout=10)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_wrong_usage(self):
        self.assertEqual(subprocess.run([BINARY, "nonsense"], stderr=subprocess.PIPE, timeout=10).returncode, 2)
        self.assertEqual(subprocess.run([BINARY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10).returncode, 2)


class Keys(FlowTest):
    def created(self, kind):
        """A relay whose key was made by `dkim create` and whose record was published as `dkim record` prints it."""
        path = f"{self.folder}/made.pem"
        relay = self.relay(start=False, domain=[{"name": "example.com", "selector": [{"name": "made", "key": path}]}])
        done = relay.run("dkim", "create", "example.com", "--selector", "made", "--type", kind)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertIn("made._domainkey.example.com", done.stdout)
        record = relay.run("dkim", "record", "example.com")
        self.assertEqual(record.returncode, 0, record.stderr)
        self.dns.set("keys", record.stdout)
        for string in re.findall(r'"([^"]*)"', record.stdout):
            self.assertLessEqual(len(string), 255)
        return relay, path

    def test_made_rsa_key_signs_and_verifies(self):
        for kind in ("rsa2048", "rsa4096"):
            with self.subTest(kind=kind):
                relay, path = self.created(kind)
                receiver = self.destination()
                relay.start()
                submit(message())
                data = receiver.wait(1)[0].data
                self.assertEqual(dkimpy_results(data), [("rsa-sha256", True)])
                self.assertEqual(opendkim_results(data), [("rsa-sha256", True)])
                relay.stop()
                receiver.close()
                os.unlink(path)

    def test_made_ed25519_key_signs_and_verifies(self):
        relay, _ = self.created("ed25519")
        receiver = self.destination()
        relay.start()
        submit(message())
        self.assertEqual(dkimpy_results(receiver.wait(1)[0].data), [("ed25519-sha256", True)])

    def test_existing_key_is_never_replaced(self):
        relay, path = self.created("ed25519")
        before = open(path).read()
        done = relay.run("dkim", "create", "example.com", "--selector", "made", "--type", "ed25519")
        self.assertEqual(done.returncode, 1)
        self.assertIn(path, done.stderr)
        self.assertEqual(open(path).read(), before)

    def test_status_names_each_selector(self):
        relay = self.relay()
        done = relay.run("dkim", "status")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("r1", "e1"):
            self.assertIn(name, done.stdout)


if __name__ == "__main__":
    main()
