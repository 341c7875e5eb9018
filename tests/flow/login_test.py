#!/usr/bin/python3
"""TLS and logins: who is let in, under what protection, and as whom they may write."""
import base64
import os
import smtplib
import socket
import ssl
import subprocess
import time

from harness import *
from harness.credentials import HOST, PASSWORD, USER, certificate, host_certificate, user
from harness.relay import toml

PLAIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


class Login(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()
        self.certificate, self.key = host_certificate(self.folder)
        self.trust = ssl.create_default_context(cafile=self.certificate)

    def listener(self, tls, **more):
        return [{"address": "127.0.0.1:2525", "tls": tls, "certificate": self.certificate, "key": self.key,
                 "clients": ["192.0.2.250"], **more}]

    def users(self, relay, **more):
        relay.configure({"user": [user(**more)]})

    def serving(self, tls, billing=None, **more):
        relay = self.relay(start=False, listener=self.listener(tls, **more))
        self.users(relay, **(billing or {}))
        return relay.start()

    def connect(self, tls, context=None):
        client = smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20)
        client._host = HOST  # the name in the certificate
        client.ehlo()
        if tls:
            self.assertEqual(client.starttls(context=context or self.trust)[0], 220)
            client.ehlo()
        self.addCleanup(client.close)
        return client

    def send(self, client, sender="app@example.com", author=None):
        return client.sendmail(sender, "user@dest.example", bytes(message(sender=author or sender)))

    def refused(self, client, code, enhanced, **mail):
        with self.assertRaises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as caught:
            self.send(client, **mail)
        answer = caught.exception
        self.assertEqual((answer.smtp_code, answer.smtp_error.decode().split()[0]), (code, enhanced), answer.smtp_error)

    def test_starttls_and_each_mechanism(self):
        relay = self.serving("starttls")
        for count, mechanism in enumerate(("PLAIN", "LOGIN"), 1):
            with self.subTest(mechanism):
                client = self.connect(tls=True)
                self.assertIn("AUTH SCRAM-SHA-256 PLAIN LOGIN", client.ehlo_resp.decode())
                client.user, client.password = "billing", PASSWORD
                self.assertEqual(client.auth(mechanism, getattr(client, "auth_" + mechanism.lower()))[0], 235)
                self.send(client)
                got = self.box.wait(count)[-1]
                self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
                self.assertIn(b" with ESMTPSA id ", got.data)
        self.assertRegex(relay.log(), r"accepted .*user=billing tls=TLSv1\.[23]")
        self.assertEqual(relay.metric("signet_tls_sessions_total", direction="in", policy="starttls", result="ok"), 2)

    def test_a_hashed_password_lets_in(self):
        relay = self.relay(start=False, listener=self.listener("starttls"))
        hashed = relay.run("hash-password", stdin=PASSWORD + "\n")
        self.assertEqual((hashed.returncode, hashed.stderr), (0, ""))
        relay.configure({"user": [{"name": "billing", "password": hashed.stdout.strip()}]})
        relay.start()
        self.assertEqual(self.connect(tls=True).login("billing", PASSWORD)[0], 235)
        self.assertNotIn(hashed.stdout.strip(), relay.run("config", "show").stdout)

    def test_scram_by_another_implementation(self):
        self.serving("starttls")
        done = subprocess.run([program("msmtp"), "--file=/dev/null", "--host=127.0.0.1", "--port=2525", "--tls=on", "--tls-starttls=on",
                               f"--tls-trust-file={self.certificate}", "--tls-host-override=relay.example.org", "--auth=scram-sha-256",
                               "--user=billing", f"--passwordeval=echo {PASSWORD}", "--from=app@example.com", "user@dest.example"],
                              input=bytes(message()), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(b" with ESMTPSA id ", self.box.wait(1)[0].data)

    def test_implicit_tls(self):
        self.serving("implicit", clients=["127.0.0.0/8"])
        with socket.create_connection(("127.0.0.1", 2525), timeout=20) as plain:
            with self.trust.wrap_socket(plain, server_hostname="relay.example.org") as tls:
                self.assertTrue(tls.recv(1000).startswith(b"220 relay.example.org"))
                tls.sendall(b"EHLO client.example.com\r\n")
                self.assertNotIn(b"STARTTLS", tls.recv(4000))
                tls.sendall(b"MAIL FROM:<app@example.com>\r\nRCPT TO:<user@dest.example>\r\nDATA\r\n")
                seen = b""
                while b"354" not in seen:
                    seen += tls.recv(4000)
                tls.sendall(bytes(message()) + b".\r\nQUIT\r\n")
                seen = b""
                while b"221" not in seen:
                    seen += tls.recv(4000)
                self.assertIn(b"250 2.0.0 queued as ", seen)
                self.assertEqual(tls.recv(100), b"", "the end is a goodbye of TLS, no cut")
        self.assertIn(b" with ESMTPS id ", self.box.wait(1)[0].data)

    def test_required_starttls(self):
        self.serving("required-starttls", clients=["127.0.0.0/8"])
        clear = self.connect(tls=False)
        self.refused(clear, 530, "5.7.0")
        self.assertEqual(clear.docmd("NOOP")[0], 250)
        self.send(self.connect(tls=True))
        self.box.wait(1)

    def test_old_versions_are_refused(self):
        relay = self.serving("starttls")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(self.certificate)
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect(tls=True, context=old)
        relay.wait_log("tls-failed client=127.0.0.1")
        new = ssl.create_default_context(cafile=self.certificate)
        new.minimum_version = new.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(self.connect(tls=True, context=new).login("billing", PASSWORD)[0], 235)

    def test_nothing_said_in_the_clear_is_taken_for_tls(self):
        self.serving("starttls", clients=["127.0.0.0/8"])
        with Raw() as client:
            client.say(b"STARTTLS\r\nMAIL FROM:<app@example.com>\r\nRCPT TO:<user@dest.example>\r\n")
            self.assertEqual([r[:3] for r in client.replies_until_closed()], ["554"])
        with Raw() as client:
            self.assertTrue(client.ask("STARTTLS").startswith("220"))
            client.say(b"MAIL FROM:<app@example.com>\r\n")  # no handshake
            self.assertNotIn("250", client.reply())
        with Raw() as client:  # the beginning of a transaction is forgotten
            client.ask("MAIL FROM:<app@example.com>")
            self.assertTrue(client.ask("RSET").startswith("250"))
            self.assertTrue(client.ask("STARTTLS").startswith("220"))
            with self.trust.wrap_socket(client.socket, server_hostname="relay.example.org") as tls:
                tls.sendall(b"RCPT TO:<user@dest.example>\r\n")
                self.assertTrue(tls.recv(1000).startswith(b"503 "))

    def test_a_closed_tls_session_ends_the_connection(self):
        self.serving("starttls", clients=["127.0.0.0/8"])
        with Raw() as client:
            self.assertTrue(client.ask("STARTTLS").startswith("220"))
            tls = self.trust.wrap_socket(client.socket, server_hostname="relay.example.org")
            tls.sendall(b"EHLO x\r\n")
            tls.recv(4000)
            plain = tls.unwrap()
            try:
                plain.sendall(b"MAIL FROM:<app@example.com>\r\n")
                self.assertEqual(plain.recv(1000), b"")
            except ConnectionError:
                pass

    def test_passwords_wait_for_tls_off_this_host(self):
        relay = self.relay(start=False, listener=[{**self.listener("starttls")[0], "address": "0.0.0.0:2525"}])
        self.users(relay)
        relay.start()
        with Raw(SOURCE, 2525) as client:
            self.assertNotIn("AUTH", client.ehlo)
            self.assertTrue(client.ask("AUTH PLAIN " + PLAIN).startswith("538 5.7.11"))
            self.assertTrue(client.ask("MAIL FROM:<app@example.com>").startswith("530 5.7.0 say STARTTLS"))

    def test_wrong_passwords_cost_time_and_lock_out(self):
        relay = self.serving("starttls")
        wrong = base64.b64encode(b"\0billing\0guess").decode()
        begun = time.monotonic()
        with Raw() as client:
            self.assertTrue(client.ask("AUTH PLAIN " + wrong).startswith("535 5.7.8"))
            self.assertGreater(time.monotonic() - begun, 0.9)
            self.assertTrue(client.ask("AUTH PLAIN " + base64.b64encode(b"\0nobody\0guess").decode()).startswith("535 5.7.8"))
            self.assertTrue(client.ask("AUTH PLAIN " + wrong).startswith("535 5.7.8"))
            self.assertTrue(client.reply().startswith("421 4.7.0"))
        clients = [Raw() for _ in range(7)]
        for client in clients:
            client.say("AUTH PLAIN " + wrong)
        self.assertEqual([client.reply()[:3] for client in clients], ["535"] * 7)
        with Raw() as client:
            self.assertTrue(client.ask("AUTH PLAIN " + PLAIN).startswith("454 4.7.0"))
            self.assertTrue(client.ask("NOOP").startswith("250"))
        self.assertRegex(relay.log(), r"login-failed client=127\.0\.0\.1 advice=")
        self.assertNotIn("guess", relay.log())

    def test_a_login_forgives_the_failures_before_it(self):
        self.serving("starttls")
        wrong = base64.b64encode(b"\0billing\0guess").decode()
        for _ in range(2):  # 18 failures in all, never ten in a row
            clients = [Raw() for _ in range(9)]
            for client in clients:
                client.say("AUTH PLAIN " + wrong)
            self.assertEqual([client.reply()[:3] for client in clients], ["535"] * 9)
            with Raw() as client:
                self.assertTrue(client.ask("AUTH PLAIN " + PLAIN).startswith("235"))

    def test_senders_limit_envelope_and_author(self):
        self.serving("starttls", billing={"senders": ["noreply@example.com"]})
        client = self.connect(tls=True)
        client.login("billing", PASSWORD)
        self.refused(client, 550, "5.7.1", sender="app@example.com")
        self.refused(client, 550, "5.7.1", sender="noreply@example.com", author="ceo@example.com")
        self.refused(client, 550, "5.7.1", sender="", author="ceo@example.com")
        self.send(client, sender="noreply@example.com")
        self.assertEqual(self.box.wait(1)[0].sender, "noreply@example.com")

    def test_senders_limit_a_network(self):
        relay = self.relay(start=False)
        relay.write(toml({k: v for k, v in relay.config.items() if k != "listener"}) + '[[listener]]\naddress = "127.0.0.1:2525"\n'
                    'clients = [{ net = "127.0.0.0/8", senders = ["app@example.com"] }]\n')
        relay.start()
        with smtplib.SMTP("127.0.0.1", 2525) as client:
            self.refused(client, 550, "5.7.1", sender="ceo@example.com")
            self.refused(client, 550, "5.7.1", sender="app@example.com", author="ceo@example.com")
            self.send(client)
        self.box.wait(1)

    def test_client_certificates(self):
        certificate(self.folder, "ca")
        mine = certificate(self.folder, "printer.example.com", issuer="ca")
        certificate(self.folder, "otherca")
        strange = certificate(self.folder, "stranger", issuer="otherca")
        relay = self.serving("starttls", auth="required", client_ca=f"{self.folder}/ca.pem")
        known = ssl.create_default_context(cafile=self.certificate)
        known.load_cert_chain(*mine)
        self.send(self.connect(tls=True, context=known))
        self.assertIn(b" with ESMTPSA id ", self.box.wait(1)[0].data)
        self.assertIn("user=printer.example.com", relay.log())
        unknown = ssl.create_default_context(cafile=self.certificate)
        unknown.load_cert_chain(*strange)
        self.refused(self.connect(tls=True, context=unknown), 530, "5.7.0")
        self.refused(self.connect(tls=True), 530, "5.7.0")

    def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(self):
        relay = self.serving("starttls")

        def shown():
            client = self.connect(tls=True, context=context)
            return client.sock.getpeercert(True)

        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        first = shown()
        for name in ("pem", "key"):
            os.rename(f"{self.folder}/relay.example.org.{name}", f"{self.folder}/old.{name}")
        certificate(self.folder, "relay.example.org")
        self.eventually(lambda: shown() != first, what="the new certificate")
        second = shown()
        with open(self.certificate, "w") as file:
            file.write("no certificate\n")
        self.eventually(lambda: shown() and "no usable certificate" in relay.log(), what="a complaint")
        self.assertEqual(shown(), second)

    def test_a_certificate_that_does_not_fit_is_no_start(self):
        other, key = certificate(self.folder, "other")
        for tls, files, words in (("starttls", (self.certificate, key), "does not fit"),
                                  ("implicit", (self.folder + "/absent.pem", key), "absent.pem"),
                                  ("starttls", (key, key), "no usable certificate")):
            with self.subTest(words):
                relay = self.relay(start=False, name="r" + words[:3].strip(), listener=[
                    {"address": "127.0.0.1:2525", "tls": tls, "certificate": files[0], "key": files[1]}])
                relay.start(ready=False)
                self.assertEqual(relay.ended(), 1)
                self.assertIn(words, relay.log())

    def test_a_proxy_says_who_is_there(self):
        relay = self.relay(listener=[{"address": "127.0.0.1:2525", "clients": ["203.0.113.0/24"], "proxy_protocol": ["127.0.0.1"]}],
                           limits={"connections_per_client": 2})
        mail = b"EHLO client.example.com\r\nMAIL FROM:<app@example.com>\r\n"
        for header, code in ((b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 2525\r\n", "250"),
                             (b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 2525\r\n", "550"),
                             (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton("203.0.113.8") + socket.inet_aton("127.0.0.1") + b"\x9c\x40\x09\xdd", "250"),
                             (b"PROXY UNKNOWN\r\n", "550")):
            with self.subTest(header=header), Raw(greet=False) as client:
                for octet in header:  # in pieces, however small
                    client.say(bytes([octet]))
                self.assertTrue(client.reply().startswith("220"))
                client.say(mail)
                self.assertTrue(client.reply().startswith("250"))
                self.assertEqual(client.reply()[:3], code)
        for wrong in (b"EHLO client.example.com\r\n", b"PROXY TCP4 203.0.113.7\r\n", b"\x16\x03\x01"):
            with self.subTest(wrong=wrong), Raw(greet=False) as client:
                client.say(wrong)
                self.assertEqual(client.reply(), "")
        with Raw(greet=False) as client:
            client.say(b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 2525\r\nEHLO too soon\r\n")
            self.assertTrue(client.reply().startswith("554"))
        held = [Raw(greet=False).say(b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n") for _ in range(3)]
        self.assertEqual(sorted(client.reply()[:3] for client in held), ["220", "220", "421"])
        with Raw(greet=False) as client:
            client.say(b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 2525\r\n")
            self.assertTrue(client.reply().startswith("220"))
            client.ask("EHLO client.example.com")
            client.ask("MAIL FROM:<app@example.com>")
            client.ask("RCPT TO:<user@dest.example>")
            client.ask("DATA")
            client.say(bytes(message()))
            self.assertTrue(client.ask(".").startswith("250"))
        self.assertIn(b"([203.0.113.7])", self.box.wait(1)[0].data)
        self.assertIn("client=203.0.113.7", relay.log())

    def test_nobody_else_may_claim_an_address(self):
        self.relay(listener=[{"address": "127.0.0.1:2525", "clients": ["203.0.113.0/24"]}])
        with Raw(greet=False) as client:
            self.assertTrue(client.reply().startswith("220"))
            self.assertTrue(client.ask("PROXY TCP4 203.0.113.7 127.0.0.1 40000 2525").startswith("500"))
            client.ask("EHLO client.example.com")
            self.assertTrue(client.ask("MAIL FROM:<app@example.com>").startswith("550"))

    def test_tls_behind_a_proxy(self):
        self.serving("implicit", clients=["203.0.113.7"], proxy_protocol=["127.0.0.1"])
        with socket.create_connection(("127.0.0.1", 2525), timeout=20) as plain:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = self.trust.wrap_bio(incoming, outgoing, server_hostname="relay.example.org")
            with self.assertRaises(ssl.SSLWantReadError):
                tls.do_handshake()
            # The header and the client's hello in one segment.
            plain.sendall(b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 2525\r\n" + outgoing.read())
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    incoming.write(plain.recv(65536))
            plain.sendall(outgoing.read())
            while True:
                try:
                    self.assertTrue(tls.read(1000).startswith(b"220 "))
                    break
                except ssl.SSLWantReadError:
                    incoming.write(plain.recv(65536))


if __name__ == "__main__":
    main()
