#!/usr/bin/python3
"""A person at the controls: messages are held and released, sending is paused and resumed, of a running relay and of a stopped
one; the store is checked."""
import json
import sqlite3
import time

from harness import *


class Operate(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()

    def signet(self, relay, *arguments, status=0):
        """What a command prints; it must end with `status`."""
        done = relay.run(*arguments)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        return done.stdout if status == 0 else done.stderr

    def delivery(self, relay):
        return relay.status()["delivery"]

    def wait_state(self, relay, queue_id, state):
        relay.wait(lambda: relay.json("queue", "show", queue_id)["state"] == state, 20, f"{queue_id} {state}")

    def deferred(self, relay, **options):
        """A message that waits for an hour in a relay of retry = 1h."""
        queue_id = submit(message(**options))
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.wait_state(relay, queue_id, "waiting")
        return queue_id

    def numbers(self, count, timeout=20):
        return sorted(m.number for m in self.box.wait(count, timeout))

    # A person's hold

    def test_held_mail_stays_until_released(self):
        self.box.replies.update({"RCPT": ["451 4.2.0 later", None]})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = self.deferred(relay)
        self.assertEqual(self.signet(relay, "queue", "hold", "--id", queue_id, "--reason", "wait for the lawyer"), "held 1 message\n")
        shown = relay.show(queue_id)
        self.assertIn("held by a person: wait for the lawyer", shown)
        self.assertIn("signet queue release", shown)
        self.assertIn("held by a person: wait for the lawyer", relay.run("queue", "list").stdout)
        self.assertIn("held by a person: wait for the lawyer", self.delivery(relay)["reasons"])
        self.assertEqual(self.delivery(relay)["state"], "holding")
        self.assertEqual(relay.metric("signet_queue_held", reason="held by a person: wait for the lawyer"), 1)
        self.signet(relay, "queue", "retry", "--all", status=1)
        relay.signal(1)
        relay.wait_log("reloaded")
        relay.stop()
        relay.start()
        relay.wait(lambda: self.delivery(relay)["state"] == "holding", 20, "held after the restart")
        time.sleep(0.5)  # whoever forgot the hold would have sent it by now
        self.assertEqual(self.box.messages, [])
        self.assertEqual(self.signet(relay, "queue", "release", "--domain", "dest.example"), "released 1 message\n")
        self.box.wait(1)
        relay.wait_empty()
        self.assertEqual([ok for _, ok in dkimpy_results(self.box.messages[0].data)], [True, True])
        relay.wait_log(rf"released .*id={queue_id}")
        relay.wait_log(rf"signed-again .*id={queue_id}")
        self.assertEqual(self.delivery(relay), {"state": "ok", "reasons": []})

    def test_what_the_gate_holds_is_not_released(self):
        reverse = ".".join(reversed(SOURCE.split("."))) + ".in-addr.arpa."
        self.dns.set("sender", "example.com. MX 10 mx.example.com.", f"mx.example.com. A {RECEIVERS[100]}",
                     f'example.com. TXT "v=spf1 ip4:{SOURCE} -all"', f"relay.example.org. A {SOURCE}")
        relay = self.relay(self_check={"mode": "enforce", "interval": "1m"}, delivery={"addresses": "ipv4"})
        queue_id = submit(message())
        relay.wait_log(rf"held .*id={queue_id}.*reason=.*ptr")
        said = self.signet(relay, "queue", "release", "--all", status=1)
        self.assertIn("released by themselves", said)
        self.assertEqual(self.signet(relay, "queue", "hold", "--all"), "held 1 message\n")
        self.dns.set("ptr", f"{reverse} PTR relay.example.org.")
        relay.run("check")
        other = submit(message())
        self.box.wait(1, 90)
        relay.wait_log(rf"delivered .*id={other}")
        self.assertIn("held by a person", relay.show(queue_id))
        self.signet(relay, "queue", "release", "--state", "held")
        self.box.wait(2)

    def test_a_stopped_queue_is_held_and_released(self):
        self.box.replies.update({"RCPT": ["451 4.2.0 later", None]})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = self.deferred(relay)
        relay.stop()
        self.assertEqual(self.signet(relay, "queue", "hold", "--all", "--reason", "night"), "held 1 message\n")
        relay.start()
        relay.wait(lambda: self.delivery(relay)["reasons"] == ["held by a person: night"], 20, "held")
        self.assertIn("held by a person: night", relay.show(queue_id))
        relay.stop()
        self.assertEqual(self.signet(relay, "queue", "release", "--all"), "released 1 message\n")
        self.signet(relay, "queue", "release", "--all", status=1)
        relay.start()
        self.box.wait(1)
        self.assertEqual([ok for _, ok in dkimpy_results(self.box.messages[0].data)], [True, True])

    def test_selections_must_say_something(self):
        relay = self.relay()
        for command in ("hold", "release"):
            self.signet(relay, "queue", command, status=2)
            self.signet(relay, "queue", command, "--state", "sleeping", status=2)
            self.signet(relay, "queue", command, "--all", status=1)
        self.signet(relay, "queue", "hold", "--all", "--reason", "x" * 201, status=2)
        self.assertEqual(relay.control_request("POST", "/queue/hold", {})[0], 400)

    # Pauses

    def test_pause_of_everything_survives_a_restart(self):
        relay = self.relay()
        self.signet(relay, "pause", "--all")
        texts = [message(), message()]
        first = submit(texts[0])
        self.assertIn("sending is paused by a person (all mail)", relay.show(first))
        self.assertIn("signet resume", relay.show(first))
        self.assertEqual(self.delivery(relay), {"state": "holding", "reasons": ["sending is paused by a person (all mail)"]})
        self.assertEqual([sorted(p) for p in relay.status()["paused"]], [["all", "since"]])
        self.assertIn("all mail", self.signet(relay, "queue", "summary"))
        self.assertEqual(relay.get("/readyz")[0], 200)
        relay.stop()
        relay.start()
        relay.wait_log("paused .*what=\"?all mail")
        submit(texts[1])
        relay.wait(lambda: relay.status()["queue"]["held"] == 2, 20, "both held")
        time.sleep(0.3)
        self.assertEqual(self.box.sessions, [])
        self.signet(relay, "resume", "--domain", "dest.example", status=1)
        self.signet(relay, "resume", "--all")
        self.assertEqual(self.numbers(2), sorted(t.number for t in texts))
        self.signet(relay, "resume", "--all", status=1)
        relay.wait_empty()
        self.assertEqual(self.delivery(relay)["state"], "ok")

    def test_pause_of_a_domain_lets_others_go(self):
        other = self.destination("other.example", RECEIVERS[1])
        relay = self.relay()
        self.signet(relay, "pause", "--domain", "Other.Example")
        text = message()
        queue_id = submit(text, recipients=["a@dest.example", "b@other.example"])
        self.assertEqual(self.numbers(1), [text.number])
        self.wait_state(relay, queue_id, "held")
        self.assertIn("sending is paused by a person (domain other.example)", relay.show(queue_id))
        self.assertEqual(other.sessions, [])
        self.signet(relay, "resume", "--domain", "other.example")
        other.wait(1)
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)

    def test_pause_of_a_sender_holds_his_mail_alone(self):
        relay = self.relay()
        self.signet(relay, "pause", "--sender", "app@example.com")
        his = submit(message(sender="app@example.com"), sender="app@example.com")
        text = message(sender="other@example.com")
        submit(text, sender="other@example.com")
        self.assertEqual(self.numbers(1), [text.number])
        self.assertIn("sending is paused", relay.show(his))
        self.assertNotIn("app@example.com", json.dumps(relay.status()))
        self.assertIn("sender app@example.com", self.signet(relay, "queue", "summary"))
        self.signet(relay, "resume", "--sender", "app@example.com")
        self.box.wait(2)

    def test_a_stopped_relay_is_paused_and_resumed(self):
        relay = self.relay()
        relay.stop()
        self.assertEqual(self.signet(relay, "pause", "--all"), "sending all mail is paused\n")
        relay.start()
        submit(message())
        relay.wait(lambda: relay.status()["queue"]["held"] == 1, 20, "held")
        relay.stop()
        self.assertIn("all mail", self.signet(relay, "queue", "summary"))
        self.signet(relay, "resume", "--all")
        self.signet(relay, "resume", "--all", status=1)
        relay.start()
        self.box.wait(1)
        self.signet(relay, "pause", status=2)

    # The check

    def test_check_finds_a_damaged_body(self):
        self.box.replies.update({"RCPT": "451 4.2.0 later"})
        relay = self.relay(queue={"retry": ["1h"]})
        small = self.deferred(relay)
        large = self.deferred(relay, body=b"0123456789abcdef\r\n" * 120000)
        whole = self.deferred(relay)
        self.assertEqual(self.signet(relay, "queue", "check"), "checked 3 messages: all are whole\n")
        relay.stop()
        self.assertEqual(self.signet(relay, "queue", "check"), "checked 3 messages: all are whole\n")
        with sqlite3.connect(f"{relay.folder}/data/queue.db") as store:
            store.execute("UPDATE content SET body = CAST(substr(body, 1, length(body) - 4) || 'X' || substr(body, -3) AS BLOB) "
                          "WHERE chunks = 0 AND id = (SELECT min(id) FROM content)")
            store.execute("UPDATE chunk SET octets = CAST('X' || substr(octets, 2) AS BLOB) WHERE number = 3")
        store.close()
        done = relay.run("queue", "check")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("checked 3 messages: 2 are damaged", done.stdout)
        relay.start()
        done = relay.run("queue", "check", "--json")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found["checked"], found["damaged_in_all"]), (3, 2))
        self.assertEqual([d["id"] for d in found["damaged"]], [small, large])
        self.assertNotIn(whole, done.stdout)


if __name__ == "__main__":
    main()
