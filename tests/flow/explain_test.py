#!/usr/bin/python3
"""Every message can be explained: what happened to it, what was said, what it waits for; while it waits and days after it is
done, after a restart and on a stopped relay; and what becomes of mail when the history cannot be kept."""
import os
import re
import time

from harness import *

REVERSE = ".".join(reversed(SOURCE.split("."))) + ".in-addr.arpa."


class Explained(FlowTest):
    def shown(self, relay, queue_id):
        return relay.json("queue", "show", queue_id)

    def kinds(self, page):
        return [event["event"] for event in page["events"]]

    def event(self, page, kind):
        found = [event for event in page["events"] if event["event"] == kind]
        self.assertTrue(found, f"no {kind} in {self.kinds(page)}")
        return found[-1]

    def test_delivered(self):
        box = self.destination()
        relay = self.relay()
        queue_id = submit(message())
        box.wait(1)
        relay.wait_log(rf"delivered .*id={queue_id}")

        def check(page):
            self.assertEqual(page["state"], "finished")
            self.assertEqual(page["sender"], "app@example.com")
            self.assertEqual(page["recipients"][0]["state"], "delivered")
            self.assertIn("250 2.0.0 taken", page["recipients"][0]["last"]["text"])
            self.assertIsNone(page["recipients"][0]["waits_for"])
            self.assertEqual(self.kinds(page), ["accepted", "delivered"])
            accepted, delivered = page["events"]
            self.assertEqual(accepted["client"], "127.0.0.1")
            self.assertEqual(accepted["to"], "user@dest.example")
            self.assertEqual(accepted["size"], page["size"])
            self.assertRegex(accepted["signed"], "example.com/r1")
            self.assertEqual(delivered["host"], "mx.dest.example")
            self.assertEqual(delivered["ip"], RECEIVERS[0])
            self.assertNotIn("transcript", delivered)

        check(self.shown(relay, queue_id))
        said = relay.show(queue_id)
        self.assertRegex(said, rf"(?m)^  \S+Z  accepted +client=127\.0\.0\.1 ")
        self.assertIn('reply="250 2.0.0 taken"', said)
        relay.stop()
        check(self.shown(relay, queue_id))  # from the files alone
        relay.start()
        check(self.shown(relay, queue_id))

    def test_deferred(self):
        box = self.destination(replies={"RCPT": "451 4.2.0 come back"})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")

        def check(page, running):
            self.assertEqual(page["state"], "waiting")
            recipient = page["recipients"][0]
            self.assertEqual(recipient["attempts"], 1)
            self.assertEqual(recipient["last"]["text"], "451 4.2.0 come back")
            self.assertEqual(recipient["last"]["host"], "mx.dest.example")
            self.assertEqual(recipient["next"], page["next"])
            self.assertEqual(recipient["waits_for"], f"back-off after 1 attempt, until {page['next']}")
            if running:
                self.assertGreaterEqual(recipient["site"]["limit"], 1)
                self.assertIn("mx.dest.example", recipient["site"]["name"])
            self.assertEqual(self.kinds(page), ["accepted", "attempt", "deferred"])
            attempt = self.event(page, "attempt")
            self.assertEqual(attempt["outcomes"], ["deferred user@dest.example: 451 4.2.0 come back"])
            transcript = "\n".join(attempt["transcript"])
            for line in (f"-- connected to mx.dest.example [{RECEIVERS[0]}]", f"S: 220 {RECEIVERS[0]} ready",
                         "C: EHLO relay.example.org", "C: RCPT TO:<user@dest.example>", "S: 451 4.2.0 come back"):
                self.assertIn(line, transcript)
            deferred = self.event(page, "deferred")
            self.assertEqual(deferred["reply"], "451 4.2.0 come back")
            self.assertEqual(deferred["next"], page["next"])

        check(self.shown(relay, queue_id), True)
        said = relay.show(queue_id)
        for expected in ("451 4.2.0 come back", "next attempt", "back-off after 1 attempt", "connections (the limit now)",
                         "      S: 451 4.2.0 come back", "      C: EHLO relay.example.org"):
            self.assertIn(expected, said)
        relay.stop()
        check(self.shown(relay, queue_id), False)
        self.assertIn("      S: 451 4.2.0 come back", relay.show(queue_id))
        box.replies.clear()
        self.assertEqual(relay.run("queue", "retry", "--id", queue_id).returncode, 0)
        relay.start()
        relay.wait_log(rf"delivered .*id={queue_id}")
        page = self.shown(relay, queue_id)
        self.assertEqual(self.kinds(page), ["accepted", "attempt", "deferred", "retried", "delivered"])

    def test_message_is_told_by_its_size_and_a_reused_connection_is_said(self):
        box = self.destination(replies={".": [None, "452 4.3.1 disk full", None]})
        relay = self.relay(queue={"retry": ["1h"]}, delivery={"connections_per_site": 1, "idle_timeout": "10s"})
        submit(message())
        box.wait(1)
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        page = self.shown(relay, queue_id)
        transcript = "\n".join(self.event(page, "attempt")["transcript"])
        self.assertRegex(transcript, r"C: \(%d octets\)\nS: 452 4\.3\.1 disk full" % page["size"])
        self.assertRegex(transcript, r"^-- connection to mx\.dest\.example .* reused, message 2 on it\n")
        self.assertNotIn("EHLO", transcript)
        self.assertNotIn("Subject", transcript)

    def test_unreachable(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", DEAD))
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        page = self.shown(relay, queue_id)
        self.assertRegex("\n".join(self.event(page, "attempt")["transcript"]), rf"connecting to mx\.dest\.example \[{DEAD}\]: ")

    def test_bounced(self):
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[9]))
        self.receiver(RECEIVERS[9])
        self.destination(replies={"RCPT": "550 5.1.1 nobody here"})
        relay = self.relay()
        queue_id = submit(message())
        relay.wait_log(rf"bounced .*id={queue_id}", 90)
        relay.wait_empty()
        relay.stop()
        relay.start()
        page = self.shown(relay, queue_id)
        self.assertEqual(page["state"], "finished")
        self.assertEqual(page["recipients"][0]["state"], "failed")
        self.assertEqual(self.event(page, "bounced")["reply"], "550 5.1.1 nobody here")
        self.assertIn("S: 550 5.1.1 nobody here", self.event(page, "attempt")["transcript"])
        report = self.shown(relay, self.event(page, "notice")["report"])
        self.assertEqual(self.event(report, "accepted")["about"], queue_id)
        self.assertEqual(self.event(report, "accepted")["from"], "<>")
        self.assertEqual(report["recipients"][0]["address"], "app@example.com")

    def test_expired(self):
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[9]))
        self.receiver(RECEIVERS[9])
        self.destination(replies={"RCPT": "451 4.2.0 come back"})
        relay = self.relay(queue={"retry": ["1s"], "expire_after": "3s"})
        queue_id = submit(message())
        relay.wait_log(rf"expired .*id={queue_id}", 90)
        relay.wait_empty()
        page = self.shown(relay, queue_id)
        self.assertEqual(page["recipients"][0]["state"], "expired")
        self.assertEqual(self.event(page, "expired")["reply"], "451 4.2.0 come back")
        self.assertGreaterEqual(self.kinds(page).count("attempt"), 2)

    def test_held_and_released(self):
        box = self.destination()
        self.dns.groups.update({
            "helo": [f"relay.example.org. A {SOURCE}"],
            "ptr": [f"{REVERSE} PTR wrong.example.net."],
            "sender": ["example.com. MX 10 mx.example.com.", f"mx.example.com. A {RECEIVERS[100]}"],
            "spf": [f'example.com. TXT "v=spf1 ip4:{SOURCE} -all"'],
            "dmarc": ['_dmarc.example.com. TXT "v=DMARC1; p=none"'],
        })
        self.dns.reload()
        relay = self.relay(self_check={"mode": "enforce", "interval": "1m"}, delivery={"addresses": "ipv4"})
        queue_id = submit(message())
        relay.wait_log(rf"held .*id={queue_id}.*reason=.*ptr")
        page = relay.wait(lambda: self.ptr_page(relay, queue_id), 20, "held for its PTR")
        self.assertEqual(page["hold"]["release"], "released by itself when the check passes")
        self.assertFalse(page["hold"]["by_person"])
        self.assertEqual(page["recipients"][0]["waits_for"], "the hold")
        self.assertIn("ptr", self.event(page, "held")["reason"])
        self.dns.set("ptr", f"{REVERSE} PTR relay.example.org.")
        box.wait(1, 30)
        relay.wait_log(rf"delivered .*id={queue_id}")
        kinds = self.kinds(self.shown(relay, queue_id))
        self.assertEqual(kinds[0], "accepted")
        for kind in ("held", "released", "signed-again"):
            self.assertIn(kind, kinds)
        self.assertEqual(kinds[-1], "delivered")

    def ptr_page(self, relay, queue_id):
        page = self.shown(relay, queue_id)
        return page if page["hold"] and "ptr" in page["hold"]["reason"] else None

    def test_deleted(self):
        self.destination(replies={"RCPT": "451 4.2.0 come back"})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.assertEqual(relay.run("queue", "delete", "--id", queue_id).returncode, 0)
        page = self.shown(relay, queue_id)
        self.assertEqual(page["recipients"][0]["state"], "deleted")
        self.assertEqual(self.kinds(page)[-1], "deleted")
        second = submit(message())
        relay.wait_log(rf"deferred .*id={second}")
        relay.stop()
        self.assertEqual(relay.run("queue", "delete", "--id", second).returncode, 0)
        page = self.shown(relay, second)
        self.assertEqual(page["recipients"][0]["state"], "deleted")
        self.assertEqual(self.kinds(page)[-1], "deleted")

    def test_story_survives_a_kill(self):
        self.destination(replies={"RCPT": "451 4.2.0 come back"})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.eventually(lambda: os.path.getsize(f"{relay.folder}/data/history.db-wal") > 0, what="written")
        time.sleep(2.5)  # two rounds of the history's thread: what it wrote lies with the kernel
        relay.kill()
        page = self.shown(relay, queue_id)
        self.assertEqual(self.kinds(page), ["accepted", "attempt", "deferred"])

    def test_nothing_is_known_of_a_message_whose_time_is_over(self):
        box = self.destination()
        relay = self.relay(queue={"history": "0"})
        queue_id = submit(message())
        box.wait(1)
        relay.wait_log(rf"delivered .*id={queue_id}")
        relay.wait(lambda: relay.run("queue", "show", queue_id).returncode == 1, 10, "forgotten")


class Bounds(FlowTest):
    def test_history_stays_within_its_size(self):
        box = self.destination(replies={"DATA": "451 4.3.0 " + "x" * 400, "RCPT": "250 2.1.5 " + "y" * 400})
        relay = self.relay(queue={"retry": ["1s"], "history_size": "1MiB"}, delivery={"connections_per_site": 5})
        recipients = [f"user{n}@dest.example" for n in range(40)]
        for _ in range(30):
            submit(message(), recipients=recipients)
        self.eventually(lambda: len(re.findall("deferred ", relay.log())) > 6000, 60, "6,000 deferrals")
        path = f"{relay.folder}/data/history.db"
        self.eventually(lambda: os.path.getsize(path) < 1.25 * 2**20, 60, "small")  # a busy machine is behind for a while
        box.replies.clear()
        relay.wait_empty(60)
        last = submit(message())  # the oldest that are done go first
        relay.wait_empty()
        self.eventually(lambda: os.path.getsize(path) < 1.25 * 2**20, 60, "small again")
        self.assertEqual(relay.stop(), 0)
        self.assertLess(os.path.getsize(path), 1.25 * 2**20)
        self.assertEqual(relay.json("queue", "show", last)["recipients"][0]["state"], "delivered")

    def test_garbage_instead_of_a_history(self):
        box = self.destination()
        relay = self.relay()
        submit(message())
        box.wait(1)
        relay.stop()
        path = f"{relay.folder}/data/history.db"
        with open(path, "wb") as file:
            file.write(b"garbage " * 10000)
        relay.start()
        queue_id = submit(message())
        box.wait(2)
        relay.wait_log(rf"delivered .*id={queue_id}")
        self.assertTrue(os.path.exists(path + ".damaged"))
        self.assertIn("history.db.damaged", relay.log())
        relay.stop()
        self.assertEqual(relay.json("queue", "show", queue_id)["state"], "finished")

    def test_history_that_breaks_under_way(self):
        box = self.destination()
        relay = self.relay()
        path = f"{relay.folder}/data/history.db"
        submit(message())
        box.wait(1)
        for name in (path, path + "-wal"):
            with open(name, "r+b") as file:
                size = os.path.getsize(name)
                file.write(b"x" * max(size, 100000))
        ids = [submit(message()) for _ in range(5)]
        box.wait(6)
        time.sleep(2)
        queue_id = submit(message())
        box.wait(7)
        relay.wait_log(rf"delivered .*id={queue_id}")
        self.assertEqual(relay.json("queue", "show", queue_id)["state"], "finished")
        self.assertEqual(relay.stop(), 0)
        self.assertEqual(len(ids), 5)

    def test_no_history_at_all(self):
        box = self.destination()
        relay = self.relay(start=False)
        os.makedirs(f"{relay.folder}/data/history.db", mode=0o700)
        relay.start()
        queue_id = submit(message())
        box.wait(1)
        relay.wait_log(rf"delivered .*id={queue_id}")
        relay.wait_log(r"history .*history\.db")
        self.assertEqual(relay.json("queue", "show", queue_id)["state"], "finished")  # from memory
        self.assertEqual(relay.stop(), 0)
        self.assertEqual(relay.run("queue", "list").returncode in (0, 1), True)


if __name__ == "__main__":
    main()
