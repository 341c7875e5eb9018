#!/usr/bin/python3
"""Real clients get their mail through, in the clear, with STARTTLS, with TLS from the start, and logged in as each can."""
import os
import smtplib
import subprocess
from email.message import EmailMessage

from harness import *
from harness.credentials import HOST, PASSWORD, USER, host_certificate, user

# One listener each; those with TLS want a login.
CLEAR, STARTTLS, SMTPS = 2525, 587, 465
# Go says SMTPUTF8 to whoever offers it.
IN_THE_CLEAR, LOGGED_IN = rb" with (ESMTP|UTF8SMTP) id ", rb" with (ESMTP|UTF8SMTP)SA id "

PERL = """
use strict;
use Net::SMTP;
my ($host, $port, $tls, $trust, $user, $password) = @ARGV;
my %tls = (SSL_ca_file => $trust, SSL_verify_mode => 1);
my $smtp = Net::SMTP->new($host, Port => $port, Hello => 'client.example.com', Timeout => 20, SSL => $tls eq 'smtps', %tls)
    or die "no connection: $@";
$tls ne 'starttls' or $smtp->starttls(%tls) or die $smtp->message;
!$user or $smtp->auth($user, $password) or die $smtp->message;
my $text = do { local $/; <STDIN> };
$smtp->mail('app@example.com') && $smtp->to('user@dest.example') && $smtp->data && $smtp->datasend($text) && $smtp->dataend
    or die $smtp->message;
$smtp->quit;
"""

PHP = """<?php
require 'libphp-phpmailer/autoload.php';
[, $host, $port, $tls, $trust, $user, $password] = $argv;
$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);
$mail->isSMTP();
[$mail->Host, $mail->Port, $mail->Hostname, $mail->Timeout] = [$host, (int)$port, 'client.example.com', 20];
[$mail->SMTPSecure, $mail->SMTPAutoTLS] = [['clear' => '', 'starttls' => 'tls', 'smtps' => 'ssl'][$tls], false];
$mail->SMTPOptions = ['ssl' => ['cafile' => $trust]];
[$mail->SMTPAuth, $mail->Username, $mail->Password] = [$user !== '', $user, $password];
$mail->CharSet = 'UTF-8';
$mail->setFrom('app@example.com', 'Bücher & Söhne');
$mail->addAddress('user@dest.example', 'Ein Kunde');
$mail->addBCC('hidden@dest.example');
$mail->Subject = 'From PHPMailer: Grüße';
$mail->isHTML();
$mail->Body = "<p>Grüße</p>\\n.\\n<p>" . str_repeat('long ', 400) . '</p>';
$mail->AltBody = "Grüße\\n.\\n";
$mail->addStringAttachment(random_bytes(20000), 'Rechnung.pdf');
$mail->send();
"""

GO = """package main

import (
	"io"
	"net"
	"net/smtp"
	"os"
)

func main() {
	var login smtp.Auth
	if len(os.Args) > 2 {
		host, _, _ := net.SplitHostPort(os.Args[1])
		login = smtp.PlainAuth("", os.Args[2], os.Args[3], host)
	}
	text, _ := io.ReadAll(os.Stdin)
	if err := smtp.SendMail(os.Args[1], login, "app@example.com", []string{"user@dest.example"}, text); err != nil {
		panic(err)
	}
}
"""


class ClientTest(FlowTest):
    def setUp(self):
        super().setUp()
        self.box = self.destination()
        self.dns.set("relay", f"{HOST}. A 127.0.0.1")
        self.certificate, key = host_certificate(self.folder)
        tls = {"certificate": self.certificate, "key": key, "auth": "required"}
        self.relay_ = self.relay(listener=[{"address": f"127.0.0.1:{CLEAR}"},
                                           {"address": f"127.0.0.1:{STARTTLS}", "tls": "starttls", **tls},
                                           {"address": f"127.0.0.1:{SMTPS}", "tls": "implicit", **tls}], user=[user()])

    def arrived(self, protocol=IN_THE_CLEAR, count=1):
        """The last of `count` messages, each signature of which verifies."""
        got = self.box.wait(count)[-1]
        self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
        self.assertEqual([ok for _, ok in opendkim_results(got.data)], [True])
        self.assertRegex(got.data, protocol)
        return got

    def client(self, *command, text=None, environment=None, status=0):
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
                              env={**os.environ, **(environment or {})})
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout.decode()

    def file(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w") as f:
            f.write(text)
        return path


class Programs(ClientTest):
    def test_smtplib(self):
        text = EmailMessage()
        text["From"], text["To"], text["Subject"] = "app@example.com", "user@dest.example", "From smtplib"
        text.set_content("Hello\n.\nGrüße\n")
        with smtplib.SMTP("127.0.0.1", CLEAR) as client:
            self.assertEqual(client.send_message(text), {})
        self.assertIn(b"Subject: From smtplib", self.arrived().data)

    def test_swaks(self):
        usual = [program("swaks"), "--from", "app@example.com", "--to", "user@dest.example", "--helo", "client.example.com",
                 "--header", "Subject: From swaks"]
        login = ["--tls-verify", "--tls-ca-path", self.certificate, "--auth", "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD]
        self.assertIn("queued as", self.client(*usual, "--server", HOST, "--port", str(CLEAR), "--pipeline"))
        self.assertIn(b"Subject: From swaks", self.arrived().data)
        self.client(*usual, *login, "--server", HOST, "--port", str(STARTTLS), "--tls")
        self.arrived(LOGGED_IN, 2)
        self.client(*usual, *login, "--server", HOST, "--port", str(SMTPS), "--tlsc")
        self.arrived(LOGGED_IN, 3)

    def test_msmtp(self):
        self.client(program("msmtp"), "--file=/dev/null", f"--host={HOST}", f"--port={CLEAR}", "--auth=off", "--tls=off",
                    "--from=app@example.com", "user@dest.example", text=bytes(message(subject="From msmtp")))
        self.assertIn(b"Subject: From msmtp", self.arrived().data)

    def test_curl(self):
        text = message(subject="From curl")
        usual = [program("curl"), "-sS", "--mail-from", "app@example.com", "--mail-rcpt", "user@dest.example", "--upload-file", "-"]
        login = ["--cacert", self.certificate, "--user", f"{USER}:{PASSWORD}", "--login-options", "AUTH=PLAIN"]
        self.client(*usual, f"smtp://{HOST}:{CLEAR}/client.example.com", text=bytes(text))
        self.assertTrue(self.arrived().data.endswith(text))
        self.client(*usual, *login, "--ssl-reqd", f"smtp://{HOST}:{STARTTLS}", text=bytes(text))
        self.assertTrue(self.arrived(LOGGED_IN, 2).data.endswith(text))
        self.client(*usual, *login, f"smtps://{HOST}:{SMTPS}", text=bytes(text))
        self.assertTrue(self.arrived(LOGGED_IN, 3).data.endswith(text))

    def test_net_smtp_of_perl(self):
        for count, (port, tls, *login) in enumerate([(CLEAR, "clear"), (STARTTLS, "starttls", USER, PASSWORD),
                                                     (SMTPS, "smtps", USER, PASSWORD)], 1):
            with self.subTest(tls):
                text = message(subject="From Perl")
                self.client(program("perl"), "-e", PERL, HOST, str(port), tls, self.certificate, *login, text=bytes(text))
                self.assertTrue(self.arrived(LOGGED_IN if login else IN_THE_CLEAR, count).data.endswith(text))

    def test_phpmailer(self):
        script = self.file("send.php", PHP)
        for count, (port, tls, *login) in enumerate([(CLEAR, "clear", "", ""), (STARTTLS, "starttls", USER, PASSWORD),
                                                     (SMTPS, "smtps", USER, PASSWORD)], 1):
            with self.subTest(tls):
                self.client(program("php"), script, HOST, str(port), tls, self.certificate, *login)
                got = self.arrived(LOGGED_IN if login[0] else IN_THE_CLEAR, count)
                self.assertEqual(got.recipients, ["user@dest.example", "hidden@dest.example"])
                self.assertNotIn(b"hidden@", got.data)

    def test_net_smtp_of_go(self):
        binary = f"{self.folder}/send"
        self.client(program("go"), "build", "-o", binary, self.file("send.go", GO), environment={
            "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": f"{self.folder}/go", "GOCACHE": f"{self.folder}/gocache", "GOTOOLCHAIN": "local"})
        text = message(subject="From Go")
        self.client(binary, f"{HOST}:{CLEAR}", text=bytes(text))
        self.assertTrue(self.arrived().data.endswith(text))
        self.client(binary, f"{HOST}:{STARTTLS}", USER, PASSWORD, text=bytes(text), environment={"SSL_CERT_FILE": self.certificate})
        self.assertTrue(self.arrived(LOGGED_IN, 2).data.endswith(text))

    def test_postfix(self):
        """Postfix hands on all its mail, under TLS and logged in."""
        postfix = self.postfix(RECEIVERS[20], "null.example", mynetworks="127.0.0.0/8", smtpd_relay_restrictions="permit_mynetworks, reject",
                               mynetworks_style="host", virtual_mailbox_domains="", relayhost=f"[{HOST}]:{STARTTLS}",
                               smtp_tls_security_level="encrypt", smtp_sasl_auth_enable="yes", smtp_sasl_security_options="noanonymous",
                               smtp_sasl_password_maps="texthash:" + self.file("password", f"[{HOST}]:{STARTTLS} {USER}:{PASSWORD}\n"))
        self.through(postfix, LOGGED_IN)
        self.assertIn("user=billing", self.relay_.log())

    def test_postfix_in_the_clear(self):
        postfix = self.postfix(RECEIVERS[20], "null.example", smtpd_relay_restrictions="permit_mynetworks, reject", mynetworks="127.0.0.0/8",
                               virtual_mailbox_domains="", relayhost=f"[127.0.0.1]:{CLEAR}", smtp_tls_security_level="none")
        self.through(postfix, IN_THE_CLEAR)

    def through(self, postfix, protocol):
        with smtplib.SMTP(postfix.address, local_hostname="client.example.com", source_address=("127.0.0.1", 0)) as client:
            text = message(subject="Through Postfix")
            client.sendmail("app@example.com", ["user@dest.example", "other@dest.example"], bytes(text))
        try:
            got = self.arrived(protocol)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{postfix.log()}") from None
        self.assertEqual(sorted(got.recipients), ["other@dest.example", "user@dest.example"])
        self.assertIn(b"by mx.null.example (Postfix)", got.data)
        self.assertTrue(got.data.endswith(text[text.index(b"\r\n\r\n"):]))


class Sendmail(ClientTest):
    def sendmail(self, *arguments, text, status=0):
        return self.client(BINARY, "sendmail", *arguments, "-C", self.relay_.file, text=text, status=status)

    def test_recipients_of_the_header(self):
        said = self.sendmail("-t", "-i", "-fapp@example.com", text=b"From: App <app@example.com>\nTo: user@dest.example\n"
                             b"Bcc: hidden@dest.example\nSubject: From sendmail\n\nHello\n.\n.end\n")
        self.assertEqual(said, "", "cron would mail what is said")
        got = self.arrived()
        self.assertEqual((got.sender, got.recipients), ("app@example.com", ["user@dest.example", "hidden@dest.example"]))
        self.assertNotIn(b"hidden", got.data)
        self.assertIn(b"\r\nDate: ", got.data)
        self.assertIn(b"\r\nMessage-ID: ", got.data)
        self.assertTrue(got.data.endswith(b"\r\n\r\nHello\r\n.\r\n.end\r\n"))

    def test_as_cron_calls_it(self):
        link = f"{self.folder}/sendmail"
        os.symlink(BINARY, link)
        self.client(link, "-i", "-FCronDaemon", "-B8BITMIME", "-oem", "-C", self.relay_.file, "user@dest.example",
                    text="From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> job\n\nGrüße\n".encode())
        got = self.arrived()
        self.assertEqual(got.sender, "root@example.com")
        self.assertIn(b"\r\nFrom: root@example.com (Cron Daemon)\r\nTo: root@example.com\r\n", got.data)

    def test_mail_of_php(self):
        script = self.file("mail.php", "<?php exit(mail('user@dest.example', 'From PHP', \"Hello\\n.\\nend\\n\", "
                           "\"From: App <app@example.com>\\r\\nX-Mailer: PHP\", '-fapp@example.com') ? 0 : 1);")
        self.client(program("php"), "-d", f"sendmail_path={BINARY} sendmail -t -i -C {self.relay_.file}", script)
        got = self.arrived()
        self.assertIn(b"\r\nSubject: From PHP\r\n", got.data)
        self.assertTrue(got.data.endswith(b"\r\n\r\nHello\r\n.\r\nend\r\n\r\n"))  # mail() adds a line end

    def test_refusals_have_their_status(self):
        for status, arguments, words in ((77, ["-f", "app@elsewhere.example", "user@dest.example"], "550 5.7.1"), (64, [], "nobody to send to"),
                                         (64, ["-bs"], "-bs: "), (65, ["user@dest..example"], "user@dest..example")):
            with self.subTest(arguments):
                said = self.sendmail(*arguments, text=b"Subject: x\n\nHello\n", status=status)
                self.assertTrue(said.startswith("signet: "), said)
                self.assertIn(words, said)
        self.relay_.stop()
        self.assertIn("is the relay running?", self.sendmail("user@dest.example", text=b"Hello\n", status=75))


class Dialogs(ClientTest):
    def test_several_messages_over_one_connection(self):
        with smtplib.SMTP("127.0.0.1", CLEAR) as client:
            for _ in range(5):
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
