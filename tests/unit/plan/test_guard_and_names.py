"""Removal for want of a spec, and what the names answer."""

from dataclasses import replace

from reconciler.plan.actions import PublishName
from reconciler.plan.guard import allow_deletions
from reconciler.plan.limits import Limits
from reconciler.plan.world import Memory
from reconciler.spec.cluster import Port
from tests.unit.plan.builders import look, make_observed, make_settled, make_spec, merge, silence, text


def test_one_cluster_without_a_spec_is_removed_name_first() -> None:
    assert "withdraw web-1: no spec wants it any more" in text(at=make_settled(make_spec()))


def test_several_clusters_at_once_are_held_until_confirmed() -> None:
    observed = merge(make_settled(make_spec()), make_settled(make_spec("db")))
    assert set(look(at=observed).held) == {"db", "web"}
    assert not look(at=observed, memory=Memory(confirmed=frozenset({"db", "web"}))).held


def test_recent_deletions_count_and_what_was_begun_goes_on() -> None:
    deletions = allow_deletions(
        {"web": 1, "db": 3}, 4, untrusted=None, confirmed=(), recent={"web": 3}, limits=Limits()
    )
    assert deletions.allowed == {"web"}
    assert set(deletions.held or ()) == {"db"}


def test_what_was_held_stays_held_when_the_other_deletion_is_long_over() -> None:
    """Time makes no accident a wish; a person's word does."""
    observed = merge(make_settled(make_spec()), make_settled(make_spec("db")))
    kept = frozenset({"db"})
    held = look(make_spec(), at=observed, memory=Memory(kept=kept)).held
    assert {name: wait.reason for name, wait in held.items()} == {"db": "MassDeletion"}
    assert not look(make_spec(), at=observed, memory=Memory(kept=kept, confirmed=kept)).held
    assert not look(make_spec(), make_spec("db"), at=observed, memory=Memory(kept=kept)).held


def test_an_untrusted_directory_removes_nothing() -> None:
    decision = look(at=make_settled(make_spec()), untrusted="the directory vanished")
    assert decision.plans[0].actions == ()
    assert decision.held["web"].reason == "DirectoryUntrusted"


def test_a_running_instance_gets_its_name_and_a_ready_one_its_clusters() -> None:
    spec = make_spec()
    assert "publish web-1: ready" in text(spec, at=make_settled(spec, names={}))


def test_a_suspect_leaves_its_clusters_name_and_keeps_its_own() -> None:
    spec = make_spec()
    assert text(spec, at=silence(make_settled(spec), "web-1", seconds=3.5)) == "publish web-1: running"


def test_a_name_of_something_gone_is_withdrawn() -> None:
    spec = make_spec(size=0)
    observed = make_observed(spec, names=make_settled(make_spec()).names)
    assert "withdraw web-1: its container is gone" in text(spec, at=observed)


def test_an_instance_keeps_the_ports_it_was_made_with_while_the_file_names_others() -> None:
    spec = make_spec(size=1, ports=(Port(container=80),))
    observed = make_settled(spec)
    before = {id: replace(record, ports=(80,), ready=False) for id, record in observed.names.items()}
    changed = replace(spec, ports=(Port(container=81),), suspend=True)
    decision = look(changed, at=replace(observed, names=before))
    (published,) = [action for plan in decision.plans for action in plan.actions if isinstance(action, PublishName)]
    assert published.record.ports == (80,)
    assert published.record.ready


def test_one_that_lost_its_address_loses_its_name_though_it_runs() -> None:
    """Cut off from the network by hand: the engine gives its address to the next one."""
    spec = make_spec(size=1)
    settled = make_settled(spec)
    cut_off = replace(settled.instances["web"][0], address=None)
    observed = replace(settled, instances={"web": (cut_off,)})
    assert text(spec, at=observed) == "withdraw web-1: not on the network"


def test_without_a_spec_one_that_lost_its_address_leaves_its_clusters_name() -> None:
    spec = make_spec(size=1)
    settled = make_settled(spec)
    cut_off = replace(settled.instances["web"][0], address=None)
    observed = replace(settled, instances={"web": (cut_off,)})
    (action,) = look(at=observed, untrusted="the directory vanished").plans[0].actions
    assert (action.kind, action.subject, action.cause) == ("withdraw", "web-1", "not on the network")
