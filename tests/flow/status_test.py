#!/usr/bin/python3
"""What the relay says about itself over HTTP and on its control socket."""
import json
import os
import socket
import subprocess

from harness import *


class Status(FlowTest):
    def test_health_and_readiness(self):
        relay = self.relay()
        self.assertEqual(relay.get("/healthz")[0], 200)
        self.assertEqual(relay.get("/readyz")[0], 200)
        self.assertEqual(relay.get("/nonsense")[0], 404)

    def test_nothing_outside_the_process_makes_it_unready(self):
        relay = self.relay(dns={"timeout": "1s"})
        self.dns.freeze()
        for _ in range(3):
            self.assertEqual(relay.get("/healthz")[0], 200)
            self.assertEqual(relay.get("/readyz")[0], 200)

    def test_status_is_json_with_the_facts(self):
        self.destination(replies={"RCPT": "451 4.2.0 later"})
        relay = self.relay()
        submit(message())
        relay.wait_log("deferred")
        status = relay.status()
        for key in ("version", "uptime", "delivery", "queue"):
            self.assertTrue(any(key in k for k in status), (key, list(status)))
        text = json.dumps(status)
        self.assertIn("r1", text)
        self.assertNotIn("user@dest.example", text)

    def test_metrics_are_valid(self):
        receiver = self.destination(replies={"RCPT": ["451 4.2.0 later", None]})
        relay = self.relay()
        submit(message())
        receiver.wait(1)
        submit_raw(message(sender="x@elsewhere.example"))
        relay.wait_empty()
        code, text = relay.get("/metrics")
        self.assertEqual(code, 200)
        done = subprocess.run([program("promtool"), "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=20)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(relay.metric("signet_messages_accepted_total"), 1)
        self.assertEqual(relay.metric("signet_messages_signed_total", domain="example.com", selector="r1"), 1)
        self.assertEqual(relay.metric("signet_messages_signed_total", domain="example.com", selector="e1"), 1)
        self.assertEqual(relay.metric("signet_recipients_total", outcome="delivered"), 1)
        self.assertEqual(relay.metric("signet_recipients_total", outcome="deferred"), 1)
        self.assertGreaterEqual(relay.metric("signet_accept_seconds_count"), 1)
        self.assertGreaterEqual(relay.metric("signet_commit_seconds_count"), 1)
        for name in ("signet_queue_messages", "signet_smtp_connections", "signet_disk_free_bytes", "signet_build_info",
                     "signet_messages_rejected_total"):
            self.assertIn("\n" + name, text)

    def test_nobody_changes_anything_over_tcp(self):
        relay = self.relay()
        for request in (b"POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
                        b"POST /queue/delete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
                        b"GET /queue HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", 8025), timeout=10) as s:
                s.sendall(request)
                self.assertRegex(s.recv(4096)[:12], rb"HTTP/1\.1 4\d\d")
        self.assertIsNone(relay.process.poll())

    def test_malformed_requests_are_refused(self):
        relay = self.relay()
        for request in (b"GET / HTTP/1.1\r\nHost: x\r\nHost : y\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET " + b"/" * 20000 + b" HTTP/1.1\r\n\r\n",
                        b"POST /check HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", 8025), timeout=10) as s:
                s.sendall(request)
                try:
                    answer = s.recv(4096)
                except ConnectionResetError:
                    answer = b""
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:100])
        self.assertEqual(relay.get("/healthz")[0], 200)

    def test_control_socket_explains_and_acts(self):
        receiver = self.destination(replies={"RCPT": ["451 4.2.0 later", None]})
        relay = self.relay(queue={"retry": ["1h"]})
        queue_id = submit(message())
        relay.wait_log("deferred")
        self.assertEqual(os.stat(relay.control).st_mode & 0o777, 0o660)
        relay.wait(lambda: "451 4.2.0 later" in relay.control_request("GET", f"/messages/{queue_id}")[1], 10, "explained")
        code, text = relay.control_request("GET", "/queue")
        self.assertEqual(code, 200)
        self.assertIn(queue_id, text)
        self.assertEqual(relay.control_request("GET", "/messages/0000000000000")[0], 404)
        self.assertEqual(relay.control_request("POST", "/queue/retry", {"id": queue_id})[0], 200)
        receiver.wait(1)
        self.assertEqual(relay.control_request("POST", "/reload")[0], 200)

    def test_finished_mail_can_still_be_explained(self):
        receiver = self.destination()
        relay = self.relay()
        queue_id = submit(message())
        receiver.wait(1)
        relay.wait_empty()
        self.assertIn("delivered", relay.show(queue_id).lower())

    def test_log_is_one_line_an_event(self):
        receiver = self.destination()
        relay = self.relay(log={"format": "json"})
        submit(message(subject='a "quoted"\tsubject'))
        receiver.wait(1)
        relay.wait_empty()
        for line in relay.log().splitlines():
            json.loads(line)


if __name__ == "__main__":
    main()
