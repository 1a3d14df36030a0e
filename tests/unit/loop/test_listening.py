"""Whom to hear: who runs and has a token, and no predecessor of one that is just being made."""

from dataclasses import replace

from reconciler.loop.listening import expected_beats
from reconciler.spec.wanted import WantedWorld
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
