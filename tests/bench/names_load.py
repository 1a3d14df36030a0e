"""How many questions one core answers: the embedded DNS server, CoreDNS on etcd, and our server in its container.

Before: names_served (the servers), Debian's dnsperf. After: the table.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.names_asked import Asker
from tests.bench.names_served import Served, contained, coredns, cores, embedded
from tests.bench.names_server import names
from tests.bench.stage import PATIENCE_SECONDS
from tests.bench.values import Row, Samples, at_least, at_most, figure, samples

COUNT = 1000
ROUNDS = 5
SECONDS = 4
_LOST = re.compile(r"Queries lost:\s+(\d+)")
_RUN_TIME = re.compile(r"Run time \(s\):\s+([0-9.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One round: answers in a second, the 99th percentile of the seconds until an answer, questions without one."""

    rate: float
    p99_seconds: float
    lost: int


def measure(engine_url: str) -> Iterator[Row]:
    """Three servers in turns."""
    core, asking = cores()
    loads: dict[str, list[Load]] = {"embedded": [], "coredns": [], "contained": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as place, ExitStack() as stack:
        servers = {
            "embedded": stack.enter_context(embedded(COUNT, core)),
            "coredns": stack.enter_context(coredns(engine_url, COUNT, core)),
            "contained": stack.enter_context(contained(engine_url, COUNT, core)),
        }
        for served in servers.values():
            with Asker(served.address) as asker:
                asker.until_all(names(COUNT, served.env), PATIENCE_SECONDS)
        for _ in range(ROUNDS):
            for name, served in servers.items():
                loads[name].append(_load(served, asking, Path(place)))
    yield from _rows(loads, servers["coredns"].what)


def _rows(loads: dict[str, list[Load]], theirs: str) -> Iterator[Row]:
    rates = {name: samples([one.rate for one in found], "/s") for name, found in loads.items()}
    slow = {name: samples([one.p99_seconds for one in found], "ms") for name, found in loads.items()}
    lost = {name: samples([float(one.lost) for one in found], "") for name, found in loads.items()}
    yield at_least(
        f"embedded DNS, {COUNT:,} names, one core: answers", rates["embedded"], 10_000.0,
        f"dnsperf over loopback, {SECONDS} s each, its own 100 questions under way, one instance's address after the "
        "other; the server is a process of its own and pinned to one core, dnsperf to another.",
    )  # fmt: skip
    yield at_most(
        "embedded DNS: p99 until an answer", slow["embedded"], 0.010,
        "of all answers of a round, as dnsperf tells each; with the server busy all the time.",
    )  # fmt: skip
    yield at_most("embedded DNS: lost", lost["embedded"], 0.0, "questions of a round that were never answered.")
    yield figure(
        "embedded DNS against CoreDNS on etcd: answers", rates["embedded"],
        f"{theirs}: both on the one core, with our Corefile (one second of cache) and the same names; dnsperf in their "
        f"network namespace, the same rounds; {_more(slow['coredns'], lost['coredns'])}.",
        against=rates["coredns"],
    )  # fmt: skip
    yield figure(
        "our DNS server in its container: answers", rates["contained"],
        "the same program with Debian's Python in the container that a loop without port 53 keeps, on the same core; "
        "the yardstick is the embedded one, with this machine's Python; dnsperf in the container's network namespace; "
        f"{_more(slow['contained'], lost['contained'])}.",
        against=rates["embedded"],
    )  # fmt: skip


def _more(slow: Samples, lost: Samples) -> str:
    return f"p99 {slow.show(slow.median)}, lost {sum(lost.values):.0f}"


def _load(served: Served, core: int, place: Path) -> Load:
    """One round; `-v` has dnsperf tell of every answer."""
    questions, said = place / "questions", place / "said"
    questions.write_text("".join(f"{name} A\n" for name in names(COUNT, served.env)), encoding="ascii")
    address, port = served.address
    command = [
        *served.inside, "taskset", "--cpu-list", str(core), "dnsperf", "-v", "-W",
        "-s", address, "-p", str(port), "-d", str(questions), "-l", str(SECONDS),
    ]  # fmt: skip
    with said.open("wb") as out:
        subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=True, timeout=PATIENCE_SECONDS)
    return read(said.read_text(encoding="ascii"))


def read(text: str) -> Load:
    """What dnsperf (2.10, `-v`) said; RuntimeError where an answer was no answer or nothing was asked.

    A line of it: `> NOERROR web1.web.dev.docker A 0.000123`.
    """
    told = [line.split() for line in text.splitlines() if line.startswith("> ")]
    waits = [float(words[4]) for words in told if words[1] == "NOERROR"]
    others = {words[1] for words in told} - {"NOERROR", "T"}
    lost, run_time = _LOST.search(text), _RUN_TIME.search(text)
    if others or not waits or lost is None or run_time is None:
        raise RuntimeError(f"dnsperf was not answered as it should be: {sorted(others)}\n{text[-2000:]}")
    return Load(
        rate=len(waits) / float(run_time[1]),
        p99_seconds=samples(waits).percentile(0.99),
        lost=int(lost[1]),
    )
