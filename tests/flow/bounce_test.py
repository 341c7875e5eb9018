#!/usr/bin/python3
"""Every accepted recipient ends once: what cannot be delivered comes back to its sender, signed, and never twice."""
import email
import email.policy
import email.utils
import smtplib
import time

from harness import *


def submit_asking(text, recipients, mail_options=()):
    """One message with parameters: recipients are (address, its parameters)."""
    with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=30) as client:
        client.ehlo()
        assert client.has_extn("dsn")
        replies = [client.mail("app@example.com", list(mail_options))]
        replies += [client.rcpt(address, options) for address, options in recipients]
        replies.append(client.data(bytes(text)))
        refused = [reply for reply in replies if reply[0] != 250]
        if refused:
            raise AssertionError(f"not accepted: {refused}")


class Bounces(FlowTest):
    def setUp(self):
        super().setUp()
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[100]))
        self.box = self.receiver(RECEIVERS[100])

    def report(self, number=1):
        """(the received DSN, its parsed parts: text, fields of the message, fields of the recipients, returned header)."""
        got = self.box.wait(number)[number - 1]
        parsed = email.message_from_bytes(got.data, policy=email.policy.default)
        self.assertEqual(parsed.get_content_type(), "multipart/report")
        self.assertEqual(parsed.get_param("report-type"), "delivery-status")
        parts = parsed.get_payload()
        self.assertEqual([p.get_content_type() for p in parts][:2], ["text/plain", "message/delivery-status"])
        self.assertIn(parts[2].get_content_type(), ("text/rfc822-headers", "message/rfc822"))
        blocks = parts[1].get_payload()
        return got, parsed, parts, blocks[0], blocks[1:]

    def test_refused_recipient(self):
        receiver = self.destination(replies={"RCPT": "550-5.1.1 no such user here\n550 5.1.1 ask the postmaster"})
        relay = self.relay()
        text = message()
        queue_id = submit(text)
        got, parsed, parts, whole, recipients = self.report()
        self.assertEqual((got.sender, got.recipients), ("", ["app@example.com"]))
        self.assertIn("postmaster@example.com", parsed["From"])
        self.assertIn("app@example.com", parsed["To"])
        self.assertEqual(parsed["Auto-Submitted"], "auto-replied")
        self.assertEqual(whole["Reporting-MTA"], "dns; relay.example.org")
        self.assertTrue(whole["Arrival-Date"])
        self.assertEqual(len(recipients), 1)
        self.assertEqual(recipients[0]["Final-Recipient"], "rfc822; user@dest.example")
        self.assertEqual(recipients[0]["Action"], "failed")
        self.assertEqual(recipients[0]["Status"], "5.1.1")
        self.assertIn("550", recipients[0]["Diagnostic-Code"])
        self.assertIn("mx.dest.example", recipients[0]["Remote-MTA"])
        self.assertIn("user@dest.example", parts[0].get_content())
        self.assertIn(text.number.encode(), got.data.split(b"message/delivery-status")[1])
        self.assertEqual(dkimpy_results(got.data), [("rsa-sha256", True), ("ed25519-sha256", True)])
        self.assertEqual(opendkim_results(got.data), [("rsa-sha256", True)])
        relay.wait_empty()
        relay.wait_log(rf"bounced .*id={queue_id}.*5\.1\.1")
        self.assertEqual(relay.metric("signet_recipients_total", outcome="bounced"), 1)
        self.assertEqual(receiver.messages, [])

    def test_one_report_names_every_refused_recipient(self):
        self.destination(replies={"RCPT": lambda _, line: None if "ok@" in line else "550 5.7.1 " + line[8:].split("@")[0]})
        relay = self.relay()
        submit(message(), recipients=["one@dest.example", "ok@dest.example", "two@dest.example"])
        *_, recipients = self.report()
        self.assertEqual(sorted(r["Final-Recipient"] for r in recipients), ["rfc822; one@dest.example", "rfc822; two@dest.example"])
        for r in recipients:
            self.assertIn(r["Final-Recipient"].split("; ")[1].split("@")[0], r["Diagnostic-Code"])
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)

    def test_message_refused_at_its_end(self):
        self.destination(replies={".": "554 5.7.1 spam"})
        self.relay()
        submit(message())
        *_, recipients = self.report()
        self.assertEqual((recipients[0]["Action"], recipients[0]["Status"]), ("failed", "5.7.1"))

    def test_null_sender_never_bounces(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        relay = self.relay()
        submit(message(), sender="")
        relay.wait_empty()
        submit(message(subject="the second"))
        got, *_ = self.report()
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)
        self.assertIn(b"the second", got.data)

    def test_bounce_that_bounces_ends(self):
        self.box.close()
        self.box = self.receiver(RECEIVERS[101], replies={"RCPT": "550 5.1.1 no"})
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[101]))
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        relay = self.relay()
        submit(message())
        self.box.wait_sessions(1)
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 0)

    def test_expired_message_comes_back(self):
        self.destination(replies={"RCPT": "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "expire_after": "3s"})
        queue_id = submit(message())
        _, _, _, _, recipients = self.report()
        self.assertEqual(recipients[0]["Action"], "failed")
        self.assertRegex(recipients[0]["Status"], r"^[45]\.\d+\.\d+$")
        self.assertIn("4.2.1 mailbox busy", recipients[0]["Diagnostic-Code"])
        relay.wait_log(rf"expired .*id={queue_id}")
        relay.wait_empty()
        self.assertEqual(relay.metric("signet_recipients_total", outcome="expired"), 1)

    def test_remote_text_cannot_forge_report_fields(self):
        self.destination(replies={"RCPT": b"550 5.1.1 no\x00\x1b[2J\xff\rFinal-Recipient: rfc822; forged@example.com\r\n"})
        self.relay()
        submit(message())
        got, _, _, _, recipients = self.report()
        self.assertEqual([r["Final-Recipient"] for r in recipients], ["rfc822; user@dest.example"])
        self.assertNotIn(b"\x00", got.data)
        self.assertNotIn(b"\x1b", got.data)

    def test_never_means_never(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        relay = self.relay()
        submit_asking(message(), [("never@dest.example", ["NOTIFY=NEVER"]), ("late@dest.example", ["NOTIFY=DELAY"]),
                                  ("told@dest.example", ["NOTIFY=FAILURE"])])
        *_, recipients = self.report()
        self.assertEqual([r["Final-Recipient"] for r in recipients], ["rfc822; told@dest.example"])
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)
        self.assertEqual(relay.metric("signet_recipients_total", outcome="bounced"), 3)

    def test_nobody_to_tell_and_the_message_ends(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        relay = self.relay()
        submit_asking(message(), [("user@dest.example", ["NOTIFY=NEVER"])])
        relay.wait_log("bounced ")
        relay.wait_empty()
        self.assertEqual(self.box.messages, [])

    def test_report_carries_the_names_that_the_sender_gave(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        self.relay()
        submit_asking(message(), [("one@dest.example", ["ORCPT=rfc822;One+2Btag@List.example"]), ("two@dest.example", [])],
                      ["ENVID=QQ+2B314159"])
        _, _, _, whole, recipients = self.report()
        self.assertEqual(whole["Original-Envelope-Id"], "QQ+314159")
        self.assertEqual({r["Final-Recipient"]: r["Original-Recipient"] for r in recipients},
                         {"rfc822; one@dest.example": "rfc822;One+tag@List.example", "rfc822; two@dest.example": None})

    def test_returns_what_was_asked_for(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        self.relay()
        for number, (options, kind) in enumerate([([], "text/rfc822-headers"), (["RET=HDRS"], "text/rfc822-headers"),
                                                  (["RET=FULL"], "message/rfc822")], 1):
            text = message()
            submit_asking(text, [("user@dest.example", [])], options)
            got, _, parts, *_ = self.report(number)
            self.assertEqual(parts[2].get_content_type(), kind)
            self.assertIn(text.number.encode(), got.data)
            self.assertEqual(b"a line that begins with a dot" in got.data, kind == "message/rfc822")
            self.assertEqual(dkimpy_results(got.data), [("rsa-sha256", True), ("ed25519-sha256", True)])

    def test_request_goes_on_to_a_host_that_offers_dsn(self):
        receiver = self.destination(extensions=("PIPELINING", "DSN"))
        relay = self.relay()
        submit_asking(message(), [("user@dest.example", ["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;User+40x@Dest.example"])],
                      ["RET=HDRS", "ENVID=id+201"])
        receiver.wait(1)
        lines = receiver.lines()
        mail = next(line for line in lines if line.startswith("MAIL FROM:<app@example.com>"))
        self.assertTrue(mail.endswith(" RET=HDRS ENVID=id+201"), mail)
        self.assertIn("RCPT TO:<user@dest.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;User+40x@Dest.example", lines)
        relay.wait_empty()
        self.assertEqual(self.box.messages, [])

    def test_success_is_reported_for_a_host_that_does_not_offer_dsn(self):
        receiver = self.destination(replies={".": "250 2.6.0 queued as 42"})
        relay = self.relay()
        submit_asking(message(), [("told@dest.example", ["NOTIFY=SUCCESS"]), ("plain@dest.example", [])],
                      ["RET=FULL", "ENVID=id"])
        got, parsed, parts, whole, recipients = self.report()
        self.assertEqual((got.sender, got.recipients), ("", ["app@example.com"]))
        self.assertEqual(whole["Original-Envelope-Id"], "id")
        self.assertEqual([(r["Final-Recipient"], r["Action"], r["Status"]) for r in recipients],
                         [("rfc822; told@dest.example", "relayed", "2.6.0")])
        self.assertIn("queued as 42", recipients[0]["Diagnostic-Code"])
        self.assertEqual(parts[2].get_content_type(), "text/rfc822-headers")
        self.assertFalse([l for l in receiver.lines() if "NOTIFY" in l or "ENVID" in l or "RET" in l])
        relay.wait_empty()
        self.assertEqual((len(receiver.messages), len(self.box.messages)), (1, 1))

    def test_success_owed_survives_a_kill_and_sends_nothing_twice(self):
        self.box.close()
        receiver = self.destination()
        relay = self.relay()
        submit_asking(message(), [("user@dest.example", ["NOTIFY=SUCCESS"])])
        relay.wait_log("delivered ")
        relay.wait_log("notice ")
        relay.kill()
        self.box = self.receiver(RECEIVERS[103])
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[103]))
        relay.start()
        *_, recipients = self.report()
        self.assertEqual(recipients[0]["Action"], "relayed")
        relay.wait_empty()
        self.assertEqual((len(receiver.messages), len(self.box.messages)), (1, 1))

    def test_delay_is_reported_once_and_delivery_goes_on(self):
        receiver = self.destination(replies={"RCPT": "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "delay_warning": "2s", "expire_after": "1h"})
        text = message()
        begin = time.time()
        queue_id = submit(text)
        got, parsed, parts, whole, recipients = self.report()
        self.assertGreaterEqual(time.time() - begin, 2)
        self.assertEqual((got.sender, got.recipients), ("", ["app@example.com"]))
        self.assertIn("delayed", parsed["Subject"])
        self.assertEqual(whole["X-Signet-Queue-ID"], queue_id)
        self.assertEqual([(r["Final-Recipient"], r["Action"], r["Status"]) for r in recipients],
                         [("rfc822; user@dest.example", "delayed", "4.2.1")])
        self.assertIn("450 4.2.1 mailbox busy", recipients[0]["Diagnostic-Code"])
        until = email.utils.parsedate_to_datetime(recipients[0]["Will-Retry-Until"]).timestamp()
        self.assertAlmostEqual(until, begin + 3600, delta=10)
        words = parts[0].get_content()
        for said in ("user@dest.example", "nothing that you need to", "mailbox busy", recipients[0]["Will-Retry-Until"][:16]):
            self.assertIn(said, " ".join(words.split()))
        self.assertEqual(parts[2].get_content_type(), "text/rfc822-headers")
        self.assertEqual(dkimpy_results(got.data), [("rsa-sha256", True), ("ed25519-sha256", True)])
        relay.wait_log(rf"notice .*for={queue_id}.*action=delayed")
        self.assertEqual(relay.metric("signet_reports_total", action="delayed"), 1)
        receiver.wait_commands("RCPT", sum(line.startswith("RCPT") for line in receiver.lines()) + 2)
        receiver.replies.clear()
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)

    def test_delay_is_reported_to_whom_it_concerns(self):
        self.destination(replies={"RCPT": "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "delay_warning": "2s", "expire_after": "5s"})
        submit_asking(message(), [("delay@dest.example", ["NOTIFY=DELAY"]), ("never@dest.example", ["NOTIFY=NEVER"]),
                                  ("failure@dest.example", ["NOTIFY=FAILURE"]), ("unset@dest.example", [])])
        submit(message(), sender="")
        *_, delayed = self.report()
        self.assertEqual([(r["Final-Recipient"], r["Action"]) for r in delayed],
                         [("rfc822; delay@dest.example", "delayed"), ("rfc822; unset@dest.example", "delayed")])
        *_, failed = self.report(2)
        self.assertEqual([(r["Final-Recipient"], r["Action"]) for r in failed],
                         [("rfc822; failure@dest.example", "failed"), ("rfc822; unset@dest.example", "failed")])
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 2)

    def test_no_delay_is_reported_where_the_configuration_says_never(self):
        receiver = self.destination(replies={"RCPT": "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "delay_warning": "0"})
        submit(message())
        receiver.wait_commands("RCPT", 4)
        receiver.replies.clear()
        relay.wait_empty()
        self.assertEqual(self.box.messages, [])

    def test_failures_of_one_message_share_a_report(self):
        self.destination(replies={"RCPT": "550 5.1.1 no"})

        def slowly(_, line):
            time.sleep(2)
            return "550 5.7.1 no"
        self.destination("slow.example", RECEIVERS[1], replies={"RCPT": slowly})
        relay = self.relay()
        submit(message(), recipients=["one@dest.example", "two@slow.example"])
        *_, recipients = self.report()
        self.assertEqual([(r["Final-Recipient"], r["Status"]) for r in recipients],
                         [("rfc822; one@dest.example", "5.1.1"), ("rfc822; two@slow.example", "5.7.1")])
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)

    def test_failure_that_waits_for_company_survives_a_kill(self):
        receiver = self.destination(replies={"RCPT": "550 5.1.1 no"})
        slow = self.destination("slow.example", RECEIVERS[1], replies={"RCPT": HANG})
        relay = self.relay()
        submit(message(), recipients=["one@dest.example", "two@slow.example"])
        self.eventually(lambda: [line for line in receiver.lines() if line.startswith("QUIT")], what="the refusal")
        self.assertTrue(slow.wait_sessions(1))
        relay.kill()
        self.assertEqual(self.box.messages, [])
        slow.close()
        self.eventually(lambda: self.receiver_again(RECEIVERS[1], replies={"RCPT": "550 5.7.1 no"}), what="the address")
        relay.start()
        *_, recipients = self.report()
        self.assertEqual([r["Status"] for r in recipients], ["5.1.1", "5.7.1"])
        relay.wait_empty()
        self.assertEqual(len([line for line in receiver.lines() if line.startswith("RCPT")]), 1)

    def receiver_again(self, address, **options):
        try:
            return self.receiver(address, **options)
        except OSError:
            return None

    def test_what_expired_while_the_relay_was_down_is_tried_once_more(self):
        receiver = self.destination(replies={"RCPT": lambda _, line: "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "expire_after": "5s"})
        text = message()
        queue_id = submit(text)
        relay.wait_log(rf"deferred .*id={queue_id}")
        relay.stop()
        end = time.monotonic() + 6
        self.eventually(lambda: time.monotonic() > end, what="the end of its life")
        receiver.replies["RCPT"] = lambda _, line: None
        relay.start()
        self.assertTrue(receiver.wait(1)[0].data.endswith(text))
        relay.wait_empty()
        self.assertNotIn("expired ", relay.log())
        self.assertEqual(self.box.messages, [])

    def test_the_attempt_after_a_downtime_is_the_last(self):
        receiver = self.destination(replies={"RCPT": "450 4.2.1 mailbox busy"})
        relay = self.relay(queue={"retry": ["1s"], "expire_after": "5s"})
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        relay.stop()
        end = time.monotonic() + 6
        self.eventually(lambda: time.monotonic() > end, what="the end of its life")
        sessions = len(receiver.sessions)
        relay.start()
        *_, recipients = self.report()
        self.assertEqual(recipients[0]["Action"], "failed")
        self.assertEqual(len(receiver.sessions), sessions + 1)
        self.assertIn("mailbox busy", recipients[0]["Diagnostic-Code"])
        relay.wait_log(rf"expired .*id={queue_id}")
        relay.wait_empty()

    def test_owed_report_survives_a_kill(self):
        self.box.close()
        self.destination(replies={"RCPT": "550 5.1.1 no"})
        relay = self.relay()
        submit(message())
        relay.wait_log("bounced ")
        relay.kill()
        self.box = self.receiver(RECEIVERS[102])
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[102]))
        relay.start()
        *_, recipients = self.report()
        self.assertEqual(recipients[0]["Status"], "5.1.1")
        relay.wait_empty()
        self.assertEqual(len(self.box.messages), 1)


if __name__ == "__main__":
    main()
