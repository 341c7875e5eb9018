#!/usr/bin/python3
"""What is made of a message before it is signed: addresses completed, long lines and 8-bit text encoded, the client hidden;
and how many messages may wait."""
import email
import email.policy
import smtplib

from harness import *

SEVEN_BIT = ("PIPELINING", "SIZE 52428800")


def parsed(got):
    return email.message_from_bytes(got.data, policy=email.policy.default)


def multipart(*parts, kind="mixed"):
    lines = [f"From: <app@example.com>\r\nTo: <user@dest.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=b\r\n"
             .encode()]
    for part in parts:
        lines.append(b"--b\r\n" + part)
    return Text(b"\r\n".join(lines) + b"\r\n--b--\r\n")


class Intake(FlowTest):
    def arrive(self, box, text, **options):
        """The message as it came to the receiver, and was signed."""
        count = len(box.messages)
        submit(text, **options)
        got = box.wait(count + 1)[count]
        self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
        self.assertEqual(opendkim_results(got.data), [("rsa-sha256", True)])
        self.assertLessEqual(max(len(line) for line in got.data.split(b"\r\n")), 998)
        return got

    def test_bare_addresses_are_completed(self):
        box = self.destination()
        self.relay(intake={"origin": "example.com"})
        got = self.arrive(box, Text(b"From: Cron Daemon <root>\r\nTo: user@dest.example, admin\r\nCc: ops\r\nSubject: root\r\n\r\nx\r\n"),
                          sender="root")
        self.assertEqual(got.sender, "root@example.com")
        message_ = parsed(got)
        self.assertEqual(message_["From"].addresses[0].addr_spec, "root@example.com")
        self.assertEqual([a.addr_spec for a in message_["To"].addresses], ["user@dest.example", "admin@example.com"])
        self.assertEqual(message_["Cc"].addresses[0].addr_spec, "ops@example.com")
        self.assertEqual(message_["Subject"], "root")

    def test_bare_addresses_are_refused_without_an_origin(self):
        self.relay()
        with smtplib.SMTP("127.0.0.1", 2525) as client:
            client.ehlo()
            for command, enhanced in (("MAIL FROM:<root>", b"5.1.7"), ("RCPT TO:<admin>", b"5.1.3")):
                if command.startswith("RCPT"):
                    self.assertEqual(client.docmd("MAIL FROM:<app@example.com>")[0], 250)
                code, said = client.docmd(command)
                self.assertEqual((code, said.split()[0]), (550, enhanced))
                self.assertIn(b"intake.origin", said)
            client.docmd("RCPT TO:<user@dest.example>")
            client.docmd("DATA")
            client.send(b"From: root\r\n\r\nx\r\n.\r\n")
            code, said = client.getreply()
            self.assertEqual((code, said.split()[0]), (550, b"5.6.0"))
            self.assertIn(b"intake.origin", said)

    def test_long_lines_are_encoded_and_verify(self):
        box = self.destination()
        self.relay()
        line = "é=x " * 400 + "end"
        got = self.arrive(box, message(body=line.encode() + b"\r\n.\r\n..dots\r\nshort\r\n"))
        self.assertEqual(parsed(got).get_content().splitlines(), [line, ".", "..dots", "short"])

    def test_only_the_part_with_the_long_line_is_encoded(self):
        box = self.destination()
        self.relay()
        got = self.arrive(box, multipart(
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ngr\xc3\xbc\xc3\x9fe",
            b"Content-Type: text/html\r\n\r\n<p>" + b"y" * 5000 + b"</p>",
            b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 700))
        plain, html, data = parsed(got).iter_parts()
        self.assertEqual((plain["Content-Transfer-Encoding"], plain.get_content()), ("8bit", "grüße"))
        self.assertEqual((html["Content-Transfer-Encoding"], html.get_content()), ("quoted-printable", "<p>" + "y" * 5000 + "</p>"))
        self.assertEqual((data["Content-Transfer-Encoding"], data.get_content()), ("base64", b"ABC" * 700))

    def test_what_is_signed_already_is_refused_instead(self):
        box = self.destination()
        self.relay()
        signature = b"Content-Type: application/pgp-signature\r\n\r\nsig"
        code, said = submit_raw(multipart(b"\r\n" + b"z" * 999, signature, kind="signed"))
        self.assertEqual((code, said.split()[0]), (550, "5.6.0"))
        self.arrive(box, multipart(b"\r\nshort", signature, kind="signed"))

    def test_long_lines_are_refused_on_wish(self):
        box = self.destination()
        self.relay(intake={"long_lines": "refuse"})
        code, said = submit_raw(message(body=b"w" * 999 + b"\r\n"))
        self.assertEqual((code, said.split()[0]), (550, "5.6.0"))
        self.arrive(box, message(body=b"w" * 998 + b"\r\n"))

    def test_eight_bit_text_reaches_a_seven_bit_host_on_wish(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", RECEIVERS[0]))
        box = self.receiver(RECEIVERS[0], extensions=SEVEN_BIT)
        self.relay(intake={"eight_bit": "encode"})
        got = self.arrive(box, message(body="Grüße\r\n".encode()), options=["BODY=8BITMIME"])
        self.assertTrue(got.data.isascii())
        self.assertEqual(parsed(got).get_content().strip(), "Grüße")

    def test_a_long_message_is_encoded_row_by_row(self):
        box = self.destination()
        self.relay()
        lines = ["%06d " % n + "v" * 1500 for n in range(2000)]
        got = self.arrive(box, message(body="\r\n".join(lines).encode() + b"\r\n"))
        self.assertEqual(parsed(got).get_content().splitlines(), lines)

    def test_the_client_is_hidden_on_wish(self):
        box = self.destination()
        relay = self.relay(intake={"received_client": "hidden"})
        got = self.arrive(box, message())
        own = next(field for field in split(got.data)[0] if field.startswith(b"Received:"))
        self.assertTrue(own.startswith(b"Received: by relay.example.org with ESMTP id "), own)
        self.assertNotIn(b"127.0.0.1", own)
        relay.wait_log(r"accepted .*client=127\.0\.0\.1")

    def test_a_full_queue_defers_and_recovers(self):
        self.dns.mail_domain("dest.example", (10, "mx.dest.example", RECEIVERS[0]))
        self.relay(limits={"queue_messages": 3}, queue={"retry": ["1s"]})
        for _ in range(3):
            submit(message())  # nobody is there
        code, said = submit_raw(message())
        self.assertEqual((code, said.split()[0]), (452, "4.3.1"))
        box = self.receiver(RECEIVERS[0])
        box.wait(3)
        self.eventually(lambda: submit_raw(message())[0] == 250, what="room in the queue")
        box.wait(4)


if __name__ == "__main__":
    main()
