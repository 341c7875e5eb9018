"""A whole Postfix as the receiving side, from its unpacked package, in a folder of its own; and its smtp-sink."""
import glob
import os
import shutil
import subprocess

from harness.clients import wait_port
from harness.namespace import peer_environment, program

_SERVICES = """
{address}:25 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes mail for `domain` into a maildir. `settings` go over those of main.cf."""

    def __init__(self, folder, address, domain, **settings):
        self.folder, self.address, self.mail = folder, address, f"{folder}/mail"
        daemons = os.path.dirname(program("smtpd"))
        for name in ("etc", "queue", "state", "mail"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
        shutil.chown(f"{folder}/mail", "nobody", "nogroup")
        shutil.chown(f"{folder}/state", "postfix", "postfix")
        self._queue_folders()
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": f"{folder}/queue",
            "data_directory": f"{folder}/state",
            "command_directory": os.path.dirname(program("postqueue")),
            "daemon_directory": daemons,
            "shlib_directory": "no",
            "meta_directory": f"{folder}/etc",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "import_environment": "MAIL_CONFIG LD_LIBRARY_PATH=" + peer_environment()["LD_LIBRARY_PATH"],
            "myhostname": f"mx.{domain}",
            "mydestination": "",
            "local_recipient_maps": "",
            "alias_maps": "",
            "alias_database": "",
            "local_transport": "error:no local mail",
            "mynetworks": "",
            "inet_interfaces": "all",
            "inet_protocols": "ipv4",
            "smtpd_relay_restrictions": "permit_auth_destination, reject",
            "smtpd_peername_lookup": "no",
            "smtpd_tls_security_level": "none",
            "virtual_mailbox_domains": domain,
            "virtual_mailbox_base": self.mail,
            "virtual_mailbox_maps": "static:box/",
            "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534",
            "maillog_file": f"{folder}/maillog",
            "maillog_file_prefixes": folder,
            **settings,
        }
        with open(f"{folder}/etc/main.cf", "w") as f:
            f.writelines(f"{name} = {value}\n" for name, value in settings.items())
        with open(f"{folder}/etc/master.cf", "w") as f:
            f.write(_SERVICES.format(address=address))
        for name in ("main.cf", "master.cf"):  # Postfix waits seconds for a file that has just changed to settle
            os.utime(f"{folder}/etc/{name}", (1, 1))
        # Postfix's daemons drop root: every folder on the way must let them through.
        path = folder
        while path != "/":
            os.chmod(path, os.stat(path).st_mode | 0o011)
            path = os.path.dirname(path)
        self.process = subprocess.Popen([program("master"), "-c", f"{folder}/etc", "-d"], env=peer_environment(),
                                        stdin=subprocess.DEVNULL, stdout=open(f"{folder}/out", "w"), stderr=subprocess.STDOUT)
        try:
            wait_port(address, 25, 15, self.process)
        except AssertionError as e:
            raise AssertionError(f"{e}\n{self.log()}") from None

    def _queue_folders(self):
        # What Postfix's own installation lists for its queue, with owners and modes.
        for name, owner, mode in [(n, "postfix", 0o700) for n in
                                  ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private",
                                   "saved", "trace")] + [("maildrop", "postfix", 0o730), ("public", "postfix", 0o710),
                                                         ("pid", "root", 0o755)]:
            path = f"{self.folder}/queue/{name}"
            os.makedirs(path, exist_ok=True)
            shutil.chown(path, owner, "postdrop" if name in ("maildrop", "public") else None)
            os.chmod(path, mode)

    def log(self):
        text = ""
        for name in ("out", "maillog"):
            if os.path.exists(f"{self.folder}/{name}"):
                text += open(f"{self.folder}/{name}", errors="replace").read()
        return text

    def messages(self):
        """The bytes of each delivered message, as a mailbox keeps them (line ends are LF)."""
        return [open(path, "rb").read() for path in sorted(glob.glob(f"{self.mail}/box/new/*"))]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class SmtpSink:
    """Postfix's smtp-sink with its own options; each transaction becomes a file."""

    def __init__(self, folder, address, *options):
        self.folder = folder
        os.makedirs(folder)
        os.chmod(folder, 0o777)
        self.process = subprocess.Popen([program("smtp-sink"), "-u", "root", "-d", f"{folder}/m.%M.", *options, f"{address}:25", "100"],
                                        env=peer_environment(), stderr=open(f"{folder}.err", "w"))
        wait_port(address, 25, 10, self.process)

    def messages(self):
        found = []
        for path in sorted(glob.glob(f"{self.folder}/m.*")):
            data = open(path, "rb").read()
            if data.rstrip().endswith(b"\n") or data:
                found.append(data)
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(10)
