"""Relay: one `signet serve` with a configuration of the test's, and everything that a person would ask it."""
import base64
import datetime
import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time

from harness.namespace import BINARY, program


def toml(config):
    """TOML of nested dicts; a list of dicts is an array of tables."""
    lines = []

    def value(v):
        if isinstance(v, bool):
            return "true" if v else "false"
        if isinstance(v, (int, float)):
            return str(v)
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(value(x) for x in v) + "]"
        if isinstance(v, datetime.datetime):
            return v.isoformat()
        return json.dumps(v)

    def table(path, content):
        deeper = []
        for key, v in content.items():
            if isinstance(v, dict):
                deeper.append((key, v))
            elif isinstance(v, list) and v and isinstance(v[0], dict):
                deeper.append((key, v))
            elif v is not None:
                lines.append(f"{key} = {value(v)}")
        for key, v in deeper:
            name = f"{path}.{key}" if path else key
            for content in v if isinstance(v, list) else [v]:
                lines.append(f"[[{name}]]" if isinstance(v, list) else f"[{name}]")
                table(name, content)

    table("", config)
    return "\n".join(lines) + "\n"


class Relay:
    """Folder layout: signet.toml, data/, control.sock, log. `config` is laid over the defaults of `defaults()`, table by
    table; a value None drops a key."""

    def __init__(self, folder, keys=(), config=None, prefix=(), port=2525, environment=None):
        self.folder, self.prefix, self.port = folder, list(prefix), port
        self.environment = environment or {}
        os.makedirs(folder, exist_ok=True)
        self.file, self.log_file, self.control = f"{folder}/signet.toml", f"{folder}/log", f"{folder}/control.sock"
        self.process = None
        self.config = self.defaults(keys)
        self.configure(config or {})

    def defaults(self, keys):
        return {
            "hostname": "relay.example.org",
            "postmaster": "postmaster@example.com",
            "data_dir": f"{self.folder}/data",
            "listener": [{"address": f"127.0.0.1:{self.port}", "clients": ["127.0.0.0/8", "::1"]}],
            "domain": [{"name": "example.com", "selector": [{"name": n, "key": path} for n, path in keys]}],
            "dkim": {"prove": "off"},
            "queue": {"retry": ["1s"]},
            "delivery": {},
            "self_check": {"mode": "off"},
            "status": {"address": "127.0.0.1:8025", "control_socket": f"unix:{self.control}"},
        }

    def configure(self, changes):
        """Writes the file with `changes` laid over what it said."""
        for key, v in changes.items():
            if isinstance(v, dict):
                self.config[key] = {**self.config.get(key, {}), **v}
            else:
                self.config[key] = v
        self.write(toml(self.config))

    def write(self, text):
        with open(self.file, "w") as f:
            f.write(text)

    # Life

    def start(self, ready=True, timeout=20):
        self.killed = False
        self.process = subprocess.Popen([*self.prefix, BINARY, "serve", "-c", self.file], stdin=subprocess.DEVNULL,
                                        stdout=open(self.log_file, "a"), stderr=subprocess.STDOUT,
                                        env={**os.environ, **self.environment})
        if ready:
            self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=20):
        self.wait(lambda: self.get("/readyz")[0] == 200, timeout, "ready", (OSError, http.client.HTTPException))

    def wait(self, condition, timeout, what, errors=()):
        """Polls until `condition()` is true; its value. The relay must go on running."""
        end = time.monotonic() + timeout
        while True:
            try:
                found = condition()
                if found:
                    return found
            except errors:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"the relay ended with {self.process.returncode} before: {what}\n{self.log()[-4000:]}")
            if time.monotonic() > end:
                raise AssertionError(f"not within {timeout} s: {what}\n{self.log()[-4000:]}")
            time.sleep(0.02)

    def signet_pid(self):
        """The relay's own process id, also when another program runs it."""
        if not self.prefix:
            return self.process.pid
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        return int(out.stdout.split()[0])

    def signal(self, number):
        os.kill(self.signet_pid(), number)

    def stop(self, timeout=15):
        """SIGTERM; its exit status."""
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.ended(timeout)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.killed = True
            self.signal(signal.SIGKILL)
            self.process.wait(10)

    def crashed(self):
        """True when it ended by a signal that this harness did not send."""
        return self.process is not None and not self.killed and (self.process.poll() or 0) < 0

    def ended(self, timeout=15):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.killed = True
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the relay did not end within {timeout} s\n{self.log()[-4000:]}") from None

    # What it says

    def log(self):
        if not os.path.exists(self.log_file):
            return ""
        with open(self.log_file, errors="replace") as f:
            return f.read()

    def wait_log(self, pattern, timeout=20):
        return self.wait(lambda: re.search(pattern, self.log(), re.M), timeout, f"log: {pattern}")

    def get(self, path, host="127.0.0.1", port=8025):
        """(status, body) from the status port."""
        return _http(http.client.HTTPConnection(host, port, timeout=10), "GET", path, None)

    def status(self):
        code, body = self.get("/status")
        if code != 200:
            raise AssertionError(f"/status: {code} {body}")
        return json.loads(body)

    def control_request(self, method, path, body=None):
        """(status, body) from the control socket."""
        return _http(_UnixConnection(self.control), method, path, body)

    def metric(self, name, **labels):
        """The value of one series, 0 when it is absent."""
        for line in self.get("/metrics")[1].splitlines():
            found = re.fullmatch(r"([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)", line)
            if found and found[1] == name:
                have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
                if have == {k: str(v) for k, v in labels.items()}:
                    return float(found[3])
        return 0.0

    # Commands

    def run(self, *arguments, stdin=None, timeout=30):
        """CompletedProcess of `signet ARGUMENTS` with this configuration."""
        return subprocess.run([BINARY, *arguments, "-c", self.file], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
                              env={**os.environ, **self.environment})

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        if done.returncode not in (0, 1):
            raise AssertionError(f"signet {' '.join(arguments)}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    def show(self, queue_id):
        """What `queue show` says to a person."""
        done = self.run("queue", "show", queue_id)
        return done.stdout + done.stderr

    def queued(self):
        """How many messages the queue still holds."""
        return sum(self.metric("signet_queue_messages", state=s) for s in self.states())

    def states(self):
        return set(re.findall(r'^signet_queue_messages\{state="(\w+)"\}', self.get("/metrics")[1], re.M))

    def wait_empty(self, timeout=20):
        self.wait(lambda: self.queued() == 0, timeout, "queue empty", (OSError,))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _http(connection, method, path, body):
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def make_keys(folder):
    """[(selector, path)] of an RSA-2048 and an Ed25519 key, made once per folder."""
    os.makedirs(folder, exist_ok=True)
    keys = [("r1", f"{folder}/r1.pem"), ("e1", f"{folder}/e1.pem")]
    with open(f"{folder}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test files run side by side
        for name, path in keys:
            if not os.path.exists(path):
                new_key(path, "ed25519" if name[0] == "e" else "rsa")
    return keys


def new_key(path, kind, bits=2048):
    options = ["-algorithm", "ED25519"] if kind == "ed25519" else ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
    with open(path + ".new", "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as f:
        subprocess.run([program("openssl"), "genpkey", *options], check=True, stdout=f, stderr=subprocess.DEVNULL)
    os.rename(path + ".new", path)
    return path


def key_record(path, name):
    """The TXT record of a key made by openssl alone, so that ours has something to agree with."""
    pem = subprocess.run([program("openssl"), "pkey", "-in", path, "-pubout"], check=True, stdout=subprocess.PIPE, text=True).stdout
    encoded = "".join(pem.splitlines()[1:-1])
    kind = "rsa"
    if len(encoded) < 100:  # RFC 8463 publishes the bare 32 octets, not SubjectPublicKeyInfo
        encoded, kind = base64.b64encode(base64.b64decode(encoded)[-32:]).decode(), "ed25519"
    text = f"v=DKIM1; k={kind}; p={encoded}"
    strings = " ".join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255))
    return f"{name}. TXT {strings}"
