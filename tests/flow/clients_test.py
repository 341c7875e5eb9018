#!/usr/bin/python3
"""Real clients get their mail through: smtplib, swaks, msmtp."""
import smtplib
import subprocess
from email.message import EmailMessage

from harness import *


class Clients(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()
        self.relay()

    def arrived(self):
        got = self.box.wait(1)[0]
        self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
        self.assertEqual([ok for _, ok in opendkim_results(got.data)], [True])
        return got

    def test_smtplib(self):
        text = EmailMessage()
        text["From"], text["To"], text["Subject"] = "app@example.com", "user@dest.example", "From smtplib"
        text.set_content("Hello\n.\nGrüße\n")
        with smtplib.SMTP("127.0.0.1", 2525) as client:
            self.assertEqual(client.send_message(text), {})
        self.assertIn(b"Subject: From smtplib", self.arrived().data)

    def test_swaks(self):
        done = subprocess.run([program("swaks"), "--server", "127.0.0.1:2525", "--from", "app@example.com", "--to", "user@dest.example",
                               "--helo", "client.example.com", "--header", "Subject: From swaks", "--pipeline"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("queued as", done.stdout)
        self.assertIn(b"Subject: From swaks", self.arrived().data)

    def test_msmtp(self):
        done = subprocess.run([program("msmtp"), "--file=/dev/null", "--host=127.0.0.1", "--port=2525", "--auth=off", "--tls=off",
                               "--from=app@example.com", "user@dest.example"], input=bytes(message(subject="From msmtp")),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(b"Subject: From msmtp", self.arrived().data)

    def test_several_messages_over_one_connection(self):
        with smtplib.SMTP("127.0.0.1", 2525) as client:
            for n in range(5):
                client.sendmail("app@example.com", "user@dest.example", bytes(message()))
        self.box.wait(5)

    def test_pipelined_transaction(self):
        text = message()
        with Raw() as client:
            client.say(b"MAIL FROM:<app@example.com>\r\nRCPT TO:<user@dest.example>\r\nRCPT TO:<bad\r\nDATA\r\n")
            codes = [client.reply()[:3] for _ in range(4)]
            self.assertEqual((codes[0], codes[1], codes[2][0], codes[3]), ("250", "250", "5", "354"))
            client.say(bytes(text).replace(b"\r\n.", b"\r\n..") + b".\r\nQUIT\r\n")
            self.assertTrue(client.reply().startswith("250 2.0.0 queued as "))
            self.assertTrue(client.reply().startswith("221"))
        self.assertTrue(self.arrived().data.endswith(text))


if __name__ == "__main__":
    main()
