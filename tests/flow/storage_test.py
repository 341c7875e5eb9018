#!/usr/bin/python3
"""250 means durable, and what the relay says when it cannot store: disk full, store taken, keys unusable."""
import os
import re
import subprocess
import threading

from harness import *
from harness.relay import new_key


class Durable(FlowTest):
    def test_no_250_before_the_sync_that_covers_it(self):
        self.destination(replies={"": HANG})  # so that nothing else is written meanwhile
        trace = f"{self.folder}/trace"
        relay = Relay(f"{self.folder}/relay", self.keys, prefix=[
            "strace", "-f", "-y", "-qq", "-s", "65536", "-o", trace, "-e", "signal=none",
            "-e", "trace=read,recvfrom,recvmsg,readv,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync,io_uring_enter"])
        self.addCleanup(relay.kill)
        relay.start(timeout=60)
        text = message(subject="durable")
        queue_id = submit(text)
        self.eventually(lambda: f"queued as {queue_id}" in open(trace, errors="replace").read(), what="the trace")
        relay.stop(30)
        lines = open(trace, errors="replace").read().splitlines()
        self.assertFalse(any("io_uring_enter" in line for line in lines))
        arrived = next(n for n, line in enumerate(lines) if "end\\r\\n.\\r\\n" in line and re.search(r"\b(read|recv\w+|readv)\b", line))
        # The reply begins where the call begins, the sync counts where the call has returned.
        replied = next(n for n, line in enumerate(lines) if re.search(r"\b(write|writev|sendto|sendmsg)\(", line)
                       and f"250 2.0.0 queued as {queue_id}" in line and "socket:" in line)
        written = [n for n in range(arrived, replied) if re.search(r"\bp?write(64|v)?\(\d+<[^>]*/data/", lines[n])
                   and "X-Number" in lines[n]]
        self.assertTrue(written, "the message was not written to the store before the reply\n" + "\n".join(lines[arrived:replied + 1])[:4000])
        file = re.search(r"<([^>]*/data/[^>]*)>", lines[written[-1]])[1]
        stored = [n for n in range(arrived, replied) if re.search(rf"\bp?write(64|v)?\(\d+<{re.escape(file)}>", lines[n])][-1]
        synced = []
        open_calls = {}
        for n in range(stored + 1, replied):
            line, thread = lines[n], lines[n].split()[0]
            if re.search(rf"\b(fsync|fdatasync)\(\d+<{re.escape(file)}>\) += 0", line):
                synced.append(n)
            elif re.search(rf"\b(fsync|fdatasync)\(\d+<{re.escape(file)}> *<unfinished", line):
                open_calls[thread] = n
            elif re.search(r"<\.\.\. (fsync|fdatasync) resumed>.*= 0", line) and thread in open_calls:
                synced.append(n)
        self.assertTrue(synced, f"no completed sync of {file} between its last write and the reply\n" +
                        "\n".join(lines[arrived:replied + 1])[:4000])


class DiskFull(FlowTest):
    def small_disk(self, size):
        path = f"{self.folder}/small"
        os.makedirs(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=False)
        return path

    def fill(self, disk, leave):
        free = os.statvfs(disk)
        with open(f"{disk}/ballast", "wb") as f:
            f.write(b"\0" * max(0, free.f_bavail * free.f_bsize - leave))

    def test_too_little_room_refuses_for_now_and_resumes_by_itself(self):
        receiver = self.destination()
        disk = self.small_disk("64m")
        relay = self.relay(data_dir=f"{disk}/data", limits={"min_free_disk": "16MiB"})
        submit(message())
        receiver.wait(1)
        self.fill(disk, 8 * 1024 * 1024)
        self.eventually(lambda: submit_raw(message())[0] == 452, what="452")
        code, text = submit_raw(message())
        self.assertTrue(f"{code} {text}".startswith("452 4.3.1"), text)
        self.assertEqual(relay.get("/readyz")[0], 503)
        self.assertEqual(relay.get("/healthz")[0], 200)
        os.unlink(f"{disk}/ballast")
        self.eventually(lambda: submit_raw(message())[0] == 250, what="taken again")
        self.eventually(lambda: relay.get("/readyz")[0] == 200, what="ready again")
        relay.wait_empty()

    def test_disk_that_fills_during_data(self):
        receiver = self.destination()
        disk = self.small_disk("48m")
        relay = self.relay(data_dir=f"{disk}/data", limits={"min_free_disk": "1MiB"})
        kept = message()
        submit(kept)
        receiver.wait(1)
        self.fill(disk, 2 * 1024 * 1024)
        code, text = submit_raw(message(body=b"0123456789abcde\r\n" * (512 * 1024)))
        self.assertTrue(f"{code} {text}".startswith("452 4.3.1"), f"{code} {text}")
        self.assertIsNone(relay.process.poll())
        os.unlink(f"{disk}/ballast")
        self.eventually(lambda: submit_raw(message())[0] == 250, what="taken again")
        receiver.wait(2)
        relay.wait_empty()

    def test_outcomes_are_stored_on_a_full_disk(self):
        may_answer = threading.Event()
        receiver = self.destination(replies={".": lambda session, line: may_answer.wait(30) and None})
        disk = self.small_disk("128m")
        self.destination("busy.example", namespace.RECEIVERS[1], replies={"RCPT": "451 4.2.0 later"})
        relay = self.relay(data_dir=f"{disk}/data", limits={"min_free_disk": "32MiB"}, queue={"retry": ["1h"]})
        self.assertGreaterEqual(os.stat(f"{disk}/data/reserve").st_blocks * 512, 32 * 1024 * 1024)
        waits = submit(message(), recipients=["user@busy.example"])
        relay.wait_log(rf"deferred .*id={waits}")
        sent = [submit(message()) for _ in range(5)]
        self.eventually(lambda: sum(line == "DATA" for line in receiver.lines()) >= 1, what="in the middle of an attempt")
        self.fill(disk, 0)
        self.eventually(lambda: submit_raw(message())[0] == 452, what="452")
        may_answer.set()
        receiver.wait(5)
        for queue_id in sent:
            relay.wait_log(rf"delivered .*id={queue_id}")
        # What is not in the store within a moment would be sent again after this.
        self.eventually(lambda: [m["id"] for m in relay.json("queue", "list")] == [waits], what="only one waits")
        relay.signal(9)
        relay.ended(10)
        self.assertEqual(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize // (40 * 1024 * 1024), 0, "there is room again")
        relay.start()
        self.assertEqual([m["id"] for m in relay.json("queue", "list")], [waits])
        os.unlink(f"{disk}/ballast")
        self.eventually(lambda: submit_raw(message())[0] == 250, what="taken again")
        receiver.wait(6)
        self.assertEqual(len(receiver.messages), 6)
        self.eventually(lambda: os.stat(f"{disk}/data/reserve").st_blocks * 512 >= 32 * 1024 * 1024, what="a reserve again")


class BadStart(FlowTest):
    def fails(self, relay, *patterns):
        """Ends with status 1 and a message of the form `signet: what happened: what to do`."""
        relay.start(ready=False)
        self.assertEqual(relay.ended(15), 1, relay.log())
        for pattern in patterns:
            self.assertRegex(relay.log(), pattern)

    def test_store_that_another_relay_uses(self):
        receiver = self.destination()
        first = self.relay()
        other = self.relay(start=False, name="other", data_dir=f"{first.folder}/data",
                           listener=[{"address": "127.0.0.1:2626"}], status={"address": "127.0.0.1:8026"})
        self.fails(other, r"signet: .*(another|lock|in use)", re.escape(f"{first.folder}/data"))
        submit(message())
        receiver.wait(1)

    def test_port_in_use(self):
        blocker = Receiver("127.0.0.1", 2525)
        self.addCleanup(blocker.close)
        self.fails(self.relay(start=False), r"signet: .*127\.0\.0\.1:2525.*")

    def test_wrong_configuration_names_every_fault(self):
        relay = self.relay(start=False)
        relay.configure({"hostname": "nodots", "queue": {"retri": ["1s"]}, "limits": {"message_size": "huge"}})
        relay.start(ready=False)
        self.assertEqual(relay.ended(15), 1)
        for pattern in (r"signet\.toml:\d+:\d+: .*hostname", r"signet\.toml:\d+:\d+: .*retri.*retry", r"signet\.toml:\d+:\d+: .*message_size|huge"):
            self.assertRegex(relay.log(), pattern)

    def test_missing_configuration(self):
        relay = self.relay(start=False)
        os.unlink(relay.file)
        relay.start(ready=False)
        self.assertEqual(relay.ended(15), 1)
        self.assertIn("signet.toml", relay.log())


class BadKeys(FlowTest):
    def unusable(self, path, pattern):
        """Mail of the domain is refused for now, with words in the log; once the file is good and reloaded it is taken."""
        receiver = self.destination()
        relay = self.relay(start=False, domain=[{"name": "example.com", "selector": [{"name": "s1", "key": path}]}])
        relay.start(ready=False)
        relay.wait_log(rf"{re.escape(path)}.*{pattern}")
        relay.wait(lambda: self.code() == 451, 10, "451", (OSError,))
        code, text = submit_raw(message())
        self.assertTrue(f"{code} {text}".startswith("451 4.7.0"), text)
        self.assertNotEqual(relay.get("/readyz")[0], 200)
        if os.path.lexists(path):
            os.unlink(path)
        new_key(path, "rsa")
        relay.signal(1)
        relay.wait(lambda: self.code() == 250, 10, "taken", (OSError,))
        receiver.wait(1)

    def code(self):
        return submit_raw(message())[0]

    def test_missing_key(self):
        self.unusable(f"{self.folder}/none.pem", "([Nn]o such file|missing|cannot|does not exist)")

    def test_malformed_key(self):
        path = f"{self.folder}/bad.pem"
        with open(path, "w") as f:
            f.write("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n")
        os.chmod(path, 0o600)
        self.unusable(path, "PEM")

    def test_world_readable_key(self):
        path = new_key(f"{self.folder}/open.pem", "rsa")
        os.chmod(path, 0o644)
        self.unusable(path, "(readable|0644|chmod)")

    def test_small_key(self):
        path = new_key(f"{self.folder}/small.pem", "rsa", 1024)
        self.unusable(path, "(1024|2048)")

    def test_world_readable_key_can_be_allowed(self):
        path = new_key(f"{self.folder}/open.pem", "rsa")
        os.chmod(path, 0o644)
        receiver = self.destination()
        self.relay(domain=[{"name": "example.com", "selector": [{"name": "s1", "key": path}]}],
                   dkim={"allow_world_readable_keys": True})
        submit(message())
        receiver.wait(1)


class Names(FlowTest):
    def test_silent_dns_is_temporary(self):
        receiver = self.destination()
        self.dns.mail_domain("example.com", (10, "mx.example.com", RECEIVERS[100]))
        box = self.receiver(RECEIVERS[100])
        relay = self.relay(dns={"timeout": "1s"})
        self.dns.freeze()
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.assertEqual(relay.get("/readyz")[0], 200)
        self.dns.thaw()
        receiver.wait(1, 40)
        self.assertEqual(box.messages, [])

    def test_dns_that_is_gone_is_temporary(self):
        receiver = self.destination()
        relay = self.relay(dns={"timeout": "1s"})
        self.dns.stop()
        queue_id = submit(message())
        relay.wait_log(rf"deferred .*id={queue_id}")
        self.dns.start()
        receiver.wait(1, 40)
        self.assertNotIn("bounced", relay.log())


if __name__ == "__main__":
    main()
