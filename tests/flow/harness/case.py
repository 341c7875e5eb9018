"""FlowTest: one test in a folder of its own; whatever it started is ended, newest first, even when it fails."""
import os
import shutil
import sys
import tempfile
import time
import unittest

from harness import namespace
from harness.dns import Dns
from harness.postfix import Postfix, SmtpSink
from harness.receiver import Receiver
from harness.relay import Relay, key_record, make_keys


class FlowTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="flow.", dir=work_folder())
        self.addCleanup(self._clear)
        self.keys = make_keys(f"{work_folder()}/keys")
        self.dns = self.name_server(f"{self.folder}/dns")
        self.dns.groups["keys"] = self.key_records("example.com")
        self.dns.start()
        self.relays = []

    def name_server(self, folder, **options):
        server = Dns(folder, **options)
        self.addCleanup(server.stop)
        return server

    def key_records(self, domain):
        return [key_record(path, f"{selector}._domainkey.{domain}") for selector, path in self.keys]

    def _clear(self):
        failed = any(error for _, error in getattr(self._outcome, "errors", [])) or \
            any(test is self for test, _ in self._outcome.result.failures + self._outcome.result.errors)
        if failed:
            for relay in getattr(self, "relays", []):
                print(f"---- log of {relay.folder}\n{relay.log()[-6000:]}", file=sys.stderr)
        if failed and os.environ.get("FLOW_KEEP"):
            print("kept " + self.folder, file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # Parts

    def relay(self, start=True, name="relay", **config):
        relay = Relay(f"{self.folder}/{name}", self.keys, config)
        self.relays.append(relay)
        self.addCleanup(self._end, relay)
        return relay.start() if start else relay

    def _end(self, relay):
        self.assertFalse(relay.crashed(), f"the relay ended by signal {-relay.process.returncode if relay.crashed() else 0}")
        relay.kill()

    def receiver(self, address, **options):
        receiver = Receiver(address, **options)
        self.addCleanup(receiver.close)
        return receiver

    def destination(self, domain="dest.example", address=None, **options):
        """A domain with one MX and the receiver behind it."""
        address = address or namespace.RECEIVERS[0]
        self.dns.mail_domain(domain, (10, f"mx.{domain}", address))
        return self.receiver(address, **options)

    def postfix(self, address, domain, **settings):
        postfix = Postfix(f"{self.folder}/postfix", address, domain, **settings)
        self.addCleanup(postfix.close)
        return postfix

    def smtp_sink(self, address, *options):
        sink = SmtpSink(f"{self.folder}/sink", address, *options)
        self.addCleanup(sink.close)
        return sink

    def eventually(self, condition, timeout=20, what="condition"):
        end = time.monotonic() + timeout
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > end:
                self.fail(f"not within {timeout} s: {what}")
            time.sleep(0.02)


def work_folder():
    """On the disk that the build uses, never a tmpfs: what is tested includes fsync."""
    folder = os.path.join(namespace.ROOT, "build", "flow")
    os.makedirs(folder, exist_ok=True)
    return folder


def main():
    namespace.enter()
    try:
        program = unittest.main(module="__main__", verbosity=2, exit=False, argv=sys.argv, warnings="ignore")
    finally:
        namespace.leave()
    result = program.result
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.testsRun - bad} passed, {bad} failed", flush=True)
    sys.exit(1 if bad or result.testsRun == 0 else 0)
