"""Faults on the real engine: each bites, is seen, follows replacements and is undone, whatever happens to its maker."""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.engine.docker import connect
from reconciler.engine.docker.adapter import DockerEngine
from reconciler.state.faults import FaultPart
from tests.support.loop_process import LoopProcess, Ran

pytestmark = pytest.mark.engine

ZONES = ("az1", "az2", "az3")
WEB = """
image: reconciler/base:latest
size: 6
zones: [az1, az2, az3]
stop: {grace: 1s, drain: 0s}
chaos: {enabled: true}
"""
SHY = """
image: reconciler/base:latest
size: 1
zones: [az9]
stop: {grace: 1s, drain: 0s}
"""
# A port that nobody has: who is reached refuses at once, who is cut off says nothing.
KNOCK = """
import socket, sys
for address in sys.argv[1:]:
    try:
        socket.create_connection((address, 9), 0.3)
    except ConnectionRefusedError:
        print(address)
    except OSError:
        pass
"""
_END_SECONDS = 40.0


class Town(LoopProcess):
    """A loop with six instances in three zones that may be hit, and one that may not."""

    def faults(self, engine: DockerEngine) -> tuple[FaultPart, ...]:
        return engine.faults(self.env)

    def addresses(self) -> dict[str, str]:
        """By `web-1`."""
        row = self.cluster("web")
        return {} if row is None else {f"web-{one.number}": one.address for one in row.instances if one.address}

    def zones(self) -> dict[str, str]:
        row = self.cluster("web")
        return {} if row is None else {f"web-{one.number}": one.zone for one in row.instances}

    def reached_from(self, name: str) -> set[str]:
        """Whom it reaches, by trying from inside."""
        addresses = self.addresses()
        others = {address: other for other, address in addresses.items() if other != name}
        ran = self.cli("exec", name, "--", "python3", "-c", KNOCK, *others)
        return {others[line] for line in ran.out.split()}

    def chaos(self, *words: str) -> Ran:
        return self.cli("chaos", *words)

    @contextmanager
    def unleashed(self, *words: str, how: str = "json") -> Iterator["subprocess.Popen[str]"]:
        """`reconciler chaos WORDS… --unleash`, going on in the background; ended with the test."""
        command = self._command("chaos", *words, "--unleash", "--settle", "0s", "-o", how)
        with subprocess.Popen(
            command, env=self._variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()


@pytest.fixture(scope="module")
def town(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    place = Town(engine, tmp_path_factory.mktemp("chaos"))
    try:
        place.start()
        place.save("web", WEB)
        place.save("shy", SHY)
        place.until_ready("web", 6)
        place.until_ready("shy", 1)
        yield place
    finally:
        place.close()


@pytest.fixture
def docker(engine: str) -> Iterator[DockerEngine]:
    made = connect(engine)
    yield made
    made.close()


def report(process: "subprocess.Popen[str]") -> Mapping[str, Any]:
    """What it said at its end."""
    out, err = process.communicate(timeout=_END_SECONDS)
    assert out, err
    found: Mapping[str, Any] = json.loads(out)
    return found


def bites(town: Town, docker: DockerEngine, process: "subprocess.Popen[str]", kind: str) -> None:
    """Until its helpers are there, and every pair of a cut is as meant (the command goes on only then)."""

    def there() -> bool:
        assert process.poll() is None, process.communicate()
        return any(part.kind == kind and part.alive for part in town.faults(docker))

    town.until(there, what=f"{kind} is in force")


def test_on_the_leash_nothing_is_touched(town: Town, docker: DockerEngine) -> None:
    ran = town.chaos("split-brain", "--side", "az1", "--spare")
    assert (ran.code, town.faults(docker)) == (0, ())
    assert "would spare shy-1: not opted in" in ran.out
    assert ran.out.endswith("leashed: add --unleash\n")


def test_each_fault_bites_is_listed_and_is_undone(town: Town, docker: DockerEngine) -> None:
    kinds = ("freeze", "loss", "dns", "agent", "burn", "fill")
    victims = {kind: f"web-{number}" for number, kind in enumerate(kinds, 1)}
    before = town.containers("web")
    processes = [
        subprocess.Popen(
            town._command(
                "chaos", kind, victim, "--for", "2s", "--anyway", "--unleash", "--settle", "0s", "-o", "json"
            ),
            env=town._variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for kind, victim in victims.items()
    ]  # fmt: skip
    seen: dict[str, str] = {}

    def all_seen() -> bool:
        seen.update({part.kind: part.instance for part in town.faults(docker)})
        return seen == victims

    town.until(all_seen, what="all six are in force")
    shown = town.chaos("list").out
    for process in processes:
        told = report(process)
        assert process.returncode == 0
        assert told["victims"] == [victims[told["kind"]]]
        assert told["healed_seconds"] is not None
    assert any(kind in shown for kind in kinds)
    town.until(lambda: town.faults(docker) == (), what="the loop has put the helpers away")
    assert town.containers("web") == before, "what only seemed dead was replaced"


def test_a_cut_is_followed_to_a_replacement_and_undone_by_ctrl_c(town: Town, docker: DockerEngine) -> None:
    town.until_ready("web", 6)
    with town.unleashed("split-brain", "--side", "az1", "--side", "az2,az3", "--for", "50s", "--spare") as process:
        bites(town, docker, process, "split-brain")
        zones = town.zones()
        here = {name for name, zone in zones.items() if zone == "az1"}
        town.until(lambda: town.reached_from("web-1") == here - {"web-1"}, what="web-1 sees its own zone only")
        town.until(lambda: [one.kind for one in town.status().faults] == ["split-brain"], what="status shows it")
        second = town.chaos("split-brain", "rest", "--spare", "--anyway")
        assert second.code == 1
        assert "cuts the zones already" in second.err

        victim = min(zones.keys() - here)
        container = f"{town.env}-{victim}"
        old = town.containers("web")[container]
        docker.signal(old, "SIGKILL")
        town.until(lambda: town.containers("web").get(container, old) != old, what=f"{victim} is replaced")
        town.until_ready("web", 6)
        others = set(zones) - here - {victim}
        town.until(lambda: town.reached_from(victim) == others, what=f"the new {victim} sees its side only")
        process.send_signal(signal.SIGINT)
        told = report(process)
    assert process.returncode == 130
    assert [one["name"] for one in told["newcomers"]] == [victim]
    assert (told["pairs_as_meant"], told["unhealed"]) == (told["pairs"], [])
    assert town.faults(docker) == ()
    assert town.reached_from("web-1") == set(zones) - {"web-1"}


def test_one_way_in_a_ring_and_from_the_reconciler_nobody_healthy_is_replaced(town: Town, docker: DockerEngine) -> None:
    town.until_ready("web", 6)
    before = town.containers("web")
    sides = ("--side", "az1", "--side", "az2")
    for words in (("one-way", *sides), ("ring", "--spare"), ("reconciler", "--side", "az1")):
        with town.unleashed("split-brain", *words, "--for", "1s") as process:
            told = report(process)
        assert process.returncode == 0
        assert told["pairs_as_meant"] == told["pairs"]
        assert told["pairs_cut"] > 0
    assert town.containers("web") == before


def test_a_gorilla_that_keeps_its_zone_down_opens_it_again(town: Town) -> None:
    town.until_ready("web", 6)
    with town.unleashed("gorilla", "az2", "--keep-down", "--for", "30s") as process:
        town.until(lambda: bool(town.status().closed_zones), what="the zone is closed")
        town.until(lambda: "az2" not in town.zones().values(), what="its share is elsewhere")
        process.send_signal(signal.SIGTERM)
        told = report(process)
    assert len(told["victims"]) == 2
    town.until(lambda: not town.status().closed_zones, what="the zone is open")
    killed = [event for event in town.events("web", "chaos") if "gorilla" in event.cause]
    assert {event.subject for event in killed} == set(told["victims"])
    town.until_settled()


def test_a_monkey_is_told_by_its_seed(town: Town) -> None:
    town.until_ready("web", 6)
    leashed = json.loads(town.chaos("monkey", "web", "--seed", "7", "-o", "json").out)
    ran = town.chaos("monkey", "web", "--seed", "7", "--unleash", "-o", "json")
    told = json.loads(ran.out)
    assert told["victims"] == leashed["victims"] == told["cost"]["replaced"]


def test_others_may_end_it(town: Town, docker: DockerEngine) -> None:
    town.until_ready("web", 6)
    with town.unleashed("loss", "web-2", "--for", "50s") as process:
        bites(town, docker, process, "loss")
        town.until(lambda: "healed" in town.chaos("heal").out, what="there is something to heal")
        process.wait(_END_SECONDS)
    assert town.faults(docker) == ()
    assert town.chaos("heal").out == f"no fault is in force in environment {town.env}\n"


def test_what_may_not_be_is_refused_before_anything_is_touched(town: Town, docker: DockerEngine) -> None:
    for words, code, said in (
        (("gorilla", "az7"), 64, "there are az1, az2, az3, az9"),
        (("freeze", "shy"), 1, "shy is not opted in: write `chaos: {enabled: true}` into"),
        (("loss", "web", "--percent", "120%"), 64, "from 0.5 to 100"),
    ):
        ran = town.chaos(*words, "--unleash")
        assert ran.code == code
        assert said in ran.err
    assert town.faults(docker) == ()


def test_when_its_maker_is_killed_a_fault_ends_by_itself(town: Town, docker: DockerEngine) -> None:
    town.until_ready("web", 6)
    with town.unleashed("split-brain", "--side", "az1", "--side", "az2", "--for", "1s", how="text") as process:
        assert process.stdout is not None
        assert any("pairs as meant" in line for line in process.stdout), process.communicate()
        process.kill()
    assert any(part.alive for part in town.faults(docker))
    town.until(lambda: len(town.reached_from("web-1")) == 5, what="everybody is reached again")
    town.until(lambda: not any(part.alive for part in town.faults(docker)), what="no helper lives")
