#!/usr/bin/python3
"""Who may include whom: prints each #include that breaks the order, and exits 1 if there is one.

The folders: conf includes only itself; dkim and queue know conf and themselves; relay knows all. Only relay waits,
logs and opens sockets. Within relay the units stand in LEVELS, lowest first: a file includes its own unit and the
units of lower levels. Units of one level never include each other.
"""

import pathlib
import re
import sys

# A unit is a folder of relay/, or the files of relay/ whose names begin with one of these words.
LEVELS = [
    {"log": ["log"], "metrics": ["metrics"], "clock": ["clock", "steady_wall"], "current": ["current"]},
    {"smtp": [], "net": [], "mime": []},
    {"committer": ["committer"], "memory_budget": ["memory_budget"], "history": []},
    {"check": []},
    {"spool": ["spool", "lease", "pauses", "report_limit", "step_size"]},
    {"intake": ["intake", "arrival", "body_digest", "recoding", "signing", "store_refusal", "submission_rules",
                "trace_header"]},
    {"in": [], "out": []},
    {"status": []},
    {"cli": [], "relay": ["relay", "privileges", "restart_keys"]},
    {"main": ["main"]},
]
FOLDERS = {"conf": {"conf"}, "dkim": {"conf", "dkim"}, "queue": {"conf", "queue"}, "relay": {"conf", "dkim", "queue", "relay"}}
# What waits, logs or talks belongs to relay, and not to what is pure in it.
PURE = ("relay/smtp/", "relay/mime/")
RELAY_ONLY = re.compile(r"(boost/asio|boost/beast|spdlog|systemd)[/.]|sys/socket\.h$|sys/epoll\.h$|sys/un\.h$|unbound\.h$")
ADDRESSES = re.compile(r"(arpa/inet|netinet/in)\.h$")  # plain conversions: conf may
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEVEL_OF = {unit: height for height, units in enumerate(LEVELS) for unit in units}


def unit_of(path):
    """The unit of relay/... ; None where LEVELS does not name it."""
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) > 2:
        return parts[1] if parts[1] in LEVEL_OF else None
    stem = pathlib.PurePosixPath(path).stem
    for units in LEVELS:
        for unit, names in units.items():
            if any(stem == name or stem.startswith(name + "_") for name in names):
                return unit
    return None


def fault(path, bracket, target):
    """Why `path` may not include `target`; nothing where it may."""
    folder = path.split("/", 1)[0]
    target_folder = target.split("/", 1)[0]
    if target_folder not in FOLDERS or "/" not in target:
        if bracket == '"':
            return "write the path from the root of the repository"
        pure = folder != "relay" or path.startswith(PURE)
        if pure and RELAY_ONLY.search(target):
            return "only relay, and neither relay/smtp nor relay/mime, waits, logs and opens sockets"
        if pure and folder != "conf" and ADDRESSES.search(target):
            return "addresses are conf's: use conf::IpAddress"
        return None
    if target_folder not in FOLDERS[folder]:
        return f"{folder} may include only {', '.join(sorted(FOLDERS[folder]))}"
    if target_folder != "relay":
        return None
    own, other = unit_of(path), unit_of(target)
    if own is None:
        return None  # said once for the file
    if other is None:
        return "its unit is not listed in LEVELS of tests/include_order.py"
    if own != other and LEVEL_OF[other] >= LEVEL_OF[own]:
        return f"{own} stands {'beside' if LEVEL_OF[other] == LEVEL_OF[own] else 'below'} {other}"
    return None


def faults(root):
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc", ".in"):
                continue
            path = file.relative_to(root).as_posix()
            if folder == "relay" and unit_of(path) is None:
                yield f"{path}:1: unknown unit: list it at its level in LEVELS of tests/include_order.py"
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if found:
                    why = fault(path, *found.groups())
                    if why:
                        yield f"{path}:{number}: must not include {found.group(2)}: {why}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    if not (root / "conf").is_dir():
        print(f"include_order: {root} has no folder conf", file=sys.stderr)
        return 2
    found = list(faults(root))
    print("\n".join(found + [f"include order: {len(found)} faults" if found else "include order: right"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
