#!/usr/bin/python3
"""A node is drained: its mail goes into a folder and from there into another relay, whole and once, whatever is killed on the way;
of running relays and of stopped ones."""
import glob
import http.client
import json
import os
import shutil
import subprocess
import time

from harness import *
from harness.namespace import BINARY
from harness.relay import Relay

LARGE = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab\r\n" * 50740  # 3 MiB


class Other(Relay):
    """Beside the first one, on ports of its own."""

    def get(self, path, host="127.0.0.1", port=8026):
        return super().get(path, host, port)


class Drain(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination(replies={"RCPT": self.rcpt})
        self.refuses = True
        self.mail = f"{self.folder}/mail"
        os.mkdir(self.mail)

    def rcpt(self, _, line):
        return "451 4.2.0 later" if self.refuses and "done@" not in line else None

    def first(self, **config):
        return self.relay(queue={"retry": ["1h"]}, **config)

    def other(self, start=True):
        relay = Other(f"{self.folder}/other", self.keys, {
            "queue": {"retry": ["1h"]},
            "listener": [{"address": "127.0.0.1:2526", "clients": ["127.0.0.0/8"]}],
            "status": {"address": "127.0.0.1:8026"},
        })
        self.relays.append(relay)
        self.addCleanup(self._end, relay)
        return relay.start() if start else relay

    def signet(self, relay, *arguments, status=0):
        """What a command prints; it must end with `status`."""
        done = relay.run(*arguments, timeout=120)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout if status == 0 else done.stderr

    def begin(self, relay, *arguments):
        """A command that goes on beside us."""
        return subprocess.Popen([BINARY, *arguments, "-c", relay.file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def files(self, ending=".mail"):
        return sorted(glob.glob(f"{self.mail}/*{ending}"))

    def ids(self, relay):
        return [m["id"] for m in relay.json("queue", "list")]

    def deferred(self, relay, text, **options):
        queue_id = submit(text, **options)
        relay.wait_log(rf"deferred .*id={queue_id}")
        relay.wait(lambda: relay.json("queue", "show", queue_id)["state"] == "waiting", 20, f"{queue_id} waiting")
        return queue_id

    def arrive_once(self, expected):
        """`expected`: (number, recipient) of everything."""
        self.box.wait(len(expected), 60)
        self.assertEqual(sorted((m.number, r) for m in self.box.messages for r in m.recipients), sorted(expected))

    def kill_when(self, relay, command, condition):
        self.eventually(lambda: condition() or command.poll() is not None, 60, "the middle of it")
        relay.kill()
        command.communicate(timeout=30)

    def test_a_node_is_drained_though_both_are_killed(self):
        first = self.first()
        expected = []
        both = message()
        two = submit(both, recipients=["done@dest.example", "user@dest.example"])
        first.wait_log(rf"delivered .*id={two}")
        expected += [(both.number, "done@dest.example"), (both.number, "user@dest.example")]
        first.wait_log(rf"deferred .*id={two}")
        for n in range(20):
            text = message(body=LARGE if n < 8 else None)
            self.deferred(first, text)
            expected.append((text.number, "user@dest.example"))
        self.signet(first, "pause", "--all")
        for n in range(39):
            text = message(body=LARGE if n % 10 == 0 else None)
            last = submit(text)
            expected.append((text.number, "user@dest.example"))
        self.signet(first, "queue", "hold", "--id", last, "--reason", "wait for the lawyer")
        self.assertEqual(len(self.ids(first)), 60)

        exporting = self.begin(first, "queue", "export", "--all", "--to", self.mail)
        self.kill_when(first, exporting, self.files)
        self.assertEqual(exporting.returncode, 3)
        some = len(self.files())
        self.assertTrue(0 < some < 60, some)
        first.start()
        here = self.ids(first)
        finished = {os.path.basename(f)[:-5] for f in self.files()}
        self.assertEqual(finished & set(here), set(), "what has its name is nobody else's")
        self.assertGreaterEqual(len(finished) + len(here) + len(self.files(".part")), 60)
        said = self.signet(first, "queue", "export", "--all", "--to", self.mail)
        self.assertEqual(said, f"exported {60 - some} messages\n")
        self.assertEqual(self.files(".part"), [])
        self.assertEqual(len(self.files()), 60)
        self.assertEqual(first.queued(), 0)
        self.assertEqual([os.stat(f).st_mode & 0o777 for f in self.files()], [0o600] * 60)
        self.assertIn("exported", first.show(last))  # the last second of a history goes with a kill
        self.assertIn("exported", first.show(last))  # the last second of a history goes with a kill
        self.signet(first, "queue", "export", "--all", "--to", self.mail, status=1)

        other = self.other()
        self.signet(other, "pause", "--all")  # a kill while it sends would send twice, rightly
        importing = self.begin(other, "queue", "import", self.mail)
        self.kill_when(other, importing, lambda: len(self.files()) < 55)
        self.assertEqual(importing.returncode, 3)
        left = len(self.files())
        self.assertTrue(0 < left < 60, left)
        other.start()
        came = len(self.ids(other))
        self.assertIn(came, (60 - left, 61 - left), "at most one file had not gone yet")
        done = other.json("queue", "import", self.mail)
        self.assertEqual(done, {"imported": 60 - came, "known": came + left - 60, "refused": []})
        self.assertEqual(self.files(), [])
        self.assertEqual(len(self.ids(other)), 60)
        self.assertIn("held by a person: wait for the lawyer", other.show(last))
        self.assertIn("imported", other.show(last))

        self.refuses = False
        self.signet(other, "resume", "--all")  # which makes what it held due
        other.wait(lambda: other.status()["queue"]["held"] == 1, 20, "his alone")
        self.signet(other, "queue", "release", "--all")
        self.arrive_once(expected)
        other.wait_empty()
        self.assertEqual([ok for _, ok in dkimpy_results(self.box.messages[-1].data)], [True, True])
        self.assertEqual([m for m in self.box.messages if len(m.data) > 1 << 20 and not m.data.endswith(LARGE)], [])
        self.assertEqual(self.signet(other, "queue", "check"), "checked 0 messages: all are whole\n")

    def test_stopped_relays_give_and_take(self):
        first = self.first()
        texts = [message(), message(body=LARGE), message()]
        for text in texts:
            self.deferred(first, text)
        first.stop()
        self.assertEqual(self.signet(first, "queue", "export", "--all", "--to", self.mail), "exported 3 messages\n")
        self.signet(first, "queue", "export", "--all", "--to", self.mail, status=1)
        self.assertEqual(self.ids(first), [])
        other = self.other()
        other.stop()
        self.assertEqual(self.signet(other, "queue", "import", self.mail), "imported 3 messages\n")
        self.signet(other, "queue", "import", self.mail, status=1)
        self.assertEqual(self.signet(other, "queue", "check"), "checked 3 messages: all are whole\n")
        self.refuses = False
        other.start()
        self.signet(other, "queue", "retry", "--all")
        self.arrive_once([(t.number, "user@dest.example") for t in texts])
        first.start()
        other.wait_empty()
        self.assertEqual(len(self.box.messages), 3)

    def test_a_stopped_queue_is_killed_while_it_is_exported(self):
        first = self.first()
        texts = [message(body=LARGE) for _ in range(12)]
        for text in texts:
            self.deferred(first, text)
        first.stop()
        exporting = self.begin(first, "queue", "export", "--all", "--to", self.mail)
        self.eventually(lambda: self.files() or exporting.poll() is not None, 60, "the middle of it")
        exporting.kill()
        exporting.communicate()
        first.start()
        self.refuses = False
        self.signet(first, "queue", "export", "--all", "--to", self.mail, status=0)
        self.assertEqual((len(self.files()), self.files(".part")), (12, []))
        self.signet(first, "queue", "import", self.mail)
        self.signet(first, "queue", "retry", "--all")
        self.arrive_once([(t.number, "user@dest.example") for t in texts])

    def test_an_attempt_under_way_is_waited_for(self):
        first = self.first()
        self.box.replies["RCPT"] = lambda session, line: time.sleep(2) or self.rcpt(session, line)
        queue_id = submit(message())
        self.box.wait_commands("RCPT", 1)
        self.assertEqual(self.signet(first, "queue", "export", "--id", queue_id, "--to", self.mail), "exported 1 message\n")
        self.assertRegex(first.log(), rf"deferred .*id={queue_id}")

    def test_what_is_refused(self):
        first = self.first()
        texts = [message(), message()]
        for text in texts:
            self.deferred(first, text)
        self.signet(first, "queue", "export", "--to", self.mail, status=2)
        self.signet(first, "queue", "export", "--all", status=2)
        self.assertIn("no such folder", self.signet(first, "queue", "export", "--all", "--to", f"{self.mail}/none", status=3))
        self.assertIn("no folder", self.signet(first, "queue", "export", "--all", "--to", first.file, status=3))
        self.assertIn("no such folder", self.signet(first, "queue", "import", f"{self.mail}/none", status=3))
        for path, body in (("/queue/export", {"folder": "mail", "all": True}), ("/queue/import", {"folder": "mail"})):
            code, said = first.control_request("POST", path, body)
            self.assertEqual((code, "whole path" in said), (400, True), said)
            self.assertEqual(first.control_request("POST", path, {"all": True})[0], 400)
            self.assertEqual(first.control_request("GET", path)[0], 405)
            body["folder"] = self.mail
            connection = http.client.HTTPConnection("127.0.0.1", 8025, timeout=10)
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "Authorization": "Bearer x"})
            self.assertEqual(connection.getresponse().status, 403)
            connection.close()
        self.assertEqual(first.control_request("POST", "/queue/export", {"folder": self.mail})[0], 400)
        self.assertEqual(self.files("*"), [])

        self.signet(first, "queue", "export", "--all", "--to", self.mail)
        damaged, whole = self.files()
        shutil.copy(damaged, f"{self.folder}/copy")
        with open(damaged, "r+b") as file:
            file.seek(os.path.getsize(damaged) // 2)
            octet = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([octet[0] ^ 1]))
        said = self.signet(first, "queue", "import", self.mail, status=1)
        self.assertIn(os.path.basename(damaged), said)
        self.assertEqual(self.files(), [damaged])
        self.assertEqual(self.ids(first), [os.path.basename(whole)[:-5]])
        shutil.copy(f"{self.folder}/copy", damaged)
        # From the working folder, as a person writes it.
        done = subprocess.run([BINARY, "queue", "import", "mail", "-c", first.file], cwd=self.folder, stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "imported 1 message\n"))
        shutil.copy(f"{self.folder}/copy", damaged)
        self.assertIn("imported before", self.signet(first, "queue", "import", self.mail))
        self.refuses = False
        self.signet(first, "queue", "retry", "--all")
        self.arrive_once([(t.number, "user@dest.example") for t in texts])


if __name__ == "__main__":
    main()
