#!/usr/bin/python3
"""Kills the relay (SIGKILL) at random moments under load, over and over on the same store: of everything that was answered
250 nothing is lost, and only what was in flight at a kill may arrive twice. CRASH_SEED repeats a run's moments, KILLS says how many."""
import os
import random
import smtplib
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))

from harness import *  # noqa: E402

KILLS = int(os.environ.get("KILLS", 32))
CLIENTS = 6
# A delivery is recorded 20 ms after the remote's reply at the latest, plus a commit on a busy disk.
IN_FLIGHT = 1.0


class Load:
    """Clients that go on whatever happens; `accepted` are the numbers of what was answered 250."""

    def __init__(self):
        self.accepted, self.lock, self.over = set(), threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.client, args=(n,), daemon=True) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def client(self, which):
        count = 0
        while not self.over.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=10) as client:
                    client.ehlo()
                    for _ in range(20):
                        count += 1
                        text = message(number=f"c{which}.{count}", body=b"x" * 70 + b"\r\n" * random.choice((1, 1, 30000)))
                        if client.mail("app@example.com")[0] != 250 or client.rcpt(f"u@d{count % 3}.example")[0] != 250:
                            break
                        if client.data(bytes(text))[0] == 250:
                            with self.lock:
                                self.accepted.add(text.number)
                        if self.over.is_set():
                            break
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(15)


class Kill(FlowTest):
    def test_nothing_that_was_accepted_is_lost(self):
        seed = int(os.environ.get("CRASH_SEED", random.randrange(1 << 30)))
        print(f"CRASH_SEED={seed}", flush=True)
        moments = random.Random(seed)
        late = random.Random(seed)
        boxes = [self.destination(f"d{n}.example", RECEIVERS[n], replies={
            "RCPT": lambda *_: "451 4.3.0 not now" if late.random() < 0.05 else None}) for n in range(3)]
        relay = self.relay(queue={"retry": ["1s"]})
        load = Load()
        kills = []
        for n in range(KILLS):
            time.sleep(moments.uniform(0.0, 1.2))
            self.assertIsNone(relay.process.poll(), relay.log()[-3000:])
            kills.append(time.monotonic())
            relay.kill()
            # Now and then it dies while it starts.
            relay.start(ready=moments.random() > 0.25)
        relay.wait_ready()
        time.sleep(0.5)
        load.end()
        relay.wait_empty(90)

        arrivals = {}
        for box in boxes:
            for got in box.messages:
                arrivals.setdefault(got.number, []).append(got.time)
        self.assertGreater(len(load.accepted), 20 * KILLS, "hardly any load")
        lost = sorted(load.accepted - arrivals.keys())
        self.assertEqual(lost, [], f"lost {len(lost)} of {len(load.accepted)}")
        doubled = 0
        for number, times in arrivals.items():
            times.sort()
            for first, second in zip(times, times[1:]):
                doubled += 1
                self.assertTrue(any(-0.05 <= kill - first <= IN_FLIGHT and kill <= second for kill in kills),
                                f"{number} arrived twice without a kill: {times}")
        for got in random.sample(boxes[0].messages, min(10, len(boxes[0].messages))):
            self.assertEqual([ok for _, ok in dkimpy_results(got.data)], [True, True])
        print(f"{len(kills)} kills, {len(load.accepted)} accepted, 0 lost, {doubled} arrived twice", flush=True)
        self.assertEqual(relay.stop(), 0)


if __name__ == "__main__":
    main()
