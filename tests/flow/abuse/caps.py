"""Connection caps: of one client, and of all."""
from abuse.row import *
from harness.namespace import SOURCE

TOPIC = "above a cap: 421 4.7.0 and the end; 5 % of all places are kept for this host"
RELAY = {"listener": [{"address": f"0.0.0.0:{PLAIN}", "clients": ["127.0.0.0/8", "192.0.2.0/24"]}], "limits": {"connections": 20, "connections_per_client": 4}}

BUSY = ["421 4.7.0 Too many connections", CLOSED]
HERE = {"begins": CONNECTED}
AWAY = {"begins": CONNECTED, "host": SOURCE}


def from_here(*counts):
    return tuple((count, f"127.0.0.{10 + n}", "127.0.0.1") for n, count in enumerate(counts))


def from_away(*counts):
    return tuple((count, f"192.0.2.{10 + n}", SOURCE) for n, count in enumerate(counts))


CASES = [
    Case("a client's last place", ["220", EHLO, "250", *DATA, TEXT + b".\r\n", ACCEPTED], others=from_here(3), source="127.0.0.10", **HERE),
    Case("a client's place too many", BUSY, others=from_here(4), source="127.0.0.10", **HERE),
    Case("a client's place too many, who talks at once", [SMUGGLED, *BUSY], others=from_here(4), source="127.0.0.10", **HERE),
    Case("another client's place", ["220"], others=from_here(4, 4), source="127.0.0.20", **HERE),
    Case("a client's place too many, from away", BUSY, others=from_away(4), source="192.0.2.10", **AWAY),
    Case("the last place of all", ["220", EHLO, "250", *DATA, TEXT + b".\r\n", ACCEPTED], others=from_here(4, 4, 4, 4, 3), source="127.0.0.20", **HERE),
    Case("a place too many", BUSY, others=from_here(4, 4, 4, 4, 4), source="127.0.0.20", **HERE),
    Case("a place too many, from away", BUSY, others=from_here(4, 4, 4, 4, 4), source="192.0.2.20", **AWAY),
    Case("the place before the last, from away", ["220", EHLO, "250", *OPEN], others=from_away(4, 4, 4, 4, 2), source="192.0.2.20", **AWAY),
    Case("the last place is this host's, not another's", BUSY, others=from_away(4, 4, 4, 4, 3), source="192.0.2.20", **AWAY),
    Case("the last place is this host's", ["220", EHLO, "250", *DATA, TEXT + b".\r\n", ACCEPTED], others=from_away(4, 4, 4, 4, 3), source="127.0.0.20", **HERE),
]
