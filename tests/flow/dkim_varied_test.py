#!/usr/bin/python3
"""Messages of every kind go through the relay; each signature that it made verifies where they arrive, in our verifier, dkimpy and
OpenDKIM, and none does once a second From, Subject or another field that readers trust was added.

Where another verifier does not verify what RFC 6376 says is good, varied/known.py says why, and the test says when that is no longer true.
"""
import collections
import re
import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor

import varied
from harness import *
from harness.verify import signatures, signet_results
from varied.brought import ELSEWHERE, NONE, Signers
from varied.known import known_of, name_of
from varied.opendkim import library_results

LEAST = 200  # messages in all
AUTHORS = ("example.com", "other.example", "xn--bcher-kva.example")
EXTENSIONS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8")
TAKEN_OUT = (b"bcc", b"resent-bcc", b"return-path", b"authentication-results", b"dkim-signature")
ADDED = (b"From: <ceo@elsewhere.example>", b"Subject: another")
ALSO = (b"To: <other@elsewhere.example>", b"Date: Mon, 03 Nov 2025 10:00:00 +0000", b"Reply-To: <ceo@elsewhere.example>", b"Content-Type: text/html")


def with_field(data, field, place):
    if place == "first":
        return field + b"\r\n" + data
    header, _, body = data.partition(b"\r\n\r\n")
    return header + b"\r\n" + field + b"\r\n\r\n" + body


def unfolded(field):
    return re.sub(rb"\r\n(?=[ \t])", b"", field)


class Varied(FlowTest):
    def setUp(self):
        super().setUp()
        for domain in (*AUTHORS, ELSEWHERE):
            self.dns.set("keys of " + domain, *self.key_records(domain))
        self.signers = Signers(self.keys)
        self.found, self.counts, self.known = [], collections.Counter(), collections.Counter()
        self.lock = threading.Lock()

    def complain(self, letter, data, *what):
        """Keeps the octets, too."""
        with self.lock:
            path = f"{self.folder}/{letter.number}.eml"
            with open(path, "wb") as f:
                f.write(data)
            self.found.append(" ".join(map(str, (letter.name, "-", *what, f"({path})"))))

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] += number

    # The way of a message

    def submit_all(self, texts):
        """[(letter, octets)] on one connection."""
        with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=30) as client:
            client.ehlo()
            for letter, octets in texts:
                eight_bit = [] if octets.isascii() else ["BODY=8BITMIME"]
                code, reply = client.mail("app@example.com", eight_bit + ["SMTPUTF8"] * letter.head.utf8)
                self.assertEqual(code, 250, reply)
                self.assertEqual(client.rcpt(letter.recipient)[0], 250)
                code, reply = self.bdat(client, letter, octets) if letter.chunks else client.data(octets)
                if code != 250:
                    self.complain(letter, octets, "was refused:", code, reply.decode())
                    client.rset()

    def bdat(self, client, letter, octets):
        more = len(octets) - len(letter.text)  # what it brought is in the first chunk
        at = 0
        for end in letter.chunks:
            end += more
            last = end == len(octets)
            client.send(b"BDAT %d%s\r\n" % (end - at, b" LAST" if last else b"") + octets[at:end])
            at = end
            code, reply = client.getreply()
            if code != 250 or last:
                return code, reply

    def judge_arrival(self, letter, data, rules):
        """What was varied is still there when it is signed."""
        fields, body = split(data)
        encoded = varied.has_long_line(letter.body) or (rules.get("eight_bit") == "encode" and not letter.body.isascii())
        if not encoded and body != letter.body:
            self.complain(letter, data, "another body arrived")
        if varied.has_long_line(data):
            self.complain(letter, data, "a line over 998 octets arrived")
        if encoded or "origin" in rules:
            return
        has_header = not letter.text.startswith(b"\r\n")
        sent = [f for f in split(letter.text)[0] if has_header and name_of(f) not in TAKEN_OUT]
        if varied.has_long_line(letter.text):  # lines that are too long are folded
            sent, fields = [unfolded(f) for f in sent], [unfolded(f) for f in fields]
        got = iter(fields)
        for field in sent:
            if field not in got:
                self.complain(letter, data, f"this field is not there, or elsewhere: {field[:80]}")
                return

    # Verdicts

    def verdicts(self, data, strictly=True):
        """{verifier: a verdict on each signature, None where it knows no such algorithm}; `strictly`: opendkim-testmsg is asked, too."""
        def with_gaps(results):
            left = iter(results)
            return [next(left)[1] if tags["a"].startswith("rsa") else None for tags in signatures(data)]
        found = {"signet": [ok for _, ok in signet_results(data, self.relay_.file)], "dkimpy": [ok for _, ok in dkimpy_results(data)],
                 "opendkim": with_gaps(library_results(data))}
        if strictly:
            found["opendkim-testmsg"] = with_gaps(opendkim_results(data))
        self.count("verdicts", sum(verdict is not None for verdicts in found.values() for verdict in verdicts))
        return found

    def judge(self, letter, data, brought):
        """`brought`: what the signatures below ours are worth, or None where the message was changed."""
        own = 2 * len(letter.head.authors)
        owed = [(algorithm, domain) for domain in letter.head.authors for algorithm in ("rsa-sha256", "ed25519-sha256")]
        if [(tags["a"], tags["d"]) for tags in signatures(data)[:own]] != owed:
            self.complain(letter, data, "is not signed by", owed)
            return
        self.count("signatures", own)
        known = known_of(data)
        for verifier, verdicts in self.verdicts(data).items():
            ours = [verdict for verdict in verdicts[:own] if verdict is not None]
            if verifier in known:
                with self.lock:
                    self.known[verifier, known[verifier]] += 1
                if any(ours):
                    self.complain(letter, data, verifier, "verifies this now, although", known[verifier])
                continue
            if not ours or not all(ours):
                self.complain(letter, data, verifier, "does not verify what we signed:", ours)
            for verdict, worth in zip(verdicts[own:], brought or [], strict=brought is not None):
                self.count("verdicts on what came along")
                if verdict not in (None, worth):
                    self.complain(letter, data, verifier, "takes a signature that came along for", verdict)

    def judge_additions(self, letter, data):
        """RFC 6376 8.15: no field that readers trust can be added."""
        own = 2 * len(letter.head.authors)
        added = [(field, "last") for field in ADDED]
        if letter.number % 4 == 0:
            added += [(field, "first") for field in ADDED]
        if letter.number % 8 == 1:
            added += [(field, "last" if letter.number % 16 == 1 else "first") for field in ALSO]
        for field, place in added:
            changed = with_field(data, field, place)
            # opendkim-testmsg looks at no signature then: it refuses two fields of such a name.
            for verifier, verdicts in self.verdicts(changed, strictly=letter.number % 4 == 0).items():
                if any(verdicts[:own]):
                    self.complain(letter, changed, verifier, "verifies in spite of", field, place, verdicts)
            self.count("messages with a field too many")

    def judge_passage(self, letter, data):
        """What every host on the way adds harms no signature."""
        own = 2 * len(letter.head.authors)
        passed = b"Received: from a.example by b.example; Sun, 2 Nov 2025 10:00:00 +0000\r\nX-Spam: no\r\n" + data
        passed = with_field(passed, b"X-Passed: yes", "last")
        known = known_of(passed)
        for verifier, verdicts in self.verdicts(passed).items():
            if verifier not in known and not all(verdict is not False for verdict in verdicts[:own]):
                self.complain(letter, passed, verifier, "does not verify what other hosts passed on:", verdicts)
        self.count("messages passed on")

    def play(self, name):
        rules = varied.ROUNDS[name]
        box = self.destination(extensions=EXTENSIONS)
        listener = {"address": "127.0.0.1:2525", "clients": ["127.0.0.0/8"], "bare_newline": "normalize"}
        self.relay_ = self.relay(dkim={"canonicalization": name}, listener=[listener], limits={"messages_per_connection": 1000},
                                 domain=[{"name": d, "selector": [{"name": n, "key": path} for n, path in self.keys]} for d in AUTHORS], **rules)
        texts, brought = [], {}
        for letter in varied.letters(name):
            fields = b""
            if letter.brought != NONE:
                whole = letter.text if letter.text.endswith(b"\r\n") else letter.text + b"\r\n"
                fields, brought[letter.number] = self.signers.fields(letter.brought, whole, letter.canonicalization)
            texts.append((letter, fields + letter.text))
        self.submit_all(texts)
        self.assertEqual(self.found, [])
        arrived = {got.recipients[0]: got.data for got in box.wait(len(texts), 30)}

        def one(text):
            letter, octets = text
            data = arrived[letter.recipient]
            self.judge_arrival(letter, data, rules.get("intake", {}))
            as_it_was = data.endswith(octets if octets.endswith(b"\r\n") else octets + b"\r\n")
            self.judge(letter, data, brought.get(letter.number, []) if as_it_was else None)
            self.judge_additions(letter, data)
            if letter.number % 8 == 5:
                self.judge_passage(letter, data)
            self.count("messages")
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, texts))
        print("", *(f"{number} {what}" for what, number in self.counts.items()), sep="\n  ")
        for (verifier, why), number in sorted(self.known.items()):
            print(f"  {number} not verified by {verifier}: {why}")
        self.assertEqual(self.found, [], "\n".join(self.found))

    def test_the_set_is_large_and_the_same_each_time(self):
        made = [letter for name in varied.ROUNDS for letter in varied.letters(name)]
        self.assertGreaterEqual(len({letter.text for letter in made}), LEAST)
        self.assertEqual(made, [letter for name in varied.ROUNDS for letter in varied.letters(name)])
        kinds = {"heads": {m.head.name for m in made}, "contents": {m.content.name for m in made}, "kinds of signatures": {m.brought for m in made}}
        print("", f"{len(made)} messages", *(f"{len(kinds[topic])} {topic}" for topic in kinds), sep="\n  ")


def test_of(name):
    return lambda self: self.play(name)


for one in varied.ROUNDS:
    test = test_of(one)
    test.__doc__ = f"a round signed as {one}"
    setattr(Varied, "test_" + one.replace("/", "_"), test)


if __name__ == "__main__":
    main()
