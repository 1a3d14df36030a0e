"""What is offered is what can be done now."""

from dataclasses import replace

from reconciler.console.web.acting import offers
from reconciler.plan.status import ClusterStatus, Phase, Verdict
from tests.support.fake_world import canary, cluster, demo_world, instance, rolled_back, rolling

WORLD = {one.name: one for one in demo_world().clusters}


def in_phase(phase: Phase) -> ClusterStatus:
    """A push that has come so far."""
    one = rolling()
    assert one.rollout is not None
    return replace(one, rollout=replace(one.rollout, phase=phase))


def test_a_quiet_cluster_can_be_changed_and_has_no_rollout_to_act_on() -> None:
    """No buttons that would be refused."""
    can = offers.of_cluster(WORLD["auth"])
    assert (can.file, can.task, can.suspended, can.paused, can.pausable, can.undoable) == (
        True, False, False, False, False, False,
    )  # fmt: skip


def test_what_is_offered_follows_the_rollout() -> None:
    """Paused ones go on, moving ones are paused, both are taken back; over is over."""
    seen = {
        phase: (can.paused, can.pausable, can.undoable)
        for phase in Phase
        for can in [offers.of_cluster(in_phase(phase))]
    }
    for phase in (Phase.PROGRESSING, Phase.CANARY, Phase.JUDGING, Phase.SWITCHED):
        assert seen[phase] == (False, True, True)
    assert seen[Phase.PAUSED] == (True, False, True)
    assert seen[Phase.FAILED] == (False, False, True)
    assert seen[Phase.COMPLETE] == seen[Phase.ROLLED_BACK] == seen[Phase.ROLLING_BACK] == (False, False, False)


def test_suspended_tasks_scaled_and_held_ones_are_known() -> None:
    """A held one has no file to change, a scaled one says so."""
    assert offers.of_cluster(WORLD["quiet"]).suspended
    assert offers.of_cluster(WORLD["loader"]).task
    assert offers.of_cluster(WORLD["customer"]).scaled == "Its size follows cpu: 2 to 12"
    held = offers.of_cluster(WORLD["ledger"])
    assert not held.file
    assert held.why_not
    broken = offers.of_cluster(WORLD["booking"])
    assert (broken.file, broken.readable) == (True, False)
    assert "mend" in broken.why_not


def test_a_judgment_has_the_new_group_beside_the_one_before() -> None:
    """Means over those that are ready; nothing where nothing waits for a person."""
    judged = offers.judgment(canary())
    assert judged is not None
    assert judged.says == "1 of 4 are of v001, 1 of them available"
    assert [(g.revision, g.role, g.instances, g.ready, g.cpu) for g in judged.groups] == [
        ("v001", "new", 1, 1, 0.12), ("v000", "before", 3, 3, 0.12),
    ]  # fmt: skip
    assert judged.groups[0].metrics == (("requests", 12.5),)
    assert offers.judgment(rolling()) is None
    shop = canary()
    assert shop.rollout is not None
    whole = replace(shop, rollout=replace(shop.rollout, phase=Phase.JUDGING, strategy="red-black"))
    assert offers.judgment(whole) is not None
    assert offers.of_group(whole, "v001").promotable


def test_a_judgment_without_figures_says_none() -> None:
    """Nobody is ready: no mean of nothing."""
    shop = canary()
    silent = tuple(replace(one, verdict=Verdict.SUSPECT) for one in shop.instances)
    judged = offers.judgment(replace(shop, instances=silent))
    assert judged is not None
    assert (judged.groups[0].cpu, judged.groups[0].memory_bytes, judged.groups[0].metrics) == (None, None, ())


def test_a_group_is_gone_back_to_unless_it_is_the_wanted_one() -> None:
    """The one that waits for it is promoted instead."""
    assert offers.of_group(canary(), "v001").promotable
    assert not offers.of_group(canary(), "v001").goes_back
    assert offers.of_group(canary(), "v000").goes_back
    assert offers.of_group(in_phase(Phase.SWITCHED), "v000").says
    assert not offers.of_group(rolled_back(), "v001").promotable


def test_who_ends_already_or_has_no_container_is_not_terminated() -> None:
    """And it is said why."""
    web = cluster("web", 1)
    assert offers.why_not_terminate(web, instance("web", 1)) == ""
    assert offers.why_not_terminate(web, instance("web", 1, Verdict.STOPPING)) == "it is ending already"
    assert offers.why_not_terminate(web, instance("web", 1, Verdict.DEAD)) == "it has ended already"
    assert offers.why_not_terminate(web, replace(instance("web", 1), id="")) == "it has no container yet"
    assert offers.why_not_terminate(replace(web, kind="TaskSpec"), instance("web", 1)).startswith("a task's run ends")
