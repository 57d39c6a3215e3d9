"""Runs commands where no network is, and says whom they asked and what they wrote. Started below `unshare -rnm`.

sealed.py ORDER      JSON: folder, home, commands (lists of words); prints JSON, a report for each command

The name server is this process: a library that looks a host up, in whatever language it is written, is heard. No route
leads anywhere, and what Python itself connects to is told by an audit hook.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

HOOK = """
import sys
def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        with open({log!r}, "a") as file:
            file.write(event + " " + repr(arguments[1])[:200] + "\\n")
sys.addaudithook(_hook)
"""


def loopback():
    """Bring up `lo`: a new network has it, and it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)
        fcntl.ioctl(one, 0x8914, request)


def hear(asked):
    """Be the name server: note what is asked for, and know nothing."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def serve():
        while True:
            query, sender = server.recvfrom(4096)
            labels, place = [], 12
            while query[place]:
                labels.append(query[place + 1 : place + 1 + query[place]].decode(errors="replace"))
                place += 1 + query[place]
            asked.append(".".join(labels))
            server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12 : place + 5], sender)

    threading.Thread(target=serve, daemon=True).start()


def files(folder):
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def main(order):
    folder, asked = Path(order["folder"]), []
    resolv, log, site = folder / "resolv.conf", folder / "hook.log", folder / "site"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
    loopback()
    hear(asked)
    site.mkdir()
    (site / "sitecustomize.py").write_text(HOOK.format(log=str(log)))
    home = folder / "home"
    home.mkdir()
    work = folder / "work"
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {
        **kept, "HOME": str(home), "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp"),
        "GANZOO_HOME": str(folder / "ganzoo"), "TERM": "dumb",
    }  # fmt: skip
    (folder / "tmp").mkdir()
    reports = []
    for command in order["commands"]:
        asked.clear()
        log.write_text("")
        before = {place: files(folder / place) for place in ("home", "work", "ganzoo", "tmp")}
        done = subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
        )
        time.sleep(0.2)
        after = {place: files(folder / place) for place in before}
        reports.append(
            {
                "code": done.returncode,
                "out": done.stdout[-3000:],
                "err": done.stderr[-3000:],
                "asked": sorted(set(asked)),
                "connected": sorted(set(log.read_text().splitlines())),
                "wrote": {place: sorted(set(dict(after[place].items() - before[place].items()))) for place in before},
            }
        )
    print(json.dumps(reports))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
