"""A loop that has just begun to listen: what was ready before it came stays so until it can tell."""

from dataclasses import replace

from reconciler.plan.status import Verdict
from reconciler.state.observed import Channel, Observed, Sighting
from tests.unit.plan.builders import NOW, look, make_record, make_settled, make_spec, text


def _just_begun(observed: Observed) -> Observed:
    """Nothing heard yet; the instances came up a moment before the loop did, so they may still be starting."""
    sightings = {id: Sighting(up_since=NOW - 5, ready_since=None) for id in observed.sightings}
    return replace(observed, channel=Channel(since=NOW - 0.5), beats={}, sightings=sightings)


def test_names_that_an_earlier_loop_called_ready_stay_in_their_clusters() -> None:
    spec = make_spec()
    observed = _just_begun(make_settled(spec))
    verdicts = {judgement.verdict for judgement in look(spec, at=observed).judgements.values()}
    assert verdicts == {Verdict.STARTING}
    assert text(spec, at=observed) == "nothing to do"


def test_what_no_loop_called_ready_is_not_called_so_before_it_is_heard() -> None:
    spec = make_spec(size=1)
    (instance,) = make_settled(spec).instances[spec.name]
    running = {instance.id: make_record(spec, instance, ready=False)}
    assert text(spec, at=_just_begun(make_settled(spec, names=running))) == "nothing to do"
