"""The place where flow tests run: own network, mount and process namespaces, only lo up, real ports, documentation
addresses (RFC 5737, RFC 3849). No packet can leave, no process stays behind.

Everything in 192.0.2.0/24 and 198.51.100.0/24 is local; the relay connects from SOURCE there.
"""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PEERS = os.path.join(ROOT, "build", "peers")
BINARY = os.path.abspath(os.environ.get("SIGNET", os.path.join(ROOT, "build", "release", "signet")))

SOURCE, SOURCE6 = "203.0.113.5", "2001:db8::5"
RECEIVERS = ["192.0.2.%d" % n for n in range(1, 255)]
RECEIVERS6 = ["2001:db8:2::%d" % n for n in range(1, 6)]
DEAD = "198.51.100.1"  # ours, and nothing ever listens there: connections are refused at once

_MARK = "SIGNET_TEST_NAMESPACE"


def program(name):
    """The path of a program: unpacked ones first, then the machine's."""
    for folder in ("usr/sbin", "usr/bin", "usr/lib/postfix/sbin"):
        path = os.path.join(PEERS, folder, name)
        if os.access(path, os.X_OK):
            return path
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/postfix/sbin")
    if not path:
        sys.exit(f"{name} is missing: run deploy/install test unpack")
    return path


def peer_environment():
    """Unpacked programs find their own libraries."""
    folders = [os.path.join(PEERS, "usr/lib/postfix"), os.path.join(PEERS, "usr/lib/x86_64-linux-gnu")]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(f for f in folders if os.path.isdir(f)))


def enter():
    """Runs this program again inside, unless it is there already; then lays out addresses and system files."""
    if os.environ.get(_MARK) != "1":
        if os.geteuid() != 0:
            sys.exit("flow tests need root: they make network namespaces")
        os.environ[_MARK] = "1"
        command = ["unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "/usr/bin/python3"]
        os.execvp("unshare", command + [os.path.abspath(sys.argv[0])] + sys.argv[1:])
    _addresses()
    _system_files()


def _ip(*arguments):
    subprocess.run([program("ip"), *arguments], check=True)


def _addresses():
    _ip("link", "set", "lo", "up")
    _ip("addr", "add", SOURCE + "/32", "dev", "lo")
    for block in ("192.0.2.0/24", "198.51.100.0/24"):
        _ip("route", "add", "local", block, "dev", "lo", "src", SOURCE)
    _ip("route", "add", "default", "dev", "lo", "src", SOURCE)
    if os.path.exists("/proc/sys/net/ipv6"):
        for address in [SOURCE6] + RECEIVERS6:
            _ip("-6", "addr", "add", address + "/128", "dev", "lo", "nodad")


def has_ipv6():
    return os.path.exists("/proc/sys/net/ipv6")


def bind_over(path, text):
    """Shows `text` at `path` inside the namespace only."""
    file = tempfile.NamedTemporaryFile("w", dir=_folder(), delete=False)
    with file:
        file.write(text)
    os.chmod(file.name, 0o644)
    subprocess.run(["mount", "--bind", file.name, os.path.realpath(path)], check=True)


_made = []


def _folder():
    """Files of the namespace's own: on a tmpfs that dies with it."""
    if not _made:
        folder = tempfile.mkdtemp(prefix="signet-ns.")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", folder], check=True)
        _made.append(folder)
    return _made[0]


def leave():
    if _made:
        subprocess.run(["umount", "-l", _made[0]], check=False)
        os.rmdir(_made.pop())


def _system_files():
    bind_over("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    bind_over("/etc/hosts", "127.0.0.1 localhost\n")
    # Postfix wants its user and groups; they exist in here alone.
    users, groups = open("/etc/passwd").read(), open("/etc/group").read()
    if "\npostfix:" not in users:
        bind_over("/etc/passwd", users + "postfix:x:64901:64901::/nonexistent:/usr/sbin/nologin\n")
    if "\npostfix:" not in groups or "\npostdrop:" not in groups:
        bind_over("/etc/group", groups + "postfix:x:64901:\npostdrop:x:64902:\n")
