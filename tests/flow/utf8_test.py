#!/usr/bin/python3
"""SMTPUTF8: addresses and headers beyond ASCII reach hosts that offer it, as they are, and come back where none does."""
import json
import re

from harness import *
from harness.verify import signatures

UTF8 = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8")
JUERGEN = "jürgen@example.com"
BOTH_VERIFY = [("rsa-sha256", True), ("ed25519-sha256", True)]


def international(sender=JUERGEN, recipient="用户@dest.example", subject="Grüße 📨", **more):
    return message(sender=sender, recipient=recipient, subject=subject, **more)


def send(text, sender=JUERGEN, recipients=("用户@dest.example",), options=("SMTPUTF8", "BODY=8BITMIME")):
    return submit(text, sender=sender, recipients=recipients, options=list(options))


class Utf8(FlowTest):
    def destinations(self, *extensions):
        """Hosts of dest.example in order of preference, each with what it offers."""
        hosts = [(10 * (n + 1), f"mx{n}.dest.example", RECEIVERS[n]) for n in range(len(extensions))]
        self.dns.mail_domain("dest.example", *hosts)
        return [self.receiver(RECEIVERS[n], extensions=e) for n, e in enumerate(extensions)]

    def sender_box(self, **options):
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[100]))
        return self.receiver(RECEIVERS[100], **options)

    def report(self, box, number=1):
        """(the received report, {content type: text of that part}). No parser of Python's knows the global types."""
        got = box.wait(number)[number - 1]
        header, body = got.data.split(b"\r\n\r\n", 1)
        boundary = re.search(rb'boundary="([^"]+)"', header).group(1)
        parts = {}
        for part in body.split(b"--" + boundary)[1:-1]:
            fields, text = part.split(b"\r\n\r\n", 1)
            parts[re.search(r"Content-Type: ([^;\r]+)", fields.decode())[1]] = text.decode()
        return got, parts

    def mail_lines(self, receiver):
        return [line for line in receiver.lines() if line.startswith("MAIL")]

    def test_arrives_as_it_is_and_verifies(self):
        receiver, = self.destinations(UTF8)
        relay = self.relay()
        text = international()
        queue_id = send(text)
        got = receiver.wait(1)[0]
        self.assertEqual((got.sender, got.recipients), (JUERGEN, ["用户@dest.example"]))
        self.assertTrue(self.mail_lines(receiver)[0].endswith(" BODY=8BITMIME SMTPUTF8"))
        self.assertTrue(got.data.endswith(text))
        self.assertRegex(got.data, rb"with UTF8SMTP id " + queue_id.encode() + rb";")
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        self.assertEqual(opendkim_results(got.data), [("rsa-sha256", True)])
        log = relay.wait_log(rf"accepted .*id={queue_id}.*").group(0)
        self.assertIn(r'from="j\u00fcrgen@example.com" to="\u7528\u6237@dest.example"', log)

    def test_domains_become_a_labels_in_either_spelling(self):
        self.dns.mail_domain("xn--r8jz45g.example", (10, "mx.dest.example", RECEIVERS[0]))
        receiver = self.receiver(RECEIVERS[0])
        self.dns.set("idn keys", *self.key_records("xn--bcher-kva.example"))
        selectors = [{"name": n, "key": path} for n, path in self.keys]
        self.relay(domain=[{"name": "example.com", "selector": selectors}, {"name": "bücher.example", "selector": selectors}])
        text = message(sender="app@xn--bcher-kva.example", recipient="user@xn--r8jz45g.example")
        send(text, "app@bücher.example", ["user@例え.example"])
        got = receiver.wait(1)[0]
        self.assertEqual((got.sender, got.recipients), ("app@xn--bcher-kva.example", ["user@xn--r8jz45g.example"]))
        self.assertNotIn("SMTPUTF8", self.mail_lines(receiver)[0])
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        self.assertEqual({s["d"] for s in signatures(got.data)}, {"xn--bcher-kva.example"})

    def test_author_in_utf8_is_signed_for_by_the_a_label(self):
        receiver, = self.destinations(UTF8)
        self.dns.set("idn keys", *self.key_records("xn--bcher-kva.example"))
        selectors = [{"name": n, "key": path} for n, path in self.keys]
        self.relay(domain=[{"name": "example.com", "selector": selectors},
                           {"name": "xn--bcher-kva.example", "selector": selectors}])
        text = international(sender="jürgen@bücher.example")
        send(text, "jürgen@bücher.example")
        got = receiver.wait(1)[0]
        self.assertTrue(got.data.endswith(text))
        self.assertEqual(got.sender, "jürgen@xn--bcher-kva.example")
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        self.assertEqual({s["d"] for s in signatures(got.data)}, {"xn--bcher-kva.example"})

    def test_ordinary_mail_of_such_a_client_goes_anywhere(self):
        receiver, = self.destinations(("PIPELINING",))
        self.relay()
        text = message()
        send(text, "app@example.com", ["user@dest.example"])
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))
        self.assertNotIn("SMTPUTF8", self.mail_lines(receiver)[0])

    def test_8bit_header_without_the_parameter_goes_as_it_always_did(self):
        receiver, = self.destinations(("PIPELINING", "8BITMIME"))
        self.relay()
        text = message(subject="Grüße")
        send(text, "app@example.com", ["user@dest.example"], ["BODY=8BITMIME"])
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))

    def test_address_beyond_ascii_needs_the_parameter(self):
        self.relay()
        with Raw() as client:
            self.assertIn("SMTPUTF8", client.ehlo)
            self.assertEqual(client.ask("MAIL FROM:<jürgen@example.com>")[:9], "553 5.6.7")
            self.assertEqual(client.ask("MAIL FROM:<app@example.com> SMTPUTF8=1")[:9], "501 5.5.4")
            self.assertEqual(client.ask("MAIL FROM:<app@example.com>")[:3], "250")
            self.assertEqual(client.ask("RCPT TO:<用户@dest.example>")[:9], "553 5.6.7")
            self.assertEqual(client.ask("RSET")[:3], "250")
            self.assertEqual(client.ask("MAIL FROM:<app@example.com> SMTPUTF8")[:3], "250")
            self.assertEqual(client.ask("RCPT TO:<用户@dest.example>")[:3], "250")
            self.assertEqual(client.say(b"RCPT TO:<\xff@dest.example>\r\n").reply()[:9], "501 5.1.3")

    def test_next_host_that_offers_it_delivers(self):
        first, second = self.destinations(("PIPELINING", "8BITMIME"), UTF8)
        box = self.sender_box()
        relay = self.relay()
        text = international()
        send(text)
        got = second.wait(1)[0]
        self.assertTrue(got.data.endswith(text))
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        self.assertEqual(self.mail_lines(first), [])
        relay.wait_empty()
        self.assertEqual(box.messages, [])

    def test_comes_back_where_no_host_offers_it(self):
        receivers = self.destinations(("PIPELINING", "8BITMIME"), ("8BITMIME",))
        box = self.sender_box()
        relay = self.relay()
        send(international(sender="app@example.com"), "app@example.com")
        got, parts = self.report(box)
        self.assertEqual((got.sender, got.recipients), ("", ["app@example.com"]))
        self.assertEqual(list(parts), ["text/plain", "message/global-delivery-status", "message/global-headers"])
        status = parts["message/global-delivery-status"]
        self.assertIn("Final-Recipient: utf-8; 用户@dest.example\r\nAction: failed\r\nStatus: 5.6.7\r\n", status)
        self.assertIn("<用户@dest.example>", parts["text/plain"])
        self.assertIn("Subject: Grüße 📨\r\n", parts["message/global-headers"])
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        self.assertIn("BODY=8BITMIME", self.mail_lines(box)[0])
        self.assertNotIn("SMTPUTF8", self.mail_lines(box)[0])
        relay.wait_empty()
        self.assertEqual([m for r in receivers for m in self.mail_lines(r)], [])
        self.assertEqual(relay.metric("signet_recipients_total", outcome="bounced"), 1)

    def test_header_alone_comes_back_with_a_status_of_its_own(self):
        self.destinations(("8BITMIME",))
        box = self.sender_box()
        self.relay()
        send(international("app@example.com", "user@dest.example"), "app@example.com", ["user@dest.example"])
        _, parts = self.report(box)
        self.assertEqual(list(parts), ["text/plain", "message/delivery-status", "message/global-headers"])
        self.assertIn("Final-Recipient: rfc822; user@dest.example\r\nAction: failed\r\nStatus: 5.6.9\r\n",
                      parts["message/delivery-status"])

    def test_report_reaches_a_sender_beyond_ascii(self):
        self.destinations(("8BITMIME",))
        box = self.sender_box(extensions=UTF8)
        relay = self.relay()
        send(international())
        got, parts = self.report(box)
        self.assertEqual((got.sender, got.recipients), ("", [JUERGEN]))
        self.assertTrue(self.mail_lines(box)[0].endswith(" SMTPUTF8"))
        self.assertIn(f"To: <{JUERGEN}>\r\n".encode(), got.data)
        self.assertIn("utf-8; 用户@dest.example", parts["message/global-delivery-status"])
        self.assertEqual(dkimpy_results(got.data), BOTH_VERIFY)
        relay.wait_empty()

    def test_recipients_in_ascii_do_not_suffer_for_the_others(self):
        receiver, = self.destinations(("PIPELINING", "8BITMIME"))
        box = self.sender_box()
        relay = self.relay()
        text = message()
        send(text, "app@example.com", ["用户@dest.example", "user@dest.example", "jörg@dest.example", "more@dest.example"])
        got = receiver.wait(1)[0]
        self.assertEqual(got.recipients, ["user@dest.example", "more@dest.example"])
        self.assertNotIn("SMTPUTF8", self.mail_lines(receiver)[0])
        _, parts = self.report(box)
        status = parts["message/global-delivery-status"]
        self.assertEqual(sorted(re.findall("Final-Recipient: (.*)\r", status)),
                         ["utf-8; jörg@dest.example", "utf-8; 用户@dest.example"])
        relay.wait_empty()
        self.assertEqual((len(receiver.messages), len(box.messages)), (1, 1))

    def test_every_recipient_gets_it_once_where_it_is_offered(self):
        receiver, = self.destinations(UTF8)
        relay = self.relay()
        send(message(), "app@example.com", ["用户@dest.example", "user@dest.example"])
        got = receiver.wait(2)
        relay.wait_empty()
        self.assertEqual([m.recipients for m in got], [["user@dest.example"], ["用户@dest.example"]])
        self.assertEqual(len(receiver.messages), 2)
        self.assertEqual(relay.metric("signet_recipients_total", outcome="delivered"), 2)

    def test_host_that_could_not_be_asked_leaves_it_open(self):
        self.dns.mail_domain("dest.example", (10, "mx0.dest.example", RECEIVERS[0]), (20, "mx1.dest.example", RECEIVERS[1]))
        without = self.receiver(RECEIVERS[1], extensions=("8BITMIME",))
        box = self.sender_box()
        relay = self.relay()
        queue_id = send(international())
        relay.wait_log(rf"deferred .*id={queue_id}.*SMTPUTF8")
        best = self.receiver(RECEIVERS[0], extensions=UTF8)
        best.wait(1)
        relay.wait_empty()
        self.assertEqual((without.messages, box.messages), ([], []))

    def test_pages_show_such_addresses(self):
        self.destination(replies={"": "421 4.3.2 later"}, extensions=UTF8)
        relay = self.relay(queue={"retry": ["1h"]}, log={"format": "json"})
        queue_id = send(international())
        relay.wait_log('"event":"deferred"')
        for line in relay.log().splitlines():
            self.assertTrue(line.isascii())
            entry = json.loads(line)
            if entry["event"] == "accepted":
                self.assertEqual((entry["from"], entry["to"]), (JUERGEN, "用户@dest.example"))
        shown = relay.json("queue", "list", "--recipient", "用户@DEST.example")
        self.assertIn(queue_id, json.dumps(shown))
        self.assertIn("用户@dest.example", json.dumps(shown, ensure_ascii=False))
        self.assertIn("用户@dest.example", relay.show(queue_id))
        self.assertIn("用户@dest.example", relay.run("queue", "list", "--sender", JUERGEN).stdout)
        relay.status()

    def test_original_recipient_in_utf8_goes_on_in_seven_bits(self):
        receiver = self.destination(extensions=("PIPELINING", "DSN"))
        self.relay()
        with Raw() as client:
            client.ask("MAIL FROM:<app@example.com> SMTPUTF8")
            self.assertEqual(client.ask("RCPT TO:<user@dest.example> ORCPT=utf-8;用户@list.example")[:3], "250")
            client.ask("DATA")
            client.say(bytes(message()) + b".\r\n")
            self.assertEqual(client.reply()[:3], "250")
        receiver.wait(1)
        self.assertIn("RCPT TO:<user@dest.example> ORCPT=utf-8;\\x{7528}\\x{6237}@list.example", receiver.lines())


if __name__ == "__main__":
    main()
