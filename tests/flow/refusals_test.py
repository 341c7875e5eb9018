#!/usr/bin/python3
"""Each bad input has its own reply, and nothing of it ever leaves."""
from harness import *


class Refusals(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()

    def assertRefused(self, answer, code, enhanced):
        text = f"{answer[0]} {answer[1]}" if isinstance(answer, tuple) else answer
        self.assertTrue(text.startswith(f"{code} {enhanced}"), text)

    def nothing_left(self, relay):
        """Whatever was wrongly taken would have arrived before this does."""
        text = message()
        submit(text)
        self.assertEqual([m.number for m in self.box.wait(1)], [text.number])
        self.assertEqual(relay.metric("signet_messages_accepted_total"), 1)

    def transaction(self, client):
        self.assertTrue(client.ask("MAIL FROM:<app@example.com>").startswith("250"))
        self.assertTrue(client.ask("RCPT TO:<user@dest.example>").startswith("250"))
        self.assertTrue(client.ask("DATA").startswith("354"))

    def test_client_that_is_not_listed(self):
        relay = self.relay(listener=[{"address": "0.0.0.0:2525", "clients": ["127.0.0.0/8"]}])
        for sender in ("app@example.com", "", "x@elsewhere.example"):
            with Raw(SOURCE, 2525) as client:
                answer = client.ask(f"MAIL FROM:<{sender}>")
                if answer.startswith("250"):
                    answer = client.ask("RCPT TO:<user@dest.example>")
                self.assertRefused(answer, 550, "5.7.1")
        self.nothing_left(relay)

    def test_author_domain_that_is_not_ours(self):
        relay = self.relay()
        self.assertRefused(submit_raw(message(sender="ceo@elsewhere.example")), 550, "5.7.1")
        self.assertRefused(submit_raw(message(sender="app@sub.example.com")), 550, "5.7.1")
        self.nothing_left(relay)

    def test_envelope_sender_that_is_not_ours(self):
        relay = self.relay()
        self.assertRefused(submit_raw(message(), sender="app@elsewhere.example"), 550, "5.7.1")
        self.nothing_left(relay)

    def test_envelope_only_domain_sends_but_does_not_author(self):
        selectors = [{"name": n, "key": p} for n, p in self.keys]
        relay = self.relay(domain=[{"name": "example.com", "selector": selectors}, {"name": "bounce.example.com", "envelope_only": True}])
        self.assertRefused(submit_raw(message(sender="app@bounce.example.com")), 550, "5.7.1")
        submit(message(), sender="x@bounce.example.com")
        self.assertEqual(self.box.wait(1)[0].sender, "x@bounce.example.com")
        self.assertIsNone(relay.process.poll())

    def test_two_author_fields(self):
        relay = self.relay()
        self.assertRefused(submit_raw(message(extra=b"From: <other@example.com>\r\n")), 550, "5.6.0")
        self.nothing_left(relay)

    def test_no_author_and_no_sender(self):
        relay = self.relay()
        text = Text(b"To: <user@dest.example>\r\nSubject: who?\r\n\r\nhello\r\n")
        self.assertEqual(submit_raw(text, sender="")[0], 550)
        self.nothing_left(relay)

    def test_bare_line_ends_smuggle_nothing(self):
        relay = self.relay()
        second = b"MAIL FROM:<app@example.com>\r\nRCPT TO:<user@dest.example>\r\nDATA\r\nFrom: <app@example.com>\r\n\r\nsmuggled\r\n.\r\n"
        for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n"):
            with self.subTest(end=end), Raw() as client:
                self.transaction(client)
                client.say(b"From: <app@example.com>\r\n\r\nfirst" + end + second)
                self.assertRefused(client.reply(), 550, "5.5.2")
                self.assertTrue(client.ask("NOOP").startswith("250"))
        with Raw() as client:
            self.transaction(client)
            client.say(b"From: <app@example.com>\r\n\r\none\ntwo\r\n.\r\n")
            self.assertRefused(client.reply(), 550, "5.5.2")
        self.nothing_left(relay)

    def test_too_many_hops(self):
        relay = self.relay()
        self.assertRefused(submit_raw(message(extra=b"Received: by hop; Sat, 01 Nov 2025 10:00:00 +0000\r\n" * 101)), 554, "5.4.6")
        self.nothing_left(relay)

    def test_announced_size(self):
        relay = self.relay(limits={"message_size": "64KiB"})
        with Raw() as client:
            self.assertIn("SIZE 65536", client.ehlo)
            self.assertRefused(client.ask("MAIL FROM:<app@example.com> SIZE=65537"), 552, "5.3.4")
            self.assertTrue(client.ask("MAIL FROM:<app@example.com> SIZE=65536").startswith("250"))
        self.nothing_left(relay)

    def test_real_size(self):
        relay = self.relay(limits={"message_size": "64KiB"})
        self.assertRefused(submit_raw(message(body=b"0123456789abcde\r\n" * 8192)), 552, "5.3.4")
        self.nothing_left(relay)

    def test_too_many_recipients(self):
        relay = self.relay(limits={"recipients": 100})
        with Raw() as client:
            client.ask("MAIL FROM:<app@example.com>")
            for n in range(100):
                self.assertTrue(client.ask(f"RCPT TO:<u{n}@dest.example>").startswith("250"))
            self.assertRefused(client.ask("RCPT TO:<more@dest.example>"), 452, "4.5.3")
            self.assertTrue(client.ask("DATA").startswith("354"))
            client.say(bytes(message()) + b".\r\n")
            self.assertTrue(client.reply().startswith("250"))
        self.assertEqual(sum(len(m.recipients) for m in self.box.wait(1)), 100)
        self.assertIsNone(relay.process.poll())

    def test_web_browser(self):
        relay = self.relay()
        for first in (b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n"):
            with Raw(greet=False) as client:
                client.reply()
                client.say(first + b"\r\nEHLO x\r\nMAIL FROM:<app@example.com>\r\nRCPT TO:<user@dest.example>\r\nDATA\r\n"
                           b"From: <app@example.com>\r\n\r\nx\r\n.\r\n")
                self.assertLessEqual(len(client.replies_until_closed()), 1)
        self.nothing_left(relay)

    def test_commands_out_of_order(self):
        relay = self.relay()
        with Raw() as client:
            self.assertRefused(client.ask("RCPT TO:<user@dest.example>"), 503, "5.5.1")
            self.assertRefused(client.ask("DATA"), 503, "5.5.1")
            client.ask("MAIL FROM:<app@example.com>")
            self.assertRefused(client.ask("MAIL FROM:<app@example.com>"), 503, "5.5.1")
            self.assertTrue(client.ask("RSET").startswith("250"))
            self.assertRefused(client.ask("RCPT TO:<user@dest.example>"), 503, "5.5.1")
            self.assertTrue(client.ask("VRFY user").startswith("252"))
            self.assertTrue(client.ask("EXPN all").startswith("502"))
        self.nothing_left(relay)

    def test_endless_mistakes(self):
        relay = self.relay(limits={"errors": 5})
        with Raw() as client:
            client.say(b"nonsense\r\n" * 20)
            replies = client.replies_until_closed()
        self.assertTrue(replies[-1].startswith("421"), replies)
        self.assertLessEqual(len(replies), 7)
        self.nothing_left(relay)

    def test_endless_command_line(self):
        relay = self.relay()
        with Raw() as client:
            client.say(b"MAIL FROM:<" + b"a" * 65536 + b"@example.com>\r\nNOOP\r\n")
            self.assertTrue(client.reply().startswith("500"))
            self.assertTrue(client.reply().startswith("250"))
        self.nothing_left(relay)

    def test_too_many_connections_of_one_client(self):
        relay = self.relay(limits={"connections_per_client": 3})
        held = [Raw() for _ in range(3)]
        with Raw(greet=False) as client:
            self.assertRefused(client.reply(), 421, "4.7.0")
        for client in held:
            client.close()
        self.eventually(lambda: relay.metric("signet_smtp_connections", direction="in") == 0, what="connections closed")
        self.nothing_left(relay)

    def test_too_many_messages_in_a_minute(self):
        relay = self.relay(limits={"messages_per_minute_per_client": 2})
        with Raw() as client:
            for _ in range(2):
                self.assertTrue(client.ask("MAIL FROM:<app@example.com>").startswith("250"))
                client.ask("RSET")
            self.assertRefused(client.ask("MAIL FROM:<app@example.com>"), 451, "4.7.1")
        relay.stop()

    def test_more_messages_at_once_than_there_is_memory_for(self):
        relay = self.relay(limits={"memory": "4MiB"})
        text = message(body=b"a line of a long message\r\n" * 100_000)
        half = len(bytes(text)) // 2
        clients = [Raw(timeout=60) for _ in range(12)]
        for client in clients:
            self.transaction_begun(client)
        begun, waiting = [], []
        for client in clients:
            (waiting if client.quiet(0.3) else begun).append(client)
        self.assertTrue(begun and waiting, (len(begun), len(waiting)))
        for client in begun:
            self.assertTrue(client.reply().startswith("354"))
            client.say(bytes(text)[:half])
        for client in begun:
            client.say(bytes(text)[half:] + b".\r\n")
            self.assertTrue(client.reply().startswith("250"))
        for client in waiting:  # each goes on once another ended
            self.assertTrue(client.reply().startswith("354"))
            client.say(bytes(text) + b".\r\n")
            self.assertTrue(client.reply().startswith("250"))
        self.box.wait(12, timeout=60)
        self.assertEqual(relay.metric("signet_memory_budget_bytes", use="receiving"), 0)

    def transaction_begun(self, client):
        self.assertTrue(client.ask("MAIL FROM:<app@example.com>").startswith("250"))
        self.assertTrue(client.ask("RCPT TO:<user@dest.example>").startswith("250"))
        client.say("DATA")

    def test_injection_through_addresses(self):
        relay = self.relay()
        with Raw() as client:
            for line in ("MAIL FROM:<app@example.com> X-UNKNOWN=1", "MAIL FROM:<app@example.com>> SIZE=1", "MAIL FROM:app@example.com",
                         "MAIL FROM:<a\x00b@example.com>", "MAIL FROM:<@example.com>", "MAIL FROM:<app@exa mple.com>"):
                self.assertEqual(client.ask(line.encode() + b"\r\n")[0], "5", line)
        self.nothing_left(relay)


if __name__ == "__main__":
    main()
