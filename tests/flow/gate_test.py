#!/usr/bin/python3
"""Nothing leaves that receivers would distrust: it is held with the reason, and released by itself once DNS is right."""
import json

from harness import *

REVERSE = ".".join(reversed(SOURCE.split("."))) + ".in-addr.arpa."


class Gate(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()
        self.dns.groups.update({
            "helo": [f"relay.example.org. A {SOURCE}"],
            "ptr": [f"{REVERSE} PTR relay.example.org."],
            "sender": ["example.com. MX 10 mx.example.com.", f"mx.example.com. A {RECEIVERS[100]}"],
            "spf": [f'example.com. TXT "v=spf1 ip4:{SOURCE} -all"'],
            "dmarc": ['_dmarc.example.com. TXT "v=DMARC1; p=none"'],
        })
        self.dns.reload()

    def gated(self, mode="enforce", **config):
        return self.relay(self_check={"mode": mode, "interval": "1m"}, delivery={"addresses": "ipv4"}, **config)

    def held(self, relay, reason):
        """Submits a message that must be held; its id."""
        text = message()
        queue_id = submit(text)
        relay.wait_log(rf"held .*id={queue_id}.*reason=.*{reason}")
        self.assertIn(reason, json.dumps(relay.status()).lower())
        self.assertIn(reason, relay.show(queue_id).lower())
        self.assertEqual(self.box.sessions, [])
        return queue_id

    def released(self, relay, queue_id):
        self.box.wait(1, 30)
        relay.wait_log(rf"released .*id={queue_id}|released .*{queue_id}")
        relay.wait_log(rf"delivered .*id={queue_id}")
        self.assertEqual([ok for _, ok in dkimpy_results(self.box.messages[0].data)], [True, True])

    def test_all_is_well(self):
        relay = self.gated()
        submit(message())
        self.box.wait(1)
        self.assertNotIn("held", relay.log())

    def test_wrong_ptr_holds_and_correcting_it_releases(self):
        self.dns.set("ptr", f"{REVERSE} PTR wrong.example.net.")
        relay = self.gated()
        queue_id = self.held(relay, "ptr")
        self.dns.set("ptr", f"{REVERSE} PTR relay.example.org.")
        self.released(relay, queue_id)

    def test_missing_ptr_holds_and_adding_it_releases(self):
        self.dns.drop("ptr")
        relay = self.gated()
        queue_id = self.held(relay, "ptr")
        self.dns.set("ptr", f"{REVERSE} PTR relay.example.org.")
        self.released(relay, queue_id)

    def test_spf_that_fails_holds(self):
        self.dns.set("spf", 'example.com. TXT "v=spf1 ip4:198.51.100.99 -all"')
        relay = self.gated()
        queue_id = self.held(relay, "spf")
        self.dns.set("spf", 'example.com. TXT "v=spf1 a:relay.example.org -all"')
        self.released(relay, queue_id)

    def test_key_that_is_not_published_holds(self):
        self.dns.drop("keys")
        relay = self.gated()
        queue_id = self.held(relay, "dkim")
        self.dns.set("keys", *self.key_records("example.com"))
        self.released(relay, queue_id)

    def test_helo_name_that_does_not_resolve_holds(self):
        self.dns.groups["ptr"] = [f"{REVERSE} PTR other.example.net."]
        self.dns.groups["other"] = [f"other.example.net. A {SOURCE}"]
        self.dns.drop("helo")
        relay = self.gated()
        queue_id = self.held(relay, "helo")
        self.dns.set("helo", f"relay.example.org. A {SOURCE}")
        self.released(relay, queue_id)

    def test_missing_spf_only_warns(self):
        self.dns.drop("spf")
        self.gated()
        submit(message())
        self.box.wait(1)

    def test_warn_mode_delivers_and_says_so(self):
        self.dns.drop("ptr")
        relay = self.gated("warn")
        submit(message())
        self.box.wait(1)
        relay.wait_log("check .*ptr")

    def test_off_looks_at_nothing(self):
        self.dns.drop("ptr")
        relay = self.gated("off")
        submit(message())
        self.box.wait(1)
        self.assertNotIn("held", relay.log())

    def test_one_bad_domain_does_not_hold_another(self):
        selectors = [{"name": n, "key": p} for n, p in self.keys]
        self.dns.set("other", "example.net. MX 10 mx.example.com.", 'example.net. TXT "v=spf1 -all"', *self.key_records("example.net"))
        relay = self.gated(domain=[{"name": n, "selector": selectors} for n in ("example.com", "example.net")])
        bad = submit(message(sender="app@example.net"), sender="app@example.net")
        relay.wait_log(rf"held .*id={bad}")
        text = message()
        submit(text)
        self.assertEqual([m.number for m in self.box.wait(1)], [text.number])

    def test_held_mail_stays_held_over_a_restart(self):
        self.dns.drop("ptr")
        relay = self.gated()
        queue_id = self.held(relay, "ptr")
        relay.stop()
        relay.start()
        relay.wait(lambda: "ptr" in relay.show(queue_id).lower(), 20, "held again")
        self.assertEqual(self.box.sessions, [])
        self.dns.set("ptr", f"{REVERSE} PTR relay.example.org.")
        self.box.wait(1, 30)

    def test_check_command_names_the_record_to_publish(self):
        self.dns.drop("keys")
        relay = self.gated()
        done = relay.run("check", "example.com")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("r1._domainkey.example.com", done.stdout)
        self.assertIn("v=DKIM1", done.stdout)
        self.dns.set("keys", *self.key_records("example.com"))
        done = relay.run("check", "example.com")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_check_that_cannot_find_out_says_so(self):
        relay = self.gated(dns={"timeout": "1s"})
        self.dns.freeze()
        done = relay.run("check", "example.com", timeout=60)
        self.dns.thaw()
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
