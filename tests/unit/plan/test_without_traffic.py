"""`traffic: false`: the cluster runs, heals and changes as ever, and no name and no registry leads to it."""

from dataclasses import replace

from reconciler.plan.report import cluster_status
from reconciler.plan.status import ClusterStatus
from reconciler.state.observed import Observed
from reconciler.state.registered import Registered
from tests.unit.plan.builders import NOW, look, make_instance, make_record, make_settled, make_spec, make_wanted, text

SPEC = make_spec(size=2, traffic=False)


def _without_names(observed: Observed) -> Observed:
    """As it is once the names have followed the file."""
    names = {
        i.id: make_record(SPEC, i, ready=False) for instances in observed.instances.values() for i in instances
    }  # fmt: skip
    return replace(observed, names=names)


def _registered(*ids: str, held: bool = False, status: str = "UP") -> dict[str, Registered]:
    return {
        id: Registered(status="OUT_OF_SERVICE" if held else status, held_out=held, place="WEB", entry=f"{id}:80")
        for id in ids
    }


def _status(observed: Observed) -> ClusterStatus:
    decision = look(SPEC, at=observed)
    return cluster_status(make_wanted(SPEC), decision.plans[0], observed, decision.judgements, now=NOW)


def test_all_names_are_withheld_at_once_and_no_container_is_touched() -> None:
    assert text(SPEC, at=make_settled(SPEC)).splitlines() == [
        "publish web-1: its file says: no traffic", "publish web-2: its file says: no traffic"
    ]  # fmt: skip
    actions = look(SPEC, at=make_settled(SPEC)).plans[0].actions
    assert {action.record.ready for action in actions if action.kind == "publish"} == {False}  # type: ignore[union-attr]


def test_then_there_is_nothing_to_do_and_everybody_is_ready() -> None:
    observed = _without_names(make_settled(SPEC))
    assert text(SPEC, at=observed) == "nothing to do"
    status = _status(observed)
    assert status.all_ready
    assert not status.traffic
    (told,) = [c for c in status.conditions if c.type == "NoTraffic"]
    assert (told.status, told.reason) == ("True", "SpecSaysSo")
    assert not any(row.serving for row in status.instances)


def test_it_is_no_part_of_the_revision() -> None:
    assert SPEC.spec_hash() == replace(SPEC, traffic=True).spec_hash()


def test_taking_it_back_gives_all_of_it_back() -> None:
    served = replace(SPEC, traffic=True)
    assert text(served, at=_without_names(make_settled(served))) == "publish web-1: ready\npublish web-2: ready"


def test_also_in_a_suspended_cluster() -> None:
    suspended = replace(SPEC, suspend=True)
    assert text(suspended, at=make_settled(suspended)).startswith("publish web-1: its file says: no traffic")


def test_the_registry_holds_out_all_of_them_even_the_last_one() -> None:
    observed = replace(_without_names(make_settled(SPEC)), registered=_registered("web-1", "web-2"))
    assert text(SPEC, at=observed).splitlines() == [
        "deactivate web-1: its file says: no traffic", "deactivate web-2: its file says: no traffic"
    ]  # fmt: skip
    held = replace(observed, registered=_registered("web-1", "web-2", held=True))
    assert text(SPEC, at=held) == "nothing to do"


def test_one_that_comes_up_is_held_out_before_it_says_up() -> None:
    observed = replace(_without_names(make_settled(SPEC)), registered=_registered("web-1", status="STARTING"))
    assert text(SPEC, at=observed) == "deactivate web-1: its file says: no traffic"


def test_a_smaller_size_and_a_change_need_no_traffic() -> None:
    smaller = replace(SPEC, size=1)
    assert "surplus: 1 wanted" in text(smaller, at=_without_names(make_settled(smaller, 2)))
    newer = replace(SPEC, environment={"A": "1"})
    old = _without_names(make_settled(SPEC, 2))
    coming = make_instance(newer, 3, revision="v001")
    observed = replace(
        old,
        instances={"web": (*old.instances["web"], coming)},
        beats={**old.beats, coming.id: old.beats["web-1"]},
        sightings={**old.sightings, coming.id: old.sightings["web-1"]},
        names={**old.names, coming.id: make_record(newer, coming, ready=False)},
    )
    assert "withdraw web-1: outdated" in text(newer, at=observed)
