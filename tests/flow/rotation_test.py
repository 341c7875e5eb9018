#!/usr/bin/python3
"""The life of a selector, by editing zones: nothing signs before everybody can see its key, a key that goes away stops signing,
and what waits in the queue is signed anew."""
import datetime
import signal
import time

from harness import *
from harness.relay import key_record, new_key

SECOND = "127.0.0.2"  # of the two name servers of example.com
NEGATIVE = 2  # how long the zone lets its absences be kept


class Rotation(FlowTest):
    """example.com is a zone of its own, with two servers, in which TTLs are a second."""

    def setUp(self):
        super().setUp()
        self.dns.stop()
        zones = {"example.com": ["ns1.example.com", "ns2.example.com"]}
        self.dns = self.name_server(f"{self.folder}/first", zones=zones, negative=NEGATIVE)
        self.second = self.name_server(f"{self.folder}/second", address=SECOND, zones=zones, negative=NEGATIVE)
        self.paths = {"old": new_key(f"{self.folder}/old.pem", "rsa"), "new": new_key(f"{self.folder}/new.pem", "rsa")}
        for server in (self.dns, self.second):
            server.groups["servers"] = ["ns1.example.com. A 127.0.0.1", f"ns2.example.com. A {SECOND}"]
            server.start()
        self.box = self.destination()

    # What the tests do

    def record(self, selector, key=None):
        return key_record(self.paths[key or selector], f"{selector}._domainkey.example.com")

    def publish(self, selector, *records):
        for server in (self.second, self.dns):
            server.set(selector, *(records or [self.record(selector)]))

    def withdraw(self, selector):
        for server in (self.second, self.dns):
            server.drop(selector)

    def domain(self, *selectors, **more):
        return [{"name": "example.com", **more, "selector": [
            {"name": s, "key": self.paths[s]} if isinstance(s, str) else {"key": self.paths[s["name"]], **s} for s in selectors]}]

    def start(self, *selectors, dkim=None, **config):
        return self.relay(domain=self.domain(*selectors), dkim={"prove": "required", **(dkim or {})}, dns={"timeout": "1s"}, **config)

    def reload(self, relay, *selectors, **more):
        relay.configure({"domain": self.domain(*selectors, **more)})
        before = relay.log().count(" reloaded ")
        relay.signal(signal.SIGHUP)
        relay.wait(lambda: relay.log().count(" reloaded ") > before, 10, "reloaded")

    # What they see

    def state(self, relay, selector):
        """(state, detail) by `signet dkim status`, which must agree with /status and the metric."""
        for _ in range(20):
            told = {e["selector"]: e for e in relay.json("dkim", "status")}
            shown = {e["selector"]: e for e in relay.status()["selectors"]}
            state = told[selector]["state"]
            labels = {"domain": "example.com", "selector": selector, "state": state}
            if shown[selector]["state"] == state and relay.metric("signet_dkim_selector", **labels) == 1:
                return state, told[selector]["detail"]
        self.fail("dkim status, /status and the metric do not agree")

    def wait_state(self, relay, selector, state, timeout=15):
        relay.wait(lambda: self.state(relay, selector)[0] == state, timeout, f"{selector} is {state}")

    def signer(self, delivered):
        """The selectors of a delivered message, all of whose signatures verify."""
        results = dkimpy_results(delivered.data)
        self.assertEqual([ok for _, ok in results], [True] * len(results), delivered.data[:600])
        return [tags["s"] for tags in signatures(delivered.data)]

    def sent(self):
        """Submits one message; who signed it when it arrived."""
        text = message()
        submit(text)
        found = self.eventually(lambda: [m for m in self.box.messages if text.number.encode() in m.data], 20, "delivered")
        return self.signer(found[0])

    # The tests

    def test_a_whole_rotation(self):
        relay = self.start("old", dkim={"retire_after": "2s"})
        self.wait_state(relay, "old", "waiting")
        held = submit(message())
        relay.wait_log(rf"held .*id={held}.*old: there is no record")
        self.assertEqual(self.state(relay, "old"), ("waiting", "there is no record"))
        self.assertEqual(relay.status()["delivery"]["state"], "holding")
        self.assertIn("no selector of example.com is proven", relay.show(held))
        self.assertEqual(relay.run("dkim", "status").returncode, 1)
        self.assertEqual(relay.get("/readyz")[0], 200)

        # The first selector of a domain signs as soon as it is seen.
        self.publish("old")
        relay.run("check", "example.com")
        relay.control_request("POST", "/check", {})
        self.box.wait(1, 20)
        self.assertEqual(self.signer(self.box.messages[0]), ["old"])
        self.assertEqual(self.state(relay, "old")[0], "signing")
        relay.wait_log(rf"signed-again .*id={held}")
        self.assertEqual(relay.run("dkim", "status").returncode, 0)

        # Nothing signs with the new key before it is proven.
        self.reload(relay, "old", "new")
        self.wait_state(relay, "new", "waiting")
        self.assertEqual(self.sent(), ["old"])
        begun = time.monotonic()
        self.publish("new")
        relay.control_request("POST", "/check", {})
        relay.wait(lambda: "receivers may have kept its absence until" in self.state(relay, "new")[1] or
                   self.state(relay, "new")[0] == "signing", 10, "the record is seen")
        if time.monotonic() - begun < NEGATIVE - 1:
            self.assertEqual(self.sent(), ["old"])
        self.wait_state(relay, "new", "signing")
        self.assertGreaterEqual(time.monotonic() - begun, NEGATIVE - 1)
        self.assertEqual([self.sent() for _ in range(3)], [["new"]] * 3)

        # The old one is needed for a while, and then no more.
        self.assertIn(self.state(relay, "old")[0], ("retiring", "removable"))
        self.wait_state(relay, "old", "removable", 20)
        self.assertEqual(self.state(relay, "old")[1], "its record may be removed from the DNS")
        relay.wait_log(r"selector domain=example.com name=new state=signing")
        relay.wait_log(r"selector domain=example.com name=old state=removable")

    def test_a_record_that_vanishes_rolls_back_and_the_queue_is_signed_anew(self):
        self.publish("old")
        self.publish("new")
        relay = self.start("old", "new")
        self.wait_state(relay, "new", "signing")
        self.assertEqual(self.sent(), ["new"])
        self.box.close()  # mail waits
        waiting = message()
        queue_id = submit(waiting)
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.withdraw("new")
        withdrawn = time.monotonic()
        self.wait_state(relay, "new", "withdrawn", 5)
        self.assertLess(time.monotonic() - withdrawn, 4)  # one TTL, the second that a part rests, and the time to look
        self.assertTrue(self.state(relay, "new")[1].startswith("there is no record"), self.state(relay, "new"))
        self.wait_state(relay, "old", "signing")
        self.box = self.receiver(RECEIVERS[0])
        found = self.eventually(lambda: [m for m in self.box.messages if waiting.number.encode() in m.data], 30, "delivered")
        self.assertEqual(self.signer(found[0]), ["old"])
        relay.wait_log(rf"signed-again .*id={queue_id}.*before=example.com/new.*signed=example.com/old")
        self.assertEqual(self.sent(), ["old"])
        # It comes back, and is proven anew.
        self.publish("new")
        self.wait_state(relay, "new", "signing", 70)

    def test_without_another_proven_selector_mail_is_held(self):
        self.publish("old")
        relay = self.start("old")
        self.wait_state(relay, "old", "signing")
        self.publish("old", 'old._domainkey.example.com. TXT "v=DKIM1; p="')
        self.wait_state(relay, "old", "withdrawn", 5)
        queue_id = submit(message())
        relay.wait_log(rf"held .*id={queue_id}.*the record revokes the key")
        self.publish("old", self.record("old", key="new"))
        relay.control_request("POST", "/check", {})
        relay.wait(lambda: self.state(relay, "old") == ("withdrawn", "another key than ours is published"), 10, "another key")
        self.assertEqual(self.box.messages, [])
        self.publish("old")
        relay.control_request("POST", "/check", {})
        self.box.wait(1, 20)
        self.assertEqual(self.signer(self.box.messages[0]), ["old"])

    def test_two_servers_that_disagree_prove_nothing(self):
        self.dns.set("old", self.record("old"))
        relay = self.start("old")
        self.wait_state(relay, "old", "waiting")
        detail = self.state(relay, "old")[1]
        self.assertRegex(detail, r"the servers of its zone disagree: ns1\.example\.com .* shows our key, ns2\.example\.com .* there is no record")
        queue_id = submit(message())
        relay.wait_log(rf"held .*id={queue_id}.*disagree")
        # A silent one is no disagreement.
        self.second.freeze()
        relay.control_request("POST", "/check", {})
        self.box.wait(1, 20)
        self.assertEqual(self.signer(self.box.messages[0]), ["old"])

    def test_a_proof_outlives_a_restart_and_a_silent_dns(self):
        self.publish("old")
        relay = self.start("old")
        self.wait_state(relay, "old", "signing")
        self.assertEqual(self.sent(), ["old"])
        self.assertEqual(relay.stop(), 0)
        told = relay.json("dkim", "status")
        self.assertEqual([(e["selector"], e["state"]) for e in told], [("old", "signing")])
        self.dns.freeze()
        self.second.freeze()
        relay.start()
        self.assertEqual(self.state(relay, "old")[0], "signing")
        queue_id = submit(message())
        time.sleep(2.5)  # longer than the time-out of a look
        self.assertEqual(self.state(relay, "old")[0], "signing")
        self.assertNotRegex(relay.log(), rf"held .*id={queue_id}")
        self.dns.thaw()
        self.second.thaw()
        self.box.wait(2, 30)

    def test_a_switch_waits_for_its_date(self):
        self.publish("old")
        self.publish("new")
        at = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=6)
        relay = self.start("old", {"name": "new", "sign_from": at})
        self.wait_state(relay, "new", "proven")
        self.assertEqual(self.state(relay, "new")[1], f"signs from {at:%Y-%m-%dT%H:%M:%SZ} on")
        self.assertEqual(self.sent(), ["old"])
        self.wait_state(relay, "new", "signing", 20)
        self.assertGreaterEqual(datetime.datetime.now(datetime.timezone.utc), at)
        self.assertEqual(self.sent(), ["new"])

    def test_warn_signs_and_says_so(self):
        relay = self.start("old", dkim={"prove": "warn"})
        self.assertEqual(self.state(relay, "old")[0], "signing")
        relay.wait(lambda: "although it is not proven: there is no record" in self.state(relay, "old")[1], 10, "seen")
        submit(message())
        self.box.wait(1)
        self.assertEqual([tags["s"] for tags in signatures(self.box.messages[0].data)], ["old"])
        # But never with a key that is known to be wrong.
        self.publish("old", self.record("old", key="new"))
        relay.control_request("POST", "/check", {})
        self.wait_state(relay, "old", "withdrawn")
        queue_id = submit(message())
        relay.wait_log(rf"held .*id={queue_id}.*another key than ours")

    def test_a_person_takes_a_selector_out_of_service(self):
        self.publish("old")
        self.publish("new")
        relay = self.start("old", "new")
        self.wait_state(relay, "new", "signing")
        done = relay.run("dkim", "retire", "example.com", "new")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(self.sent(), ["old"])
        self.assertEqual(self.state(relay, "new")[0], "retiring")
        done = relay.run("dkim", "retire", "example.com", "old")
        self.assertEqual(done.returncode, 1)
        self.assertIn("its mail would be held", done.stderr)
        done = relay.run("dkim", "retire", "example.com", "none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no selector none", done.stderr)
        self.assertEqual(relay.stop(), 0)
        self.assertEqual(relay.json("dkim", "status")[1]["state"], "retiring")
        done = relay.run("dkim", "retire", "example.com", "old")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_delegated_selector_is_followed(self):
        self.dns.set("elsewhere", key_record(self.paths["old"], "key.provider.example"))
        self.publish("old", "old._domainkey.example.com. CNAME key.provider.example.")
        relay = self.start("old")
        self.wait_state(relay, "old", "signing")
        self.assertEqual(self.sent(), ["old"])

    def test_subdomains_and_exempt_domains(self):
        self.publish("old")
        relay = self.relay(domain=self.domain("old", subdomains=True) + [{"name": "plain.example", "sign": False}],
                           dkim={"prove": "required", "signature_expiry": "2d"}, dns={"timeout": "1s"})
        self.wait_state(relay, "old", "signing")
        submit(message(sender="app@news.example.com"), sender="app@news.example.com")
        self.box.wait(1)
        tags = signatures(self.box.messages[0].data)[0]
        self.assertEqual((tags["d"], tags["i"], self.signer(self.box.messages[0])), ("example.com", "@news.example.com", ["old"]))
        self.assertEqual(int(tags["x"]) - int(tags["t"]), 2 * 86400)
        self.assertEqual(relay.metric("signet_unsigned_sent_total"), 0)
        submit(message(sender="app@plain.example"), sender="app@plain.example")
        self.box.wait(2)
        self.assertEqual(signatures(self.box.messages[1].data), [])
        relay.wait(lambda: relay.metric("signet_unsigned_sent_total") == 1, 5, "counted")


if __name__ == "__main__":
    main()
