"""Dns: NSD on 127.0.0.1:53, authoritative for the root, so that every name not given is NXDOMAIN at once; further zones, and
further servers at other addresses, where a test is about who is authoritative for what."""
import os
import signal
import subprocess
import time

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from harness.namespace import peer_environment, program


class Dns:
    """Records are zone-file lines, grouped under a key so that a test can replace or drop a group. A record stands in the zone
    with the longest name that fits; `zones` are those beside the root: {"example.com": ["ns1.example.com"]}, each with its name
    servers. `negative` is the SOA's MINIMUM."""

    def __init__(self, folder, address="127.0.0.1", ttl=1, zones=None, negative=None):
        self.folder, self.address, self.ttl = folder, address, ttl
        self.zones = {"": ["ns.invalid"], **(zones or {})}
        self.negative = ttl if negative is None else negative
        self.groups = {}
        self.serial = 1
        self.process = None
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/nsd.conf", "w") as f:
            f.write(f"""
server:
    ip-address: {address}
    port: 53
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    cookie-secret-file: "{folder}/cookie"
    logfile: "{folder}/nsd.log"
    rrl-ratelimit: 0
    minimal-responses: no
remote-control:
    control-enable: no
""")
            for zone in self.zones:
                f.write(f'zone:\n    name: "{zone}."\n    zonefile: "{zone or "root"}.zone"\n')

    def start(self):
        self._write()
        self.process = subprocess.Popen([program("nsd"), "-d", "-c", f"{self.folder}/nsd.conf"], env=peer_environment(),
                                        stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/nsd.err", "w"))
        self._wait()
        return self

    def stop(self):
        if self.process:
            self.thaw()  # a stopped process would not hear the signal
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def freeze(self):
        """From now on queries get no answer at all."""
        for pid in self._family():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._family():
            os.kill(pid, signal.SIGCONT)

    def set(self, group, *lines):
        """Gives a group other records; served when this returns."""
        self.groups[group] = [line for block in lines for line in block.splitlines()]
        self.reload()

    def drop(self, group):
        self.groups.pop(group, None)
        self.reload()

    def mail_domain(self, name, *hosts):
        """An MX list: hosts are (preference, host name, address...)."""
        lines = []
        for preference, host, *addresses in hosts:
            lines.append(f"{name}. MX {preference} {host}.")
            lines += [f"{host}. {'AAAA' if ':' in a else 'A'} {a}" for a in addresses]
        self.set(name, *lines)

    def reload(self):
        if self.process:
            self.serial += 1
            self._write()
            os.kill(self.process.pid, signal.SIGHUP)
            self._wait()

    def ask(self, name, kind):
        query = dns.message.make_query(name, kind)
        return dns.query.udp(query, self.address, timeout=2)

    def _zone_of(self, line):
        owner = line.split()[0].lower().rstrip(".")
        return max((z for z in self.zones if owner == z or owner.endswith("." + z) or not z), key=len)

    def _write(self):
        lines = {zone: [] for zone in self.zones}
        lines[""].append(f"ns.invalid. A {self.address}")
        for group in self.groups.values():
            for line in group:
                if line not in lines[self._zone_of(line)]:
                    lines[self._zone_of(line)].append(line)
        for zone, servers in self.zones.items():
            path = f"{self.folder}/{zone or 'root'}.zone"
            with open(path + ".new", "w") as f:
                f.write(f"$ORIGIN {zone}.\n$TTL {self.ttl}\n"
                        f"@ SOA {servers[0]}. host.invalid. {self.serial} 3600 600 86400 {self.negative}\n")
                f.write("".join(f"@ NS {server}.\n" for server in servers) + "\n".join(lines[zone]) + "\n")
            os.rename(path + ".new", path)

    def _wait(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                answer = dns.query.udp(dns.message.make_query(".", "SOA"), self.address, timeout=0.2)
                if answer.answer and answer.answer[0][0].serial == self.serial:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.02)
        log = "".join(open(p).read() for p in (f"{self.folder}/nsd.err", f"{self.folder}/nsd.log") if os.path.exists(p))
        raise AssertionError("NSD does not serve the zone:\n" + log)

    def _family(self):
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        children = [int(x) for x in out.stdout.split()]
        grand = []
        for child in children:
            out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(child)], stdout=subprocess.PIPE, text=True)
            grand += [int(x) for x in out.stdout.split()]
        return [self.process.pid] + children + grand
