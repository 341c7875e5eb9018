#!/usr/bin/python3
"""Ends, restarts and reloads: nothing accepted is lost, nothing half done is cut, a bad file changes nothing."""
import os
import re
import signal
import time

from harness import *
from harness.relay import new_key


class Restart(FlowTest):
    def test_queue_survives(self):
        receiver = self.destination(replies={"RCPT": "451 4.3.0 not now"})
        relay = self.relay()
        texts = [message() for _ in range(3)]
        ids = [submit(text) for text in texts]
        for queue_id in ids:
            relay.wait_log(rf"deferred .*id={queue_id}")
        self.assertEqual(relay.stop(), 0)
        receiver.replies.clear()
        relay.start()
        self.assertEqual(sorted(m.number for m in receiver.wait(3)), sorted(t.number for t in texts))
        relay.wait_empty()
        self.assertEqual(len(receiver.messages), 3)
        for got in receiver.messages:
            self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])

    def test_ids_grow_over_a_restart(self):
        receiver = self.destination()
        relay = self.relay()
        first = submit(message())
        receiver.wait(1)
        relay.stop()
        relay.start()
        self.assertLess(first, submit(message()))

    def test_open_transaction_is_finished(self):
        receiver = self.destination()
        relay = self.relay()
        text = message()
        client, idle = Raw(), Raw()
        client.ask("MAIL FROM:<app@example.com>")
        client.ask("RCPT TO:<user@dest.example>")
        self.assertTrue(client.ask("DATA").startswith("354"))
        relay.signal(signal.SIGTERM)
        self.assertTrue(idle.reply().startswith("421"))
        self.eventually(self.refuses_connections, what="no new connections")
        client.say(bytes(text).replace(b"\r\n.", b"\r\n..") + b".\r\n")
        self.assertTrue(client.reply().startswith("250"))
        self.assertEqual(relay.ended(10), 0)
        if not receiver.messages:
            relay.start()
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))

    def refuses_connections(self):
        try:
            with Raw(greet=False) as late:
                return not late.reply().startswith("220")
        except OSError:
            return True

    def test_end_does_not_wait_longer_than_the_grace(self):
        relay = self.relay(shutdown_grace="1s")
        client = Raw()
        client.ask("MAIL FROM:<app@example.com>")
        client.ask("RCPT TO:<user@dest.example>")
        client.ask("DATA")
        begin = time.monotonic()
        relay.signal(signal.SIGTERM)
        relay.ended(6)
        self.assertLess(time.monotonic() - begin, 5)

    def test_second_sigterm_ends_at_once(self):
        relay = self.relay(shutdown_grace="1m")
        client = Raw()
        client.ask("MAIL FROM:<app@example.com>")
        client.ask("RCPT TO:<user@dest.example>")
        client.ask("DATA")
        relay.signal(signal.SIGTERM)
        self.eventually(self.refuses_connections, what="draining")
        self.assertIsNone(relay.process.poll())
        relay.signal(signal.SIGTERM)
        relay.ended(4)

    def test_delivery_in_progress_is_finished(self):
        receiver = self.destination(replies={".": lambda *_: time.sleep(1)})
        relay = self.relay()
        submit(message())
        receiver.wait_sessions(1)
        self.eventually(lambda: "DATA" in receiver.lines(), what="in DATA")
        self.assertEqual(relay.stop(), 0)
        self.assertEqual(len(receiver.messages), 1)
        relay.start()
        relay.wait_empty()
        self.assertEqual(len(receiver.messages), 1)


class Reload(FlowTest):
    def reloaded(self, relay, pattern):
        begin = len(relay.log())
        relay.signal(signal.SIGHUP)
        relay.wait(lambda: re.search(pattern, relay.log()[begin:]), 10, f"after SIGHUP: {pattern}")
        return relay.log()[begin:]

    def test_bad_file_keeps_the_old_configuration(self):
        receiver = self.destination()
        relay = self.relay()
        good = open(relay.file).read()
        relay.write(good.replace("hostname", "hostnam", 1))
        said = self.reloaded(relay, r"signet\.toml:\d+:\d+")
        self.assertIn("hostnam", said)
        submit(message())
        receiver.wait(1)
        self.assertEqual(relay.get("/readyz")[0], 200)

    def test_new_domain_is_served_without_a_restart(self):
        receiver = self.destination()
        relay = self.relay()
        self.assertEqual(submit_raw(message(sender="app@example.net"), sender="app@example.net")[0], 550)
        selectors = [{"name": n, "key": p} for n, p in self.keys]
        self.dns.set("more", *self.key_records("example.net"))
        relay.configure({"domain": [{"name": n, "selector": selectors} for n in ("example.com", "example.net")]})
        self.reloaded(relay, "(?i)reload")
        self.eventually(lambda: submit_raw(message(sender="app@example.net"), sender="app@example.net")[0] == 250, what="accepted")
        got = receiver.wait(1)[0]
        self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])

    def test_new_key_signs_without_a_restart(self):
        receiver = self.destination()
        key = new_key(f"{self.folder}/next.pem", "rsa")
        relay = self.relay()
        relay.configure({"domain": [{"name": "example.com", "selector": [{"name": "next", "key": key}]}]})
        self.reloaded(relay, "(?i)reload")
        submit(message())
        self.assertIn(b"s=next;", receiver.wait(1)[0].data.replace(b"\r\n", b"").replace(b" ", b""))

    def test_keys_that_need_a_restart_are_named(self):
        self.destination()
        relay = self.relay()
        os.makedirs(f"{self.folder}/elsewhere", exist_ok=True)
        relay.configure({"data_dir": f"{self.folder}/elsewhere"})
        self.assertIn("restart", self.reloaded(relay, "data_dir"))
        submit(message())

    def test_open_connections_live_through_a_reload(self):
        receiver = self.destination()
        relay = self.relay()
        with Raw() as client:
            client.ask("MAIL FROM:<app@example.com>")
            client.ask("RCPT TO:<user@dest.example>")
            self.reloaded(relay, "(?i)reload")
            self.assertTrue(client.ask("DATA").startswith("354"))
            client.say(bytes(message()) + b".\r\n")
            self.assertTrue(client.reply().startswith("250"))
        receiver.wait(1)


if __name__ == "__main__":
    main()
