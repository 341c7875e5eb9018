#!/usr/bin/python3
"""REQUIRETLS: what its sender wants protected on every hop is never sent in the clear, and comes back as its header."""
import smtplib
import ssl

from harness import *
from harness.clients import queue_id
from harness.credentials import HOST, host_certificate

SECRET = b"the secret of the body\r\n"


class RequireTls(FlowTest):
    def setUp(self):
        super().setUp()
        self.certificate, key = host_certificate(self.folder)
        self.listener = [{"address": "127.0.0.1:2525", "clients": ["127.0.0.0/8"], "tls": "starttls",
                          "certificate": self.certificate, "key": key}]
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[100]))
        self.box = self.receiver(RECEIVERS[100])

    def serving(self, **more):
        return self.relay(listener=self.listener, **more)

    def client(self, tls=True):
        client = smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20)
        self.addCleanup(client.close)
        client._host = HOST  # the name in the certificate
        client.ehlo()
        if tls:
            self.assertEqual(client.starttls(context=ssl.create_default_context(cafile=self.certificate))[0], 220)
            client.ehlo()
        return client

    def send(self, text, options=("REQUIRETLS",), sender="app@example.com"):
        """The queue id."""
        client = self.client()
        self.assertEqual(client.mail(sender, list(options))[0], 250)
        self.assertEqual(client.rcpt("user@dest.example")[0], 250)
        code, reply = client.data(bytes(text))
        self.assertEqual(code, 250, reply)
        return queue_id(reply.decode())

    def never_sent(self, *receivers):
        for receiver in receivers:
            self.assertEqual([line for line in receiver.lines() if line.split(" ")[0] in ("MAIL", "RCPT", "DATA")], [])
            self.assertEqual(receiver.messages, [])

    def test_is_offered_and_taken_under_tls_only(self):
        self.serving()
        clear = self.client(tls=False)
        self.assertFalse(clear.has_extn("requiretls"))
        code, reply = clear.mail("app@example.com", ["REQUIRETLS"])
        self.assertEqual((code, reply.split()[0]), (555, b"5.5.4"))
        secured = self.client()
        self.assertTrue(secured.has_extn("requiretls"))
        self.assertEqual(secured.mail("app@example.com", ["REQUIRETLS=1"])[0], 501)
        self.assertEqual(secured.mail("app@example.com", ["REQUIRETLS"])[0], 250)

    def test_is_never_sent_in_the_clear_and_comes_back_as_its_header(self):
        self.dns.mail_domain("dest.example", (10, "mx0.dest.example", RECEIVERS[0]), (20, "mx1.dest.example", RECEIVERS[1]))
        receivers = [self.receiver(RECEIVERS[0]), self.receiver(RECEIVERS[1], extensions=("PIPELINING", "REQUIRETLS"))]
        relay = self.serving()
        text = message(body=SECRET, extra=b"TLS-Required: No\r\n")
        queued = self.send(text, ["REQUIRETLS", "RET=FULL"])
        got = self.box.wait(1)[0]
        self.assertEqual((got.sender, got.recipients), ("", ["app@example.com"]))
        self.assertIn(b"\r\nStatus: 5.7.30\r\n", got.data)
        self.assertIn(b"Content-Type: text/rfc822-headers", got.data)
        self.assertIn(text.number.encode(), got.data)
        self.assertNotIn(SECRET.strip(), got.data)
        self.assertEqual(dkimpy_results(got.data), [("rsa-sha256", True), ("ed25519-sha256", True)])
        relay.wait_empty()
        relay.wait_log(rf"bounced id={queued} .*requires TLS")
        self.assertTrue(all(receiver.sessions for receiver in receivers), "each host is asked")
        self.never_sent(*receivers)
        self.assertEqual(len(self.box.messages), 1)

    def test_is_still_required_after_a_restart(self):
        self.busy = True
        receiver = self.destination(replies={"": lambda *_: "421 4.3.2 busy" if self.busy else None})
        relay = self.serving()
        queued = self.send(message(body=SECRET))
        relay.wait_log(rf"deferred .*id={queued}")
        self.assertIn("REQUIRETLS", relay.show(queued))
        relay.kill()
        self.busy = False
        relay.start()
        self.assertIn(b"\r\nStatus: 5.7.30\r\n", self.box.wait(1)[0].data)
        relay.wait_empty()
        self.never_sent(receiver)

    def test_other_mail_of_such_a_client_goes_as_ever(self):
        receiver = self.destination()
        self.serving()
        text = message(extra=b"TLS-Required: No\r\n")
        self.send(text, ())
        got = receiver.wait(1)[0]
        self.assertTrue(got.data.endswith(text))
        self.assertNotIn("REQUIRETLS", " ".join(receiver.lines()))

    # RFC 8689 5: the report MUST be protected like the message.
    def test_its_report_requires_it_too(self):
        self.destination()
        self.box.replies[""] = "421 4.3.2 busy"
        relay = self.serving()
        queued = self.send(message())
        report = relay.wait_log(rf"notice .*id=(\S+) for={queued}").group(1)
        relay.wait_log(rf"deferred .*id={report}")
        self.assertIn("REQUIRETLS", relay.show(report))
        self.box.replies[""] = None
        self.assertEqual(self.box.wait(1)[0].sender, "")
        relay.wait_empty()

    # RFC 8689 5: a report SHOULD NOT be lost because the next hop does not offer REQUIRETLS.
    def test_a_report_is_not_lost(self):
        receiver = self.destination()
        relay = self.serving()
        queued = self.send(message(), sender="")
        receiver.wait(1)
        self.assertEqual([line for line in receiver.lines() if line.startswith("MAIL")][0].split(" ")[1], "FROM:<>")
        self.assertNotIn("REQUIRETLS", " ".join(receiver.lines()))
        relay.wait_log(rf"accepted .*id={queued}")
        relay.wait_empty()


if __name__ == "__main__":
    main()
