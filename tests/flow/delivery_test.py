#!/usr/bin/python3
"""What is accepted arrives: signed, at the right host, byte for byte; and what happens when the other side misbehaves."""
import re

from harness import *


class SignedAndDelivered(FlowTest):
    def check_arrival(self, got, text, queue_id):
        """The client's octets unchanged, only trace and signatures on top, every signature good by itself."""
        self.assertTrue(got.data.endswith(text), got.data)
        fields, _ = split(got.data[:-len(text)] + b"\r\n")
        names = sorted(f.split(b":")[0].decode() for f in fields if f.strip())
        self.assertEqual(names, ["DKIM-Signature", "DKIM-Signature", "Received"])
        received = next(f for f in fields if f.startswith(b"Received:"))
        self.assertIn(queue_id.encode(), received)
        self.assertEqual(dkimpy_results(got.data), [("rsa-sha256", True), ("ed25519-sha256", True)])
        self.assertEqual(opendkim_results(got.data), [("rsa-sha256", True)])

    def test_first_mx_refuses_connections_and_second_delivers(self):
        self.dns.mail_domain("dest.example", (10, "mx1.dest.example", DEAD), (20, "mx2.dest.example", RECEIVERS[0]))
        receiver = self.receiver(RECEIVERS[0])
        relay = self.relay()
        text = message()
        queue_id = submit(text)
        got = receiver.wait(1)[0]
        self.assertEqual((got.sender, got.recipients, got.helo), ("app@example.com", ["user@dest.example"], "relay.example.org"))
        self.check_arrival(got, text, queue_id)
        relay.wait_log(rf"accepted .*id={queue_id}.* signed=\S*example\.com/r1")
        relay.wait_log(rf"delivered .*id={queue_id}.* to=\S*user@dest\.example.* host=\S*mx2\.dest\.example")

    def test_changed_octets_would_be_noticed(self):
        receiver = self.destination()
        self.relay()
        submit(message())
        data = receiver.wait(1)[0].data
        broken = data.replace(b"Subject: A test", b"Subject: A trap")
        self.assertEqual([ok for _, ok in dkimpy_results(broken)], [False, False])
        added = b"Subject: Another\r\n" + data
        self.assertEqual([ok for _, ok in dkimpy_results(added)], [False, False])

    def test_simple_canonicalization_verifies_too(self):
        receiver = self.destination()
        self.relay(dkim={"canonicalization": "simple/simple"})
        text = message(body=b"a  line \r\n\r\n\r\n")
        queue_id = submit(text)
        self.check_arrival(receiver.wait(1)[0], text, queue_id)

    def test_large_message_arrives_whole(self):
        receiver = self.destination()
        self.relay()
        line = b".0123456789abcdefghijklmnopqrstuvwxyz  \t.\r\n"
        text = message(body=line * (3 * 1024 * 1024 // len(line)))
        queue_id = submit(text)
        self.check_arrival(receiver.wait(1, 40)[0], text, queue_id)

    def test_empty_body_arrives(self):
        receiver = self.destination()
        self.relay()
        text = message(body=b"")
        queue_id = submit(text)
        self.check_arrival(receiver.wait(1)[0], text, queue_id)

    def test_postfix_takes_it_and_it_still_verifies(self):
        self.dns.mail_domain("inbox.example", (10, "mx.inbox.example", RECEIVERS[20]))
        postfix = self.postfix(RECEIVERS[20], "inbox.example")
        self.relay()
        submit(message(recipient="user@inbox.example"), recipients="user@inbox.example")
        stored = self.eventually(postfix.messages, what="in Postfix's mailbox")[0].replace(b"\n", b"\r\n")
        self.assertEqual(dkimpy_results(stored), [("rsa-sha256", True), ("ed25519-sha256", True)])
        self.assertEqual(opendkim_results(stored), [("rsa-sha256", True)])

    def test_smtp_sink_takes_it(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", RECEIVERS[0]))
        sink = self.smtp_sink(RECEIVERS[0])
        relay = self.relay()
        queue_id = submit(message())
        relay.wait_log(rf"delivered .*id={queue_id}")
        self.assertIn(b"DKIM-Signature", sink.messages()[0])

    def test_ipv6_receiver(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", "2001:db8:2::1"))
        receiver = self.receiver("2001:db8:2::1")
        self.relay()
        text = message()
        queue_id = submit(text)
        self.check_arrival(receiver.wait(1)[0], text, queue_id)


class Routing(FlowTest):
    def sender_box(self, **options):
        """Where DSNs to app@example.com arrive."""
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[100]))
        return self.receiver(RECEIVERS[100], **options)

    def test_implicit_mx(self):
        self.dns.set("dest.example", f"dest.example. A {RECEIVERS[0]}")
        receiver = self.receiver(RECEIVERS[0])
        self.relay()
        submit(message())
        receiver.wait(1)

    def test_null_mx_bounces_at_once(self):
        self.dns.set("dest.example", "dest.example. MX 0 .", f"dest.example. A {RECEIVERS[0]}")
        receiver, box = self.receiver(RECEIVERS[0]), self.sender_box()
        self.relay()
        submit(message())
        self.assertIn(b"5.1.10", box.wait(1)[0].data)
        self.assertEqual(receiver.sessions, [])

    def test_unknown_domain_bounces(self):
        box = self.sender_box()
        self.relay()
        submit(message(), recipients="user@nowhere.example")
        self.assertIn(b"Status: 5.1.2", box.wait(1)[0].data)

    def test_refusing_banner_leads_to_the_next_host(self):
        self.dns.mail_domain("dest.example", (10, "mx1.dest.example", RECEIVERS[0]), (20, "mx2.dest.example", RECEIVERS[1]))
        self.receiver(RECEIVERS[0], replies={"": "554 5.3.2 go away"})
        receiver = self.receiver(RECEIVERS[1])
        self.relay()
        submit(message())
        receiver.wait(1)

    def test_next_address_of_the_same_host(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", DEAD, RECEIVERS[0]))
        receiver = self.receiver(RECEIVERS[0])
        self.relay()
        for _ in range(4):  # whichever address comes first
            submit(message())
        receiver.wait(4)

    def test_private_address_is_skipped_unless_allowed(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", "127.0.0.9"))
        receiver = self.receiver("127.0.0.9")
        relay = self.relay()
        submit(message(), recipients="user@dest.example")
        self.eventually(lambda: re.search(r"(deferred|bounced) ", relay.log()), what="an outcome")
        self.assertEqual(receiver.sessions, [])
        relay.stop()
        second = self.relay(name="allowed", delivery={"allow_private_addresses": True})
        submit(message())
        receiver.wait(1)
        self.assertIsNone(second.process.poll())


class Misbehaviour(FlowTest):
    sender_box = Routing.sender_box

    def test_each_recipient_has_its_own_outcome(self):
        later = ["450 4.2.0 later", None]
        receiver = self.destination(replies={"RCPT": lambda _, line: (
            "550 5.1.1 no such user" if "gone@" in line else (later.pop(0) if later else None) if "later@" in line else None)})
        box = self.sender_box()
        relay = self.relay()
        submit(message(), recipients=["ok@dest.example", "later@dest.example", "gone@dest.example"])
        got = receiver.wait(2)
        self.assertEqual([m.recipients for m in got], [["ok@dest.example"], ["later@dest.example"]])
        report = box.wait(1)[0].data
        self.assertIn(b"gone@dest.example", report)
        self.assertIn(b"5.1.1", report)
        self.assertNotIn(b"later@dest.example", report.split(b"message/delivery-status")[1].split(b"\r\n--")[0])
        relay.wait_empty()

    def test_dropped_after_the_dot_is_sent_again(self):
        receiver = self.destination(replies={".": [DROP, None]})
        relay = self.relay()
        submit(message())
        receiver.wait(1)
        relay.wait_empty()
        self.assertEqual(len(receiver.messages), 1)

    def test_garbage_after_the_dot_is_no_delivery(self):
        receiver = self.destination(replies={".": ["hello world", None]})
        relay = self.relay()
        submit(message())
        receiver.wait(1)
        relay.wait_empty()
        self.assertEqual(len(receiver.messages), 1)
        self.assertIn("deferred", relay.log())

    def test_421_after_the_dot_is_tried_again(self):
        receiver = self.destination(replies={".": ["421 4.3.2 shutting down", None]})
        relay = self.relay()
        submit(message())
        receiver.wait(1)
        relay.wait_empty()

    def test_greylisting_ends_in_delivery(self):
        receiver = self.destination(replies={"RCPT": ["451 4.7.1 greylisted", None]})
        relay = self.relay()
        queue_id = submit(message())
        receiver.wait(1)
        relay.wait_log(rf"deferred .*id={queue_id}.*451 4\.7\.1 greylisted")

    def test_nothing_is_sent_after_354_when_every_recipient_was_refused(self):
        receiver = self.destination(replies={"RCPT": "550 5.1.1 no", "DATA": "354 really?", ".": "250 taken?"})
        box = self.sender_box()
        self.relay()
        submit(message())
        box.wait(1)
        self.assertEqual([m.data for m in receiver.messages if m.data], [])

    def test_8bit_message_is_not_sent_to_a_7bit_host(self):
        receiver = self.destination(extensions=("PIPELINING",))
        box = self.sender_box()
        self.relay()
        submit(message(body="Grüße\r\n".encode()), options=["BODY=8BITMIME"])
        self.assertIn(b"5.6.3", box.wait(1)[0].data)
        self.assertEqual(receiver.messages, [])

    def test_8bit_message_arrives_where_8bit_is_taken(self):
        receiver = self.destination()
        self.relay()
        text = message(body="Grüße\r\n".encode())
        submit(text, options=["BODY=8BITMIME"])
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))
        self.assertTrue(any("BODY=8BITMIME" in line for line in receiver.lines()))

    def test_message_over_the_announced_size_is_not_sent(self):
        receiver = self.destination(extensions=("PIPELINING", "SIZE 2000", "8BITMIME"))
        box = self.sender_box()
        self.relay()
        submit(message(body=b"x" * 70 + b"\r\n" + b"y" * 70 + b"\r\n" * 1000))
        self.assertIn(b"5.3.4", box.wait(1)[0].data)
        self.assertEqual(receiver.messages, [])

    def test_host_that_knows_helo_only(self):
        receiver = self.destination(replies={"EHLO": "502 5.5.1 what?"})
        self.relay()
        submit(message())
        receiver.wait(1)

    def test_one_connection_serves_the_next_message_of_the_site(self):
        receiver = self.destination()
        relay = self.relay()
        for n in range(5):
            submit(message())
            receiver.wait(n + 1)
        self.assertEqual(len(receiver.sessions), 1)
        relay.stop()
        self.assertEqual(receiver.lines()[-1], "QUIT")

    def test_connection_ends_after_its_share_of_messages(self):
        receiver = self.destination()
        self.relay(delivery={"messages_per_connection": 2})
        for n in range(4):
            submit(message())
            receiver.wait(n + 1)
        self.assertEqual(len(receiver.sessions), 2)

    def test_no_more_connections_to_a_site_than_allowed(self):
        receiver = self.destination(replies={"DATA": HANG})
        self.relay(delivery={"connections_per_site": 2})
        for _ in range(6):
            submit(message())
        receiver.wait_sessions(2)
        self.eventually(lambda: sum("DATA" in s.lines for s in receiver.sessions) == 2, what="both in DATA")
        submit(message())
        self.assertEqual(len(receiver.sessions), 2)

    def test_slow_site_does_not_keep_others_waiting(self):
        slow = self.destination("slow.example", RECEIVERS[5], replies={"": HANG})
        fast = self.destination("fast.example", RECEIVERS[6])
        self.relay()
        submit(message(), recipients="user@slow.example")
        slow.wait_sessions(1)
        submit(message(), recipients="user@fast.example")
        fast.wait(1, 10)

    def test_one_message_for_several_recipients_of_a_site(self):
        receiver = self.destination()
        self.relay()
        submit(message(), recipients=[f"u{n}@dest.example" for n in range(5)])
        self.assertEqual(receiver.wait(1)[0].recipients, [f"u{n}@dest.example" for n in range(5)])


if __name__ == "__main__":
    main()
