"""`autoscale`: what it becomes, what is refused, that it is baked into nothing."""

from dataclasses import replace

import pytest

from reconciler.spec.cluster import Autoscale, ClusterSpec
from reconciler.spec.fields import differences
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.unit.spec.refusals import OK, assert_refused, lines_of


def spec_of(text: str, head: str = OK) -> ClusterSpec:
    return parse_cluster(f"{head}{text}".encode(), file="web.yaml", policy=Policy())


def test_every_key_is_read_and_two_have_defaults() -> None:
    assert spec_of("autoscale: {min: 2, max: 12, metric: cpu, target: 60}\n").autoscale == Autoscale(
        min=2, max=12, metric="cpu", target=60.0, cooldown_out_seconds=30.0, cooldown_in_seconds=60.0
    )
    written = "{min: 1, max: 3, metric: queue_length, target: 0.5, cooldown_out: 0s, cooldown_in: 5m}"
    assert spec_of(f"autoscale: {written}\n").autoscale == Autoscale(
        min=1, max=3, metric="queue_length", target=0.5, cooldown_out_seconds=0.0, cooldown_in_seconds=300.0
    )


def test_it_replaces_nobody_and_plan_tells_its_change() -> None:
    spec = spec_of("")
    scaled = replace(spec, autoscale=Autoscale(min=2, max=12, metric="cpu", target=60.0))
    assert scaled.spec_hash() == spec.spec_hash()
    assert differences(spec, scaled) == (
        ("autoscale.min", None, "2"),
        ("autoscale.max", None, "12"),
        ("autoscale.metric", None, "cpu"),
        ("autoscale.target", None, "60"),
        ("autoscale.cooldown_out", None, "30s"),
        ("autoscale.cooldown_in", None, "1m"),
    )


BAD = {
    "no mapping": (
        "true",
        "3:12: autoscale: a mapping is expected, not true; write indented `key: value` lines",
    ),
    "others' words": (
        "{minReplicas: 1, max: 3, metric: cpu, target: 60}",
        "3:13: autoscale.minReplicas: unknown key; did you mean `min`?",
    ),
    "a minimum above the maximum": (
        "{min: 9, max: 3, metric: cpu, target: 60}",
        "3:18: autoscale.min: min 9 is more than max 3; exchange them, or make them equal",
    ),
    "a minimum of nobody, who would never tell a metric": (
        "{min: 0, max: 3, metric: cpu, target: 60}",
        "3:18: autoscale.min: 0 is too small; use 1 or more",
    ),
    "a size that is too small": (
        "{min: 4, max: 9, metric: cpu, target: 60}",
        "2:7: size: 3 is outside autoscale's 4 to 9; use 4 to 9: it is where the size starts",
    ),
    "a size that is too large": (
        "{min: 1, max: 2, metric: cpu, target: 60}",
        "2:7: size: 3 is outside autoscale's 1 to 2; use 1 to 2: it is where the size starts",
    ),
    "a name that no metric has": (
        "{min: 1, max: 3, metric: requests/s, target: 60}",
        (
            "3:37: autoscale.metric: `requests/s` is not a metric's name; "
            "write a metric's name such as cpu, requests or queue_length"
        ),
    ),
    "a counter": (
        "{min: 1, max: 3, metric: requests_total, target: 60}",
        "3:37: autoscale.metric: `requests_total` is a counter, which only ever rises; use its rate: `requests`",
    ),
    "a percentage of nothing": (
        "{min: 1, max: 3, metric: memory, target: 60}",
        (
            "3:37: autoscale.metric: `memory` is a percentage of a limit that the file doesn't give; "
            "add `resources: {memory: 256MiB}`, or choose another metric"
        ),
    ),
    "no target": (
        "{min: 1, max: 3, metric: cpu, target: 0}",
        "3:50: autoscale.target: 0 is too small; use 0.001 or more",
    ),
    "a target in words": (
        '{min: 1, max: 3, metric: cpu, target: "60%"}',
        "3:50: autoscale.target: a number is expected, not `60%`; write a number such as 0.5",
    ),
    "a cooldown without a unit": (
        "{min: 1, max: 3, metric: cpu, target: 60, cooldown_in: 60}",
        "3:67: autoscale.cooldown_in: 60 has no unit; write 60s for seconds",
    ),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(f"{OK}autoscale: {text}\n", line)


def test_what_is_missing_is_named_with_an_example() -> None:
    assert lines_of(f"{OK}autoscale: {{}}\n".encode()) == [
        "specs/webapp.yaml:3:12: autoscale: `min` is missing; add `min: 2`",
        "specs/webapp.yaml:3:12: autoscale: `max` is missing; add `max: 12`",
        "specs/webapp.yaml:3:12: autoscale: `metric` is missing; add `metric: cpu`",
        "specs/webapp.yaml:3:12: autoscale: `target` is missing; add `target: 60`",
    ]


def test_a_percentage_of_a_limit_has_no_target_above_it() -> None:
    limits = "resources: {memory: 64MiB, cpus: 2}\n"
    said = "is a percentage of the instance's limit, so it never exceeds 100; use less than 100, such as 60"
    for metric, column in (("memory", 53), ("cpu", 50)):
        text = f"{OK}{limits}autoscale: {{min: 1, max: 3, metric: {metric}, target: 150}}\n"
        assert_refused(text, f"4:{column}: autoscale.target: `{metric}` {said}")
    assert spec_of("autoscale: {min: 1, max: 3, metric: cpu, target: 150}\n").autoscale is not None


def test_every_instance_there_may_be_has_a_host_port() -> None:
    text = "ports: ['8081-8083:80']\nautoscale: {min: 1, max: 6, metric: cpu, target: 60}\n"
    fix = 'write "8081-8086:80", or remove the host port'
    assert_refused(f"{OK}{text}", f"3:9: ports[0]: 3 host ports for 6 instances; {fix}")


def test_every_instance_there_may_be_has_a_name() -> None:
    name = "a" * 62
    text = f"{OK}name: {name}\nautoscale: {{min: 1, max: 9, metric: cpu, target: 60}}\n"
    said = "instance names such as `…10` would exceed 63 characters; use at most 61"
    assert lines_of(text.encode(), file=f"{name}.yaml") == [f"{name}.yaml:3:7: name: {said}"]


def test_a_task_has_none() -> None:
    text = "kind: TaskSpec\nimage: a\nautoscale: {min: 1, max: 3, metric: cpu, target: 60}\n"
    said = "3:1: autoscale: a task doesn't have it; remove it: it has one instance"
    assert lines_of(text.encode()) == [f"specs/webapp.yaml:{said}"]
