"""The stage of load/run and load/tls: NSD, the sink and one relay at a time, fed by the generator; and how figures are judged.

Generator, sink and NSD share the machine with the relay, in namespaces of their own. Messages are 10 KiB, one recipient in
100 domains, 50 clients, up to 100 messages a connection on both sides.
"""
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "flow"))

from harness import namespace  # noqa: E402
from harness.clients import wait_port  # noqa: E402
from harness.dns import Dns  # noqa: E402
from harness.relay import Relay, key_record, make_keys  # noqa: E402
from harness.verify import dkimpy_results  # noqa: E402

DOMAINS = 100
TICK = os.sysconf("SC_CLK_TCK")


class Sink:
    def __init__(self, folder):
        self.samples = f"{folder}/samples"
        os.makedirs(self.samples)
        self.process = subprocess.Popen([tool("smtp_sink"), "--keep", self.samples], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        wait_port("127.0.0.1", 25, 10, self.process)

    def ask(self, command="stats"):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def reset(self):
        for path in glob.glob(self.samples + "/*"):
            os.unlink(path)
        self.ask("reset")

    def wait(self, count, seconds):
        end = time.monotonic() + seconds
        while True:
            stats = self.ask()
            if stats["unique"] >= count or time.monotonic() > end:
                return stats
            time.sleep(0.05)

    def verified(self):
        """(verified, looked at)"""
        results = [dkimpy_results(open(path, "rb").read()) for path in glob.glob(self.samples + "/*")]
        return sum(bool(r) and all(ok for _, ok in r) for r in results), len(results)


class Stage:
    def __init__(self):
        os.makedirs(f"{ROOT}/build/load", exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="load.", dir=f"{ROOT}/build/load")
        self.keys = make_keys(f"{ROOT}/build/load/keys")[:1]
        self.dns = Dns(f"{self.folder}/dns", ttl=3600)
        self.dns.groups["load"] = [x for n in range(DOMAINS) for x in (f"d{n}.load.example. MX 10 mx{n}.load.example.",
                                                                         f"mx{n}.load.example. A {namespace.RECEIVERS[n]}")]
        # What the self-check asks for, all as receivers want it.
        reverse = ".".join(reversed(namespace.SOURCE.split(".")))
        self.dns.groups["sender"] = [key_record(self.keys[0][1], "r1._domainkey.example.com"),
                                     f'example.com. TXT "v=spf1 ip4:{namespace.SOURCE} -all"', "example.com. MX 10 relay.example.org.",
                                     '_dmarc.example.com. TXT "v=DMARC1; p=none"',
                                     f"relay.example.org. A {namespace.SOURCE}", f"{reverse}.in-addr.arpa. PTR relay.example.org.",
                                     f'relay.example.org. TXT "v=spf1 ip4:{namespace.SOURCE} -all"']
        self.dns.start()
        self.sink = Sink(self.folder)
        self.number = 0

    def close(self):
        self.sink.process.stdin.close()
        self.sink.process.wait(5)
        self.dns.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def relay(self, config=None, environment=None, **options):
        """A warm relay with `config` laid over what a measurement needs; `options` are the generator's."""
        self.number += 1
        relay = Relay(f"{self.folder}/relay{self.number}", self.keys, environment=environment, config={
            "queue": {"retry": ["1m"]}, "delivery": {"addresses": "ipv4"}, "self_check": {"mode": "off"},
            "limits": {"messages_per_connection": 1000}, **(config or {})})
        relay.start()
        self.sink.reset()
        load(200, per_connection=1, clients=20, **options)
        if self.sink.wait(200, 20)["unique"] < 200:
            sys.exit("the relay does not deliver\n" + relay.log()[-3000:])
        time.sleep(0.5)
        self.sink.reset()
        return relay

    def end(self, relay):
        relay.stop()
        shutil.rmtree(relay.folder, ignore_errors=True)

    def rate(self, relay, count, **options):
        """Rates and costs of `count` messages from the generator to the sink; ends `relay`."""
        pid = relay.signet_pid()
        cpu, generator = cpu_seconds(pid), children_seconds()
        sent = load(count, **options)
        generator = children_seconds() - generator
        got = self.sink.wait(sent["accepted"], 60)
        time.sleep(0.3)
        cpu = cpu_seconds(pid) - cpu
        peak = peak_mib(pid)
        self.end(relay)
        good, looked = self.sink.verified()
        return {"accepted": sent["accepted"], "delivered": got["unique"], "doubled": got["doubled"], "unsigned": got["unsigned"],
                "verified": good, "samples": looked, "connections": sent["connections"], "secured": sent["secured"],
                "accept_rate": sent["rate"], "rate": got["unique"] / max(1e-9, got["last"] - sent["begin"]),
                "cpu_us": cpu / max(1, got["unique"]) * 1e6, "generator_us": generator / max(1, sent["accepted"]) * 1e6,
                "peak_mib": peak, "p50_ms": sent["dot_ms_p50"], "p99_ms": sent["dot_ms_p99"]}


def is_whole(run, count):
    """Every message was delivered once and signed, and the sample verifies."""
    return run["delivered"] == count and not run["doubled"] and not run["unsigned"] and run["verified"] == run["samples"] > 0


def tool(name):
    folder = os.path.dirname(namespace.BINARY)
    for path in (f"{folder}/tests/load/{name}", f"{folder}/{name}"):
        if os.access(path, os.X_OK):
            return path
    sys.exit(f"{name} is not built: cmake --preset release && cmake --build --preset release")


def load(messages, first=0, **options):
    arguments = {"messages": messages, "first": first, "domains": DOMAINS, **options}
    command = [tool("smtp_load")] + [x for k, v in arguments.items() for x in ("--" + k.replace("_", "-"), str(v))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children_seconds():
    """Processor time of the programs that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024


def json_of(*command):
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def write_json(path, figures):
    if path:
        with open(path, "w") as f:
            json.dump(figures, f, indent=1)


def judge(checks):
    """Prints (name, value, holds or None for a plain figure); ends the program, with 1 if one fails."""
    for name, value, good in checks:
        print(f"{'    ' if good is None else 'PASS' if good else 'FAIL'}  {name}: {value}")
    sys.exit(0 if all(good is not False for _, _, good in checks) else 1)
