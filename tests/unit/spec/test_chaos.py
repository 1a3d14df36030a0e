"""`chaos`: what it becomes, what is refused, that it is baked into nothing."""

from dataclasses import replace

import pytest

from reconciler.spec.chaos import ALWAYS, WEEK, Chaos, Hours, MonkeyPolicy
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.fields import differences
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.unit.spec.refusals import ONE, assert_refused, lines_of

HEAD = "image: nginx:1.27\nsize: 3\nzones: [az1, az2]\n"


def chaos_of(text: str, head: str = HEAD) -> Chaos | None:
    return parse_cluster(f"{head}{text}".encode(), file="web.yaml", policy=Policy()).chaos


def monkey_of(text: str) -> MonkeyPolicy:
    chaos = chaos_of(f"chaos: {{enabled: true, monkey: {{{text}}}}}\n")
    assert chaos is not None
    assert chaos.monkey is not None
    return chaos.monkey


def test_without_it_nothing_is_allowed() -> None:
    assert chaos_of("") is None


def test_opting_in_is_one_word_and_no_policy() -> None:
    assert chaos_of("chaos: {enabled: true}\n") == Chaos(enabled=True)
    assert chaos_of("chaos: {enabled: false}\n") == Chaos(enabled=False)


def test_a_policy_is_leashed_and_open_always_unless_it_says_otherwise() -> None:
    assert monkey_of("mean_time: 2h") == MonkeyPolicy(mean_time_seconds=7200.0)
    assert MonkeyPolicy() == MonkeyPolicy(unleashed=False, hours=ALWAYS, days=WEEK, most_per_day=1)


def test_every_key_of_a_policy_is_read() -> None:
    chaos = chaos_of("""\
chaos:
  enabled: true
  monkey:
    unleashed: true
    probability: 0.5
    min_interval: 1m
    hours: 22:00-4:00
    days: [fri, mon]
    most_per_day: 3
    group: frontend
    except: {zones: [az1], numbers: [1, 7]}
""")
    assert chaos == Chaos(
        enabled=True,
        monkey=MonkeyPolicy(
            unleashed=True,
            probability=0.5,
            min_interval_seconds=60.0,
            hours=Hours(opens=22 * 60, closes=4 * 60),
            days=("mon", "fri"),
            most_per_day=3,
            group="frontend",
            except_zones=("az1",),
            except_numbers=(1, 7),
        ),
    )


def test_a_span_that_wraps_midnight_is_as_long_as_it_looks() -> None:
    assert Hours(opens=22 * 60, closes=4 * 60).minutes == 6 * 60
    assert Hours(opens=9 * 60, closes=15 * 60).minutes == 6 * 60
    assert ALWAYS.minutes == 24 * 60


def test_a_task_may_be_hit_but_has_no_policy() -> None:
    task = "kind: TaskSpec\nimage: nginx:1.27\n"
    assert chaos_of("chaos: {enabled: true}\n", task) == Chaos(enabled=True)
    text = f"{task}chaos: {{enabled: true, monkey: {{mean_time: 2h}}}}\n"
    said = "3:24: chaos.monkey: a task doesn't have it; remove it: no run of a task has to go on"
    assert f"specs/webapp.yaml:{said}" in lines_of(text.encode())


def test_it_replaces_nobody_and_plan_tells_its_change() -> None:
    spec = ClusterSpec(name="web", image="a:1", size=1)
    policy = MonkeyPolicy(mean_time_seconds=60.0, hours=Hours(opens=540, closes=900), except_numbers=(1,))
    broken = replace(spec, chaos=Chaos(enabled=True, monkey=policy))
    assert broken.spec_hash() == spec.spec_hash()
    assert differences(spec, broken) == (
        ("chaos.enabled", None, "true"),
        ("chaos.monkey.unleashed", None, "false"),
        ("chaos.monkey.mean_time", None, "1m"),
        ("chaos.monkey.min_interval", None, "10m"),
        ("chaos.monkey.hours", None, "09:00-15:00"),
        ("chaos.monkey.most_per_day", None, "1"),
        ("chaos.monkey.except.numbers", None, "[1]"),
    )


BAD = {
    "nothing of opting in": (
        "chaos: {monkey: {mean_time: 2h}}",
        "3:8: chaos: `enabled` is missing; add `enabled: true`",
    ),
    "a word for true": (
        "chaos: {enabled: yes}",
        "3:18: chaos.enabled: true or false is expected, not `yes`; write true or false",
    ),
    "no mapping": (
        "chaos: true",
        "3:8: chaos: a mapping is expected, not true; write indented `key: value` lines",
    ),
    "another animal": (
        "chaos: {enabled: true, gorilla: {}}",
        "3:24: chaos.gorilla: unknown key; the keys here are enabled, monkey",
    ),
    "no rate": (
        "chaos: {enabled: true, monkey: {}}",
        "3:24: chaos.monkey: nothing says how often; add `mean_time: 2h`, or `probability: 0.5` for a day",
    ),
}
BAD_POLICIES = {
    "two rates": (
        "mean_time: 2h, probability: 0.5",
        "48: chaos.monkey.probability: `mean_time` and `probability` can't stand together; keep one of them",
    ),
    "a percentage": ("probability: 50", "46: chaos.monkey.probability: `50` exceeds the maximum; use 1 or less"),
    "a policy that never kills": (
        "probability: 0",
        "46: chaos.monkey.probability: 0 is too small; use 0.001 or more",
    ),
    "a time without a unit": (
        "mean_time: 2",
        "44: chaos.monkey.mean_time: 2 has no unit; write 2s for seconds",
    ),
    "the contrary of a key": (
        "mean_time: 2h, leashed: true",
        "48: chaos.monkey.leashed: unknown key; remove it: it is leashed unless `unleashed: true` is given",
    ),
    "a rage": ("mean_time: 1ms", "44: chaos.monkey.mean_time: `1ms` is out of range; use 1s to 365d"),
    "a short form of hours": (
        "mean_time: 2h, hours: 9-15",
        (
            "55: chaos.monkey.hours: `9-15` is not a span of hours; "
            "write a span of hours such as 09:00-15:00 or 22:00-04:00"
        ),
    ),
    "an hour that isn't": (
        'mean_time: 2h, hours: "09:00-25:00"',
        (
            "55: chaos.monkey.hours: `09:00-25:00` is not a span of hours; "
            "write a span of hours such as 09:00-15:00 or 22:00-04:00"
        ),
    ),
    "no time at all": (
        'mean_time: 2h, hours: "09:00-09:00"',
        "55: chaos.monkey.hours: it closes when it opens; leave it out for always, or write another span",
    ),
    "a whole day's name": (
        "mean_time: 2h, days: [monday]",
        ("55: chaos.monkey.days[0]: `monday` is not one of mon, tue, wed, thu, fri, sat, sun; did you mean `mon`?"),
    ),
    "a day twice": (
        "mean_time: 2h, days: [mon, mon]",
        "60: chaos.monkey.days[1]: `mon` is a duplicate; name each one once",
    ),
    "no day": (
        "mean_time: 2h, days: []",
        "54: chaos.monkey.days: an empty list; at least one is needed; name one or remove the key",
    ),
    "none a day": (
        "mean_time: 2h, most_per_day: 0",
        "62: chaos.monkey.most_per_day: 0 is too small; use 1 or more",
    ),
    "a group that is no label": (
        "mean_time: 2h, group: web/app",
        "55: chaos.monkey.group: `web/app` is not a DNS label; use a to z, 0 to 9 and hyphens inside, as in `web-app`",
    ),
    "an exception for a zone that isn't": (
        "mean_time: 2h, except: {zones: [az9]}",
        "65: chaos.monkey.except.zones[0]: the cluster has no zone `az9`; its zones are default",
    ),
    "an exception for all": (
        "mean_time: 2h, except: {zones: [default]}",
        (
            "64: chaos.monkey.except.zones: all zones are excepted, so nobody could be killed; "
            "leave one out, or remove the policy"
        ),
    ),
    "an exception for number 0": (
        "mean_time: 2h, except: {numbers: [0]}",
        "67: chaos.monkey.except.numbers[0]: 0 is too small; use 1 or more",
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{ONE}{text}\n", line)


@pytest.mark.parametrize(("text", "line"), BAD_POLICIES.values(), ids=BAD_POLICIES)
def test_a_mistake_in_a_policy_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{ONE}chaos: {{enabled: true, monkey: {{{text}}}}}\n", f"3:{line}")
