"""How a fault is told: exact words at 80 columns."""

from random import Random

from reconciler.chaos.faults import Fault, Gorilla, SplitBrain
from reconciler.chaos.matrix import Matrix
from reconciler.chaos.prepare import prepare
from reconciler.chaos.report import Newcomer, Report
from reconciler.chaos.shapes import RECONCILER
from reconciler.chaos.situation import Situation
from reconciler.cli.chaos_cost import Cost
from reconciler.cli.chaos_listing import line
from reconciler.cli.chaos_view import done, in_force, leashed
from reconciler.cli.situation import troubles
from reconciler.plan.status import ClusterStatus, Condition, WorldStatus
from reconciler.state.faults import FaultSeen
from tests.unit.chaos.situations import situation, spread


def told(fault: Fault, where: Situation | None = None) -> str:
    return leashed(prepare(fault, where or situation(), Random(1))).plain


def matrix(**cut: bool) -> Matrix:
    zones = {"web-1": "az1", "web-2": "az2", "web-3": "az2"}
    reaches = {(a, b): True for a in zones for b in zones if a != b}
    return Matrix(zones=zones, reaches=reaches | {("web-1", "web-2"): not cut.get("meant", True)})


def report(**given: object) -> Report:
    values: dict[str, object] = {"fault_id": "k3f9x", "kind": "split-brain", "says": "split-brain halves az1 | az2"}
    return Report(**{**values, "victims": ("web-1", "web-2"), **given})  # type: ignore[arg-type]


def test_on_the_leash_everything_is_said() -> None:
    assert told(SplitBrain(shape="rest", sides=(("az2",),))).splitlines() == [
        "split-brain rest az2 | az1,az3 for 30 s",
        "  would cut az1 <-/-> az2, az2 <-/-> az3",
        "  would cut 6 instances: az1 web-1, web-4; az2 web-2, web-5; az3 web-3, web-6",
        "whom each zone would reach (from, to)",
        "         az1      az2      az3",
        "az1      reached  cut      reached",
        "az2      cut      reached  cut",
        "az3      reached  cut      reached",
        "leashed: add --unleash",
    ]
    assert told(Gorilla(zone="az2", keep_down=True)).splitlines() == [
        "gorilla kills 2 in az2, closed for 30 s",
        "  would close az2 for 30 s: nothing new starts there",
        "  would kill 2 instances: az2 web-2, web-5 with SIGKILL at once",
        "leashed: add --unleash",
    ]


def test_too_many_zones_for_a_table_are_told_in_sentences_that_fit() -> None:
    zones = tuple(f"zone-{n}" for n in range(1, 10))
    lines = told(SplitBrain(shape="ring"), situation(*spread("web", 9, zones), zones=zones)).splitlines()
    assert "zone-1: cut off from zone-3, zone-4, zone-5, zone-6, zone-7, zone-8" in lines


def test_what_is_not_as_meant_stands_out() -> None:
    meant = matrix(meant=True)
    found = matrix(meant=False)
    text = in_force(report(meant=meant, found=found, in_force_seconds=0.2, staged_seconds=1.0)).plain
    assert "5 of 6 pairs as meant, 1 cut" in text
    assert "az1      -        reached!" in text
    assert "web-1 -> web-2: meant cut, found otherwise" in text


def test_the_reconciler_has_a_column() -> None:
    zones = {"web-1": "az1", RECONCILER: RECONCILER}
    cut = Matrix(zones=zones, reaches={("web-1", RECONCILER): False})
    lines = in_force(report(meant=cut, found=cut, in_force_seconds=0.2, staged_seconds=1.0)).plain.splitlines()
    assert lines[-2].split() == ["az1", "reconciler"]
    assert lines[-1].split() == ["az1", "-", "cut"]


def test_the_cost_is_told() -> None:
    came = (Newcomer(name="web-2", seconds=0.31, shut_out_seconds=0.08),)
    cost = Cost(
        ended=("db-1", "web-2"), replaced=("web-2",), bystanders=("db-1",), ready_seconds=1.5, waited_seconds=60
    )
    assert done(report(newcomers=came, healed_seconds=0.1, staged_seconds=1.0), cost).plain.splitlines() == [
        "healed after 0.10 s",
        "newcomer web-2: hit 0.31 s, and shut out 0.08 s after its start",
        "cost: 2 ended (db-1, web-2), 1 replaced",
        "not hit, and ended all the same: db-1",
        "all ready again 1.50 s after its end",
    ]
    late = done(report(), Cost(waited_seconds=60)).plain
    assert "not all ready within 60 s" in late


def test_who_is_still_apart_does_not_reach_everybody() -> None:
    whole = matrix()
    apart = report(meant=whole, found=whole, healed_seconds=3.0, unhealed=("web-1 -> web-2",))
    assert done(apart, Cost()).plain.splitlines()[:2] == ["healed after 3.00 s", "still apart: web-1 -> web-2"]


def test_pairs_that_are_not_as_meant_after_a_change_are_told() -> None:
    told = done(report(meant=matrix(meant=True), found=matrix(meant=False), healed_seconds=0.1), Cost()).plain
    assert told.splitlines()[1] == "while it held, 1 of 6 pairs were not as meant any more"


def test_a_fault_in_one_line() -> None:
    seen = FaultSeen(id="k3f9x", kind="loss", says="loss 20 % web", until=110.0, instances=("web-1",), leftover=False)
    assert line(seen, 100.0) == "k3f9x  loss 20 % web  web-1  heals within 10 s"
    assert line(seen, 111.0) == "k3f9x  loss 20 % web  web-1  over, and about to be put away"
    left = FaultSeen(id="k3f9x", kind="loss", says="loss", until=90.0, instances=("web-1",), leftover=True)
    assert line(left, 100.0).endswith("left over: `reconciler chaos heal k3f9x` ends it")


def test_holds_and_outages_are_troubles() -> None:
    degraded = Condition(type="Degraded", status="True", reason="ImageMissing", message="no such image")
    rows = (row("web", 2, 3), row("db", 1, 3, degraded), row("auth", 3, 3))
    world = WorldStatus(
        environment="dev", domain="docker", clusters=rows, held=("2 deletions held",), loop_running=True
    )
    assert list(troubles(world)) == [
        "2 deletions held",
        "web: 2 of 3 ready",
        "db: ImageMissing: no such image",
    ]


def row(name: str, ready: int, desired: int, *conditions: Condition) -> ClusterStatus:
    return ClusterStatus(
        name=name, desired=desired, current=desired, updated=desired, ready=ready, available=ready, revision="v000",
        zones=("az1",), generation=1, conditions=conditions, instances=(),
    )  # fmt: skip
