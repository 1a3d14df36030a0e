"""Whether packets get out of containers: the kernel's forwarding, iptables, the engine's own chains.

Before: nothing but files and programs. After: doctor. Never here: rules of our own.
"""

import os
import shutil
import subprocess
from pathlib import Path

from reconciler.setup.findings import Finding

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
OWN_STATUS = Path("/proc/self/status")
_CAP_NET_BIND_SERVICE = 10
_DNS_PORT = 53
_LOOK_SECONDS = 10.0


def look(forwarding: Path = FORWARDING) -> Finding:
    """The finding `network`; without Linux's /proc the engine lives in a virtual machine that sees to it."""
    if not forwarding.exists():
        return Finding(name="network", ok=True, detail="the engine's own machine forwards")
    if forwarding.read_text(encoding="ascii").strip() != "1":
        return _bad(
            "The kernel does not forward packets, so containers reach nothing outside.",
            "`sysctl -w net.ipv4.ip_forward=1` as root (--fix does it).",
        )
    if os.geteuid() != 0:
        return Finding(name="network", ok=True, detail="forwarding is on; iptables can't be read without root")
    if shutil.which("iptables") is None:
        return _bad(
            "iptables is missing; the engine needs it for bridge networks.",
            "Install iptables (--fix does it).",
        )
    return _chains()


def _chains() -> Finding:
    try:
        answer = subprocess.run(
            ["iptables", "--wait", "--numeric", "--list", "DOCKER"],
            capture_output=True,
            text=True,
            timeout=_LOOK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _bad(
            f"iptables did not answer within {_LOOK_SECONDS:.0f} s.",
            "See which program holds its lock (/run/xtables.lock).",
        )
    if answer.returncode != 0:
        return _bad(
            f"The engine's iptables chain DOCKER is missing ({answer.stderr.strip()}).",
            "Restart the engine; it writes them anew.",
        )
    return Finding(name="network", ok=True, detail="forwarding is on, the engine's iptables chains are there")


def names(first_free_port: Path = FIRST_FREE_PORT, status: Path = OWN_STATUS) -> Finding:
    """The finding `names`: whether this user's loop may serve names on port 53 of the network's gateway."""
    if _may_bind(first_free_port, status):
        return Finding(name="names", ok=True, detail=f"port {_DNS_PORT} may be served by you")
    return Finding(
        name="names",
        ok=True,  # everything else works without
        problem=f"A loop that you run serves no names: port {_DNS_PORT} needs root.",
        remedy="Run the loop as root, or with `--names none`.",
    )


def _may_bind(first_free_port: Path, status: Path) -> bool:
    """By the kernel's own rule (capabilities(7), ip(7)): the capability, or a port that needs none."""
    if not first_free_port.exists() or int(first_free_port.read_text(encoding="ascii")) <= _DNS_PORT:
        return True
    held = next((line for line in status.read_text().splitlines() if line.startswith("CapEff:")), "CapEff: 0")
    return bool(int(held.split()[1], 16) >> _CAP_NET_BIND_SERVICE & 1)


def _bad(problem: str, remedy: str) -> Finding:
    return Finding(name="network", ok=False, problem=problem, remedy=remedy)


def turn_forwarding_on(forwarding: Path = FORWARDING) -> None:
    """Let the kernel forward; needs root."""
    forwarding.write_text("1\n", encoding="ascii")
