#!/usr/bin/python3
"""Plays the tables of `abuse/`: each row is a client that does what it should not, and what it is owed for that.

After each row another client is served; after each table exactly the messages that were accepted have arrived, whole,
signed, with clean line ends; nothing is left in the queue; the relay is the same process, and its log is clean.
"""
import glob
import re
import signal
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import abuse
from abuse import row
from harness import *
from harness.credentials import PASSWORD, host_certificate, user

QUEUED = "250 2.0.0 queued as "


class Client(Raw):
    """One row's client; `last` is the reply before."""

    patience = 10

    def __init__(self, host, port, source=""):
        self.socket = socket.create_connection((host, port), self.patience, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.last, self.over = b"", "", False

    def say(self, octets):
        try:
            self.socket.sendall(octets)
        except OSError:
            pass  # the relay hung up: what it said before can be read
        return self

    def reply(self):
        self.socket.settimeout(self.patience)
        try:
            self.last = super().reply()
        except ssl.SSLError:
            self.last = ""
        for line in self.last.split("\n") if self.last else []:
            # RFC 5321 4.2: a code, and printable text behind it; 4.5.3.1.5: 512 octets with CRLF.
            if not re.fullmatch(r"[2-5][0-5]\d[ -][ -~]*", line) or (len(line) > 510 and not line.startswith("334")):
                raise AssertionError(f"this is no reply line: {line!r}")
        return self.last

    def owed(self, expected):
        """The next reply is `expected`, or begins with it and a space."""
        try:
            reply = self.reply()
        except TimeoutError:
            raise AssertionError(f"{expected} is owed, and nothing came") from None
        if not re.match(re.escape(expected) + r"(?=[ \n-]|$)", reply):
            raise AssertionError(f"{expected} is owed, not {reply!r}")

    def greet(self, begins):
        if begins in (row.GREETED, row.READY):
            self.owed("220")
        if begins == row.READY:
            self.say(row.EHLO).owed("250")

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)


class Abuse(FlowTest):
    def play_table(self, table):
        relay = self.relay(start=False, log={"level": "debug"}, **self.configuration(table.RELAY))
        relay.start()
        self.relay_, self.box, self.accepted = relay, self.destination(), []
        with ThreadPoolExecutor(getattr(table, "TOGETHER", 1)) as pool:
            faults = list(pool.map(self.fault, table.CASES))
        for case, fault in zip(table.CASES, faults):
            if fault:
                with self.subTest(case.name):
                    self.fail(fault)
        self.assertEqual(len({case.name for case in table.CASES}), len(table.CASES), "names tell rows apart")
        self.settle(table)

    def configuration(self, settings):
        """What a table cannot know: certificates and passwords."""
        certificate, key = host_certificate(self.folder)
        shown = {"certificate": certificate, "key": key}
        settings = dict(settings)
        if "listener" in settings:
            settings["listener"] = [{"clients": ["127.0.0.0/8"], **one, **(shown if "tls" in one else {})} for one in settings["listener"]]
        if "user" in settings:
            settings["user"] = [user(**one) for one in settings["user"]]
        return settings

    def fault(self, case):
        """Why a row fails, or nothing."""
        others = []
        try:
            for count, source, host in case.others:
                for _ in range(count):
                    others.append(self.welcome(host, case.port, source))
            self.play(case)
        except (AssertionError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            for other in others:
                other.close()
        try:
            self.served(case)
        except (AssertionError, OSError) as error:
            return f"another client is not served afterwards: {error}"
        return None

    def play(self, case):
        steps = list(case.steps)
        if case.begins == row.FROZEN:
            client = self.frozen(case, steps.pop(0))
        else:
            client = Client(case.host, case.port, case.source)
        with client:
            client.greet(case.begins)
            for number, step in enumerate(steps, 1):
                try:
                    self.take(client, case, step)
                except (AssertionError, TimeoutError) as error:
                    raise AssertionError(f"step {number}: {error}") from None
            if not client.over:
                try:
                    client.say(b"NOOP\r\n").owed("250 2.0.0")
                except AssertionError as error:
                    raise AssertionError(f"after the last step: {error}") from None

    def take(self, client, case, step):
        if isinstance(step, bytes):
            client.say(step)
        elif isinstance(step, str):
            client.owed(step)
            if client.last.startswith(QUEUED):
                self.accepted.append((client.last[len(QUEUED):], case))
        else:
            step(client)

    def frozen(self, case, first):
        """A client that was there before the relay could greet it."""
        self.relay_.signal(signal.SIGSTOP)
        self.eventually(self.asleep, what="every thread stopped")
        try:
            return Client(case.host, case.port, case.source).say(first[:32768])
        finally:
            self.relay_.signal(signal.SIGCONT)

    def asleep(self):
        """Stopping is not at once: a thread may still accept."""
        states = set()
        for path in glob.glob(f"/proc/{self.relay_.signet_pid()}/task/*/stat"):
            with open(path) as file:
                states.add(file.read().rpartition(") ")[2][0])
        return states == {"T"}

    def welcome(self, host, port, source=""):
        """A greeted client; the places of those who went are free a moment later."""
        end = time.monotonic() + 5
        while True:
            client = Client(host, port, source)
            if not client.reply().startswith("421") or time.monotonic() > end:
                break
            client.close()
            time.sleep(0.02)
        if not client.last.startswith("220"):
            raise AssertionError(f"220 is owed, not {client.last!r}")
        return client

    def served(self, case):
        with self.welcome(case.host, case.port if case.port < row.PROXIED else row.PLAIN) as client:
            client.say(row.EHLO).owed("250")
            client.say(b"NOOP\r\n").owed("250 2.0.0")
            client.say(b"QUIT\r\n").owed("221 2.0.0")

    def settle(self, table):
        relay, unseen = self.relay_, sum(case.unseen for case in table.CASES)
        text = message()
        self.accepted.append((submit(text), None))
        expected = {queue_id: case for queue_id, case in self.accepted}
        arrived = self.box.wait(len(expected) + unseen)
        relay.wait_empty()
        arrived = list(self.box.messages)
        self.assertEqual(len(arrived), len(expected) + unseen, "what was accepted arrives, and no more")
        self.assertEqual(relay.metric("signet_messages_accepted_total"), len(arrived))
        self.assertEqual(relay.metric("signet_unsigned_sent_total"), 0)
        ids = [self.queue_id(got) for got in arrived]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(set(expected) - set(ids), set())
        for got, queue_id in zip(arrived, ids):
            case = expected.get(queue_id)
            with self.subTest(f"what arrived of: {case.name if case else queue_id}"):
                self.assertIsNone(re.search(rb"(?<!\r)\n|\r(?!\n)|\0", got.data), "line ends are CRLF, and there is no NUL")
                self.assertEqual(dkimpy_results(ours(got.data)), [("rsa-sha256", True), ("ed25519-sha256", True)])
                if case and case.body is not None:
                    self.assertEqual(split(got.data)[1], case.body)
        verbs = [line.split(" ")[0] for line in self.box.lines()]
        self.assertEqual(set(verbs) - {"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}, set())
        self.assertEqual((verbs.count("MAIL"), verbs.count("DATA")), (len(arrived), len(arrived)))
        self.eventually(lambda: relay.metric("signet_smtp_connections", direction="in") == 0, what="no session is left")
        self.assertIsNone(relay.process.poll())
        self.clean_log(relay)

    def queue_id(self, got):
        return re.search(rb"by relay\.example\.org with \S+ id ([0-9A-Za-z]+)", got.data)[1].decode()

    def clean_log(self, relay):
        with open(relay.log_file, "rb") as file:
            log = file.read()
        self.assertIsNone(re.search(rb"[^\n -~]", log), "control characters and 8-bit octets are escaped")
        self.assertNotIn(PASSWORD.encode(), log)
        self.assertEqual([line for line in log.decode().splitlines() if re.match(r"\S+ \w+ exception ", line)], [])


def ours(data):
    """A message without the signatures that its client wrote: the relay's stand on top."""
    fields, body = split(data)
    return b"".join(fields[:2] + [f for f in fields[2:] if not f.lower().startswith(b"dkim-signature:")]) + b"\r\n" + body


def test_of(table):
    return lambda self: self.play_table(table)


for one in abuse.TABLES:
    test = test_of(one)
    test.__doc__ = f"{one.TOPIC} ({len(one.CASES)} cases)"
    setattr(Abuse, f"test_{one.__name__.split('.')[-1]}", test)


if __name__ == "__main__":
    main()
