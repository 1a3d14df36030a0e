"""`rollout`: what it becomes, what is refused, how much of it is baked."""

from dataclasses import replace

import pytest

from reconciler.spec.cluster import CanaryStage, ClusterSpec, RedBlack, Rollout
from reconciler.spec.fields import differences
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.unit.spec.refusals import OK, assert_refused, lines_of

SPEC = ClusterSpec(name="web", image="a:1", size=3)


def rollout_of(text: str, head: str = OK) -> Rollout:
    return parse_cluster(f"{head}rollout: {{{text}}}\n".encode(), file="web.yaml", policy=Policy()).rollout


def test_every_key_is_read() -> None:
    written = "deadline: 5m, rollback: false, paused: true, promoted: v004, restarted: 2026-11-29T01:02:03Z"
    assert rollout_of(written) == Rollout(
        deadline_seconds=300.0, rollback=False, paused=True, promoted="v004", restarted="2026-11-29T01:02:03Z"
    )
    assert rollout_of("strategy: red-black, red-black: {keep: 5m, judged: true}") == Rollout(
        strategy="red-black", red_black=RedBlack(keep_seconds=300.0, judged=True)
    )
    canary = "size: 2, after: 1m, metric: errors, most: 0.5"
    assert rollout_of(f"strategy: canary, canary: {{{canary}}}, surge: 2") == Rollout(
        strategy="canary", surge=2, canary=CanaryStage(size=2, after_seconds=60.0, metric="errors", most=0.5)
    )


def test_canaries_are_one_until_a_person_says_more_or_a_share() -> None:
    assert rollout_of("strategy: canary").canary == CanaryStage(size=1)
    assert rollout_of('strategy: canary, canary: {size: "12.5%"}').canary == CanaryStage(size=None, percent=12.5)
    share = CanaryStage(size=None, percent=10.0)
    assert [share.count(size) for size in (1, 3, 10, 11, 100)] == [1, 1, 1, 2, 10]
    assert CanaryStage(size=4).count(3) == 3


def test_canaries_of_what_can_be_there_only_once_are_changed_in_place() -> None:
    head = f"{OK}volumes: ['data:/data']\n"
    assert rollout_of("strategy: canary", head) == Rollout(strategy="canary", surge=0, unavailable=1)
    assert rollout_of("strategy: canary", head).in_place
    assert not rollout_of("strategy: canary").in_place
    assert rollout_of("strategy: in-place").in_place


def test_a_cluster_of_size_nought_may_have_canaries_once_it_has_instances() -> None:
    assert rollout_of("strategy: canary, canary: {size: 3}", "image: a\nsize: 0\n").canary.size == 3


def test_a_red_black_change_takes_twice_the_size() -> None:
    assert [Rollout(strategy="red-black").most(4), Rollout(surge=2).most(4)] == [8, 6]


def test_only_a_restart_is_baked_in() -> None:
    changed = Rollout(
        strategy="canary", surge=3, deadline_seconds=1.0, rollback=False, paused=True, promoted="v001",
        canary=CanaryStage(size=2), red_black=RedBlack(keep_seconds=1.0),
    )  # fmt: skip
    assert replace(SPEC, rollout=changed).spec_hash() == SPEC.spec_hash()
    restarted = replace(SPEC, rollout=Rollout(restarted="2026-11-29T01:02:03Z"))
    assert restarted.spec_hash() != SPEC.spec_hash()


def test_plan_tells_its_change_and_nothing_of_other_strategies() -> None:
    red_black = replace(SPEC, rollout=Rollout(strategy="red-black", deadline_seconds=90.0))
    assert differences(SPEC, red_black) == (
        ("rollout.strategy", "rolling", "red-black"),
        ("rollout.deadline", None, "1m30s"),
        ("rollout.red-black.keep", None, "1m"),
        ("rollout.red-black.judged", None, "false"),
        ("rollout.surge", "1", None),
        ("rollout.unavailable", "0", None),
    )
    stage = CanaryStage(size=None, percent=10.0, after_seconds=60.0, metric="errors", most=0.5)
    canary = Rollout(strategy="canary", canary=stage, rollback=False, paused=True, promoted="v001")
    assert differences(SPEC, replace(SPEC, rollout=canary)) == (
        ("rollout.strategy", "rolling", "canary"),
        ("rollout.rollback", "true", "false"),
        ("rollout.canary.size", None, "10%"),
        ("rollout.canary.after", None, "1m"),
        ("rollout.canary.metric", None, "errors"),
        ("rollout.canary.most", None, "0.5"),
        ("rollout.paused", "false", "true"),
        ("rollout.promoted", None, "v001"),
    )


def test_what_instances_are_made_from_and_judged_by_comes_from_the_earlier_spec_and_the_rest_stays() -> None:
    file = """\
image: a:2
size: 5
zones: [az1, az2]
command: [new]
health: {http: {port: 80, path: /new}}
rollout: {strategy: canary, restarted: "2026-11-29T01:02:03Z"}
autoscale: {min: 1, max: 9, metric: cpu, target: 60}
"""
    earlier = "image: a:1\nsize: 1\nstop: {drain: 0s}\ndiscovery: {eureka: {app: A, url: 'http://e/eureka'}}\n"
    now, then = (parse_cluster(text.encode(), file="web.yaml", policy=Policy()) for text in (file, earlier))
    dressed = now.dressed_as(then)
    assert dressed.spec_hash() == then.spec_hash()
    assert (dressed.health, dressed.stop, dressed.discovery) == (then.health, then.stop, then.discovery)
    assert (dressed.size, dressed.zones, dressed.autoscale) == (now.size, now.zones, now.autoscale)
    assert dressed.rollout == replace(now.rollout, restarted="")


BAD = {
    "a strategy's name elsewhere": (
        "strategy: BlueGreen",
        (
            "3:21: rollout.strategy: `BlueGreen` is not one of rolling, in-place, red-black, canary; "
            "did you mean `red-black`?"
        ),
    ),
    "a deadline before anybody can count": (
        "bake: 1m, deadline: 30s",
        (
            "3:31: rollout.deadline: it ends before an instance has been ready for long enough (`bake`), "
            "so every change would fail; raise it, or lower `bake`"
        ),
    ),
    "no deadline": ("deadline: 0s", "3:21: rollout.deadline: `0s` is out of range; use 1s to 1d"),
    "a word for a rollback": (
        "rollback: never",
        "3:21: rollout.rollback: true or false is expected, not `never`; write true or false",
    ),
    "a surge of red-black": (
        "strategy: red-black, surge: 1",
        ("3:32: rollout.surge: red-black has no such limit: a whole second group stands beside the first; remove it"),
    ),
    "what may be missing of red-black": (
        "strategy: red-black, unavailable: 0",
        (
            "3:32: rollout.unavailable: red-black has no such limit: a whole second group stands beside the first; "
            "remove it"
        ),
    ),
    "canaries of another strategy": (
        "canary: {size: 1}",
        ("3:11: rollout.canary: the strategy is rolling, so this does nothing; write `strategy: canary`, or remove it"),
    ),
    "a second group of another strategy": (
        "strategy: canary, red-black: {keep: 1m}",
        (
            "3:29: rollout.red-black: the strategy is canary, so this does nothing; "
            "write `strategy: red-black`, or remove it"
        ),
    ),
    "nothing that could change": (
        "strategy: canary, surge: 0",
        "3:10: rollout: with surge 0 and unavailable 0 nothing could ever change; raise one of them",
    ),
    "a revision that isn't": (
        "promoted: 4",
        '3:21: rollout.promoted: 4 is a number, not text; quote it: "4"',
    ),
    "a revision of other digits": (
        "promoted: v4",
        "3:21: rollout.promoted: `v4` is not a revision; write a revision such as v004",
    ),
    "a day for an instant": (
        "restarted: 2026-11-29",
        ("3:22: rollout.restarted: `2026-11-29` is not an instant; write an instant such as 2026-11-29T01:02:03Z"),
    ),
}
BAD_CANARIES = {
    "more than there are": (
        "size: 4",
        "44: rollout.canary.size: 4 canaries are more than the cluster has: 3; use 3 or less, or a share such as 10%",
    ),
    "none": ("size: 0", "44: rollout.canary.size: 0 is too small; use 1 or more"),
    "none in percent": ("size: 0%", '44: rollout.canary.size: `0%` is out of range; use more than "0%", to "100%"'),
    "more than all": ("size: 101%", '44: rollout.canary.size: `101%` is out of range; use more than "0%", to "100%"'),
    "a word": (
        "size: few",
        (
            "44: rollout.canary.size: `few` is not a number or a percentage; "
            "write a number or a percentage such as 2 or 10%"
        ),
    ),
    "a share under another name": (
        "percent: 10%",
        "38: rollout.canary.percent: unknown key; did you mean `size`?",
    ),
    "a metric without a bound": (
        "after: 1m, metric: errors",
        "49: rollout.canary.metric: nothing says how much is too much; add `most: 100`",
    ),
    "a metric without a time": (
        "most: 1, metric: errors",
        "47: rollout.canary.metric: nothing says how long it is watched; add `after: 1m`",
    ),
    "a bound of nothing": (
        "most: 1",
        "38: rollout.canary.most: nothing says of which metric; add `metric: …`",
    ),
    "a name that no metric has": (
        "after: 1m, most: 1, metric: a-b",
        (
            "66: rollout.canary.metric: `a-b` is not a metric's name; "
            "write a metric's name such as cpu, requests or queue_length"
        ),
    ),
    "a counter": (
        "after: 1m, most: 1, metric: errors_total",
        ("66: rollout.canary.metric: `errors_total` is a counter, which only ever rises; use its rate: `errors`"),
    ),
    "a percentage of nothing": (
        "after: 1m, most: 90, metric: memory",
        (
            "67: rollout.canary.metric: `memory` is a percentage of a limit that the file doesn't give; "
            "add `resources: {memory: 256MiB}`, or choose another metric"
        ),
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{OK}rollout: {{{text}}}\n", line)


@pytest.mark.parametrize(("text", "line"), BAD_CANARIES.values(), ids=BAD_CANARIES)
def test_a_mistake_in_a_canary_stage_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{OK}rollout: {{strategy: canary, canary: {{{text}}}}}\n", f"3:{line}")


def test_two_groups_of_what_can_be_there_only_once_are_refused() -> None:
    published = "ports: ['8081-8083:80']\nrollout: {strategy: red-black}\n"
    fix = "write in-place or canary, or leave it out"
    assert_refused(
        f"{OK}{published}", f"4:21: rollout.strategy: `red-black` can't be: published ports imply in-place; {fix}"
    )


def test_canaries_are_measured_against_the_least_size() -> None:
    scaled = "autoscale: {min: 2, max: 9, metric: cpu, target: 60}\nrollout: {strategy: canary, canary: {size: 3}}\n"
    fix = "use 2 or less, or a share such as 10%"
    assert_refused(f"{OK}{scaled}", f"4:44: rollout.canary.size: 3 canaries are more than the cluster has: 2; {fix}")


def test_names_of_a_second_group_fit_too() -> None:
    name = "a" * 62
    text = f"image: a\nsize: 5\nname: {name}\n"
    assert parse_cluster(f"{text}rollout: {{surge: 4}}\n".encode(), file=f"{name}.yaml", policy=Policy()).name == name
    said = "instance names such as `…10` would exceed 63 characters; use at most 61"
    refused = lines_of(f"{text}rollout: {{strategy: red-black}}\n".encode(), file=f"{name}.yaml")
    assert refused == [f"{name}.yaml:3:7: name: {said}"]
