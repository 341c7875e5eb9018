#!/usr/bin/python3
"""What the relay adds, removes and leaves alone in a message."""
import email.utils
import re

from harness import *


class Headers(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()
        self.relay_ = self.relay()

    def arrive(self, text, **options):
        count = len(self.box.messages)
        self.queue_id = submit(text, **options)
        got = self.box.wait(count + 1)[-1]
        self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
        fields, _ = split(got.data)
        self.signed = [dkim_tags(f)["h"].lower().split(":") for f in fields if f.startswith(b"DKIM-Signature:")]
        self.fields = {}
        for field in fields:
            name, value = field.decode().split(":", 1)
            self.fields.setdefault(name.lower(), []).append(re.sub(r"\s+", " ", value).strip())
        return got

    def test_missing_fields_are_added(self):
        self.arrive(Text(b"To: <user@dest.example>\r\nSubject: bare\r\n\r\nhello\r\n"))
        self.assertEqual(len(self.fields["from"]), 1)
        self.assertIn("app@example.com", self.fields["from"][0])
        self.assertIsNotNone(email.utils.parsedate_to_datetime(self.fields["date"][0]))
        self.assertRegex(self.fields["message-id"][0], r"^<[^<>@\s]+@[^<>@\s]+>$")
        for name in ("from", "date", "message-id"):
            for names in self.signed:
                self.assertIn(name, names)

    def test_fields_that_are_there_stay(self):
        text = message()
        got = self.arrive(text)
        self.assertTrue(got.data.endswith(text))
        for name in ("from", "date", "message-id"):
            self.assertEqual(len(self.fields[name]), 1)

    def test_blind_recipients_and_return_path_go(self):
        self.arrive(message(extra=b"Bcc: secret@dest.example,\r\n other@dest.example\r\nResent-Bcc: hidden@dest.example\r\n"
                            b"Return-Path: <old@example.com>\r\nX-Stays: yes\r\n"))
        for name in ("bcc", "resent-bcc", "return-path"):
            self.assertNotIn(name, self.fields)
        self.assertEqual(self.fields["x-stays"], ["yes"])
        self.assertNotIn(b"other@dest.example", self.box.messages[-1].data)

    def test_received_names_the_only_recipient(self):
        self.arrive(message())
        self.assertIn("for <user@dest.example>", self.fields["received"][0])
        self.assertIn(self.queue_id, self.fields["received"][0])
        self.assertIn("by relay.example.org", self.fields["received"][0])

    def test_received_names_none_of_several_recipients(self):
        self.arrive(message(), recipients=["a@dest.example", "b@dest.example"])
        self.assertNotIn(" for ", self.fields["received"][0])
        self.assertNotIn("@dest.example", self.fields["received"][0])

    def test_from_is_oversigned(self):
        self.arrive(message())
        for names in self.signed:
            self.assertEqual(names.count("from"), 2)
            self.assertEqual(names.count("subject"), 2)
        for field in split(self.box.messages[-1].data)[0]:
            if field.startswith(b"DKIM-Signature:"):
                self.assertNotIn("l", dkim_tags(field))

    def test_odd_but_valid_fields_survive_and_verify(self):
        text = message(extra=b"X-Folded: a\r\n\tb\r\n   c\r\nX-Empty:\r\nX-Colon::x\r\nx-CASE: y\r\n")
        got = self.arrive(text)
        self.assertTrue(got.data.endswith(text))


if __name__ == "__main__":
    main()
