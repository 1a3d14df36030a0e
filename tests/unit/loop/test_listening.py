"""Whom to hear and whom to ask: who runs, as its own revision says; no predecessor of one that is just being made."""

from dataclasses import replace

from reconciler.loop.listening import expected_beats, probe_targets
from reconciler.spec.cluster import ClusterSpec, Health, Heartbeat, Probe
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Channel, InFlight, Observed

ONE = Instance(
    id="a", container="dev-web-1", cluster="web", number=1, zone="z", revision="v000", spec_hash="h", attempt=1,
    token_sha256="t", image_id="i", state=EngineState.RUNNING,
)  # fmt: skip


def heard(*instances: Instance, flights: tuple[InFlight, ...] = ()) -> list[str]:
    observed = Observed(channel=Channel(since=0.0), instances={"web": instances}, in_flight={"web": flights})
    return [expected.id for expected in expected_beats(WantedWorld(), observed)]


def test_who_runs_and_has_a_token_is_expected_with_or_without_a_spec() -> None:
    ended = replace(ONE, id="b", number=2, state=EngineState.EXITED)
    silent = replace(ONE, id="c", number=3, token_sha256="")
    assert heard(ONE, ended, silent) == ["a"]


def test_a_listing_older_than_a_successor_does_not_bring_its_predecessor_back() -> None:
    """The successor's token is registered by the worker that makes it; the old one's would take its place."""
    making = InFlight(kind="create", cluster="web", number=1, id="a")
    assert heard(ONE, replace(ONE, id="b", number=2), flights=(making,)) == ["b"]


def test_each_is_heard_and_asked_as_the_spec_says_that_it_was_made_from() -> None:
    """A push that changes image and health path together must not ask the old ones for the new path."""
    old, new = (
        ClusterSpec(
            name="web", image=f"web:{number}", size=2,
            health=Health(heartbeat=Heartbeat(interval_seconds=number), probe=Probe(port=80, path=f"/{number}")),
        )
        for number in (1, 2)
    )  # fmt: skip
    wanted = Wanted(name="web", spec=new, spec_hash="new", earlier={"old": old})
    instances = tuple(
        replace(ONE, id=made_from, number=number, spec_hash=made_from, address="10.0.0.1")
        for number, made_from in enumerate(("old", "new", "older"), start=1)
    )
    world = WantedWorld(clusters={"web": wanted})
    observed = Observed(channel=Channel(since=0.0), instances={"web": instances})
    paths = {id: target.probe.path for id, target in probe_targets(world, observed).items()}
    assert paths == {"old": "/1", "new": "/2", "older": "/2"}
    assert {one.id: one.interval_seconds for one in expected_beats(world, observed)} == {"old": 1, "new": 2, "older": 2}
