"""Recovery without mistakes: under each fault what is lost comes back, and whoever only seems dead is left alone.

Beats come fast here, so that each fault outlasts every limit of theirs within seconds.
"""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = pytest.mark.engine

ZONES = ("az1", "az2", "az3")
IN_EACH = 3
SIZE = IN_EACH * len(ZONES)
# Silent after 1.2 s, given up after 1.5 s: what holds for LONG outlasts that twice, ENOUGH once.
BEATING = "health: {heartbeat: {interval: 300ms, misses: 4}, suspect: 300ms}"
LONG = "4s"
ENOUGH = "2s"
LOST_AFTER = "2s"


@pytest.fixture(scope="module")
def town(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopProcess]:
    """Nine instances in three zones, that may be hit; a silent zone gets its canary soon."""
    place = LoopProcess(engine, tmp_path_factory.mktemp("town"), options=("--lost-after", LOST_AFTER, "--resync", "1s"))
    try:
        place.save("web", spec(SIZE, BEATING, f"zones: [{', '.join(ZONES)}]", "chaos: {enabled: true}", image=BASE))
        place.start()
        place.until_ready("web", SIZE)
        yield place
    finally:
        place.close()


@pytest.fixture
def before(town: LoopProcess) -> dict[str, str]:
    """Who is there, all ready and nothing under way."""
    town.until_ready("web", SIZE)
    town.until_settled()
    return town.containers("web", every=True)


def broken(town: LoopProcess, *words: str) -> Mapping[str, Any]:
    """The report of a fault that was in force, and is over; all are ready again."""
    ran = town.cli("chaos", *words, "--unleash", "-o", "json")
    assert ran.code == 0, ran.err
    town.until_settled()
    report: Mapping[str, Any] = json.loads(ran.out)
    return report


def replaced(town: LoopProcess, before: Mapping[str, str]) -> set[str]:
    """The instances whose containers are others now; nobody may be more or less."""
    town.until_ready("web", SIZE)
    after = town.containers("web", every=True)
    assert after.keys() == before.keys()
    return {name.removeprefix(f"{town.env}-") for name, id in before.items() if after[name] != id}


def of_zone(town: LoopProcess, zone: str) -> set[str]:
    row = town.cluster("web")
    assert row is not None
    return {f"web-{one.number}" for one in row.instances if one.zone == zone}


def doubts(town: LoopProcess, began: float) -> list[str]:
    """What was told of the channel since then."""
    return [event.cause for event in town.events(kind="channel") if event.at >= began]


def test_a_killed_one_is_replaced_and_nobody_else(town: LoopProcess, before: dict[str, str]) -> None:
    (victim,) = broken(town, "monkey", "web")["victims"]
    assert replaced(town, before) == {victim}


def test_a_killed_zone_is_full_again_and_the_others_are_untouched(town: LoopProcess, before: dict[str, str]) -> None:
    lost = of_zone(town, "az2")
    assert len(lost) == IN_EACH
    assert set(broken(town, "gorilla", "az2")["victims"]) == lost
    assert replaced(town, before) == lost
    assert of_zone(town, "az2") == lost


@pytest.mark.parametrize(
    "cut", [("halves",), ("bridge",), ("one-way", "--side", "az1", "--side", "az3")], ids=lambda words: words[0]
)
def test_zones_that_do_not_reach_each_other_cost_nobody(
    town: LoopProcess, before: dict[str, str], cut: tuple[str, ...]
) -> None:
    report = broken(town, "split-brain", *cut, "--for", ENOUGH)
    assert report["pairs_as_meant"] == report["pairs"]
    assert report["pairs_cut"] > 0
    assert replaced(town, before) == set()


def test_a_zone_cut_from_the_reconciler_is_held_and_its_own_are_kept(town: LoopProcess, before: dict[str, str]) -> None:
    """Longer than `--lost-after`: the canary that comes there is cut off as well, so that it proves nothing."""
    began = time.time()
    report = broken(town, "split-brain", "reconciler", "--side", "az3", "--for", "6s")
    assert {one["name"] for one in report["newcomers"]} == {f"web-{SIZE + 1}"}
    told = doubts(town, began)
    assert any("3 of 9 instances fell silent together" in cause for cause in told), told
    assert told[-1] == "trusted again"
    assert replaced(town, before) == set()


def test_a_lossy_network_replaces_nobody(town: LoopProcess, before: dict[str, str]) -> None:
    report = broken(town, "loss", "web", "--percent", "20", "--for", LONG)
    assert len(report["victims"]) == SIZE
    assert replaced(town, before) == set()


def test_what_only_slows_or_blinds_a_program_replaces_nobody(town: LoopProcess, before: dict[str, str]) -> None:
    """All three at once, each beside another one."""
    faults = {"dns": "web-4", "burn": "web-5", "fill": "web-6"}
    with ThreadPoolExecutor(len(faults)) as pool:
        made = [pool.submit(broken, town, *words, "--for", ENOUGH, "--anyway") for words in faults.items()]
    assert [one.result()["victims"] for one in made] == [[name] for name in faults.values()]
    assert replaced(town, before) == set()


@pytest.mark.parametrize(("fault", "victim"), [("freeze", "web-4"), ("agent", "web-6")], ids=["freeze", "agent"])
def test_one_that_is_silent_for_long_is_replaced_and_nobody_else(
    town: LoopProcess, before: dict[str, str], fault: str, victim: str
) -> None:
    """Each another one: who is replaced again and again is spared for longer each time."""
    broken(town, fault, victim, "--for", LONG)
    assert replaced(town, before) == {victim}
    assert any(e.cause.startswith("lost: no heartbeat") for e in town.events("web", "create")[-1:])


def test_a_frozen_zone_is_held_and_goes_on_when_it_is_thawed(town: LoopProcess, before: dict[str, str]) -> None:
    began = time.time()
    broken(town, "freeze", "--zone", "az1", "--for", LONG)
    told = doubts(town, began)
    assert any("3 of 9 instances fell silent together" in cause for cause in told), told
    assert told[-1] == "trusted again"
    assert replaced(town, before) == set()


def test_a_closed_zone_is_left_in_good_order_and_filled_again_when_it_opens(
    town: LoopProcess, before: dict[str, str]
) -> None:
    fewest = SIZE

    def spread(*most: int) -> bool:
        nonlocal fewest
        fewest = min(fewest, len(town.containers("web")))
        row = town.cluster("web")
        return row is not None and row.all_ready and tuple(len(of_zone(town, zone)) for zone in ZONES) == most

    assert town.cli("zone", "close", "az2", "--why", "a new disk").code == 0
    town.until(lambda: spread(5, 0, 4) or spread(4, 0, 5), 40, "az2 is left")
    kept = {name for name, id in town.containers("web", every=True).items() if before.get(name) == id}
    assert len(kept) == SIZE - IN_EACH
    (zone,) = town.cli("status", "-o", "json").json()["closed_zones"]
    assert (zone["zone"], zone["why"]) == ("az2", "a new disk")
    assert town.cli("zone", "open", "az2").code == 0
    town.until(lambda: spread(IN_EACH, IN_EACH, IN_EACH), 40, "az2 is filled again")
    town.until_settled()
    assert fewest == SIZE
    assert town.cli("zone", "close", "az9").code == 64
