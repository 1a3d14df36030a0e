"""Drill files: what a good one means, and every bad one with its line, its column and what to do."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.chaos.faults import Freeze, Gorilla, Loss, Monkey, SplitBrain, Target
from reconciler.drill.reading import parse_drill, says_drill, schema, schema_text, validator
from reconciler.drill.rules import each, least_seconds, longest_seconds
from reconciler.drill.values import NOWHERE, Apply, Drill, Load, Probe, Repeat, Scale, Set, Unleash, Until, Wait
from reconciler.errors import SpecError
from reconciler.spec.sentences import _RULES

GOOD = b"""\
kind: Drill
about: One of three zones dies under load.
needs: {clusters: [web, zuul], ready: true}
load:
  command: [--host, "http://127.0.0.1:8080", --users, 8]
clients: {command: [python3, bookers.py]}
steady:
  site: {http: "http://127.0.0.1:8080/rest/", every: 500ms, timeout: 1s}
  tables: {command: [sh, -c, "true"]}
steps:
  - wait: 10s
  - repeat: {every: 10s, for: 2m, do: {monkey: {cluster: web, seed: 7}}}
  - gorilla: {zone: az2, keep_down: true, for: 20s, meanwhile: [{until: ready, within: 15s}]}
  - split-brain: {sides: [[az1], [az2, az3]], for: 30s}
  - loss: {cluster: web, percent: 12.5%, for: 5s}
  - freeze: {instance: web-1, for: 5s}
  - scale: {cluster: web, size: 4}
  - set: {cluster: web, key: stop.grace, value: 1s}
  - apply: web-v2.yaml
  - until: ready
    within: 60s
expect:
  recovered: {within: 15s}
  failed_requests: {below: 0.5%}
  steady: {failures_below: 0%}
  wrong_replacements: 0
  nothing_lost: true
"""
DOCS = Path(__file__).parents[3] / "docs" / "reference" / "drill.md"
STEPS = "kind: Drill\nsteps:\n"


def read(text: bytes | str) -> Drill:
    return parse_drill(text if isinstance(text, bytes) else text.encode(), file="drills/zone.yaml")


def lines_of(text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        read(text)
    return [line.removeprefix("drills/zone.yaml:") for line in str(refused.value).splitlines()]


def test_a_whole_drill_is_read() -> None:
    drill = read(GOOD)
    assert (drill.name, drill.needs.clusters) == ("zone", ("web", "zuul"))
    assert drill.load == Load(
        image="reconciler/load:latest", command=("--host", "http://127.0.0.1:8080", "--users", "8")
    )
    assert drill.steady[0] == Probe(
        name="site", http="http://127.0.0.1:8080/rest/", every_seconds=0.5, timeout_seconds=1.0
    )
    assert drill.steady[1].command == ("sh", "-c", "true")
    assert drill.expect.failed_requests_below == 0.005
    assert drill.expect.steady_failures_below == 0.0
    assert (drill.expect.wrong_replacements, drill.expect.nothing_lost) == (0, True)


def test_every_kind_of_fault_is_read() -> None:
    found = [step for step in each(read(GOOD).steps) if isinstance(step, Unleash)]
    assert [(step.fault, step.seconds) for step in found] == [
        (Monkey(cluster="web", seed=7), 0),
        (Gorilla(zone="az2", keep_down=True, seconds=20), 20),
        (SplitBrain(shape="halves", sides=(("az1",), ("az2", "az3")), seconds=30), 30),
        (Loss(target=Target(name="web"), percent=12.5, seconds=5), 5),
        (Freeze(target=Target(name="web-1"), seconds=5), 5),
    ]
    assert found[1].meanwhile == (Until(within_seconds=15, place=found[1].meanwhile[0].place),)


def test_every_other_kind_of_step_is_read() -> None:
    found = [replace(step, place=NOWHERE) for step in read(GOOD).steps if not isinstance(step, Unleash | Repeat)]
    assert found == [
        Wait(seconds=10),
        Scale(cluster="web", size=4),
        Set(cluster="web", key="stop.grace", value="1s"),
        Apply(file="web-v2.yaml"),
        Until(within_seconds=60),
    ]
    assert [step.times for step in read(GOOD).steps if isinstance(step, Repeat)] == [12]
    assert read(GOOD).steps[-1].place[:2] == (20, 5)


def test_its_length_is_known_before_it_runs() -> None:
    steps = read(GOOD).steps
    assert least_seconds(steps) == 10 + 110 + 20 + 30 + 5 + 5
    assert longest_seconds(steps) == least_seconds(steps) + 60


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("wait: 10", "3:11: steps[0].wait: 10 has no unit; write 10s for seconds"),
        ("wait: 2h", "3:11: steps[0].wait: `2h` is out of range; use 10ms to 1h"),
        ("until: ready", "3:5: steps[0].until: this could wait for ever; add `within: 60s` beside it"),
        ("within: 3s", "3:13: steps[0].within: `within` belongs to `until`; write `until: ready` beside it"),
        ("freeze: {for: 3s}", "it doesn't say whom it hits; give `cluster`, `instance` or `zone`"),
        ("freeze: {zone: az1}", "3:13: steps[0].freeze: `for` is missing; add `for: 30s`"),
        ("split-brain: {shape: half, for: 3s}", "did you mean `halves`?"),
        ("loss: {zone: az1, for: 3s, percent: 300%}", "300 % is more than all; use 0% to 100%"),
        ("loss: {zone: az1, for: 3s, percent: 5}", '5 has no %; write "5%"'),
        ("gorilla: {zone: az1, for: 3s}", "a kill is over at once; remove it, or add `keep_down: true`"),
        ("gorilla: {zone: az1, keep_down: true}", "the zone would stay closed; add `for: 30s`"),
        ("monkey: {clutser: web}", "3:14: steps[0].monkey.clutser: unknown key; did you mean `cluster`?"),
        ("monkye: {cluster: web}", "3:5: steps[0].monkye: unknown key; did you mean `monkey`?"),
        ("repeat: {every: 1s, do: {wait: 1s}}", "`for` is missing; add `for: 2m`"),
        ("repeat: {every: 100ms, for: 30m, do: {monkey: {}}}", "18000 rounds; at most 1000 are possible"),
        ("{wait: 1s, monkey: {}}", "`wait` and `monkey` in one step; begin each with its own `- `"),
        ("set: {cluster: web, key: name, value: x}", "`name` says what the file is, it can't be set"),
        ("fill: {zone: az1, size: 99GiB, for: 3s}", "`99GiB` is out of range; use 1MiB to 16GiB"),
        ("{}", "a step without a deed; give it one of wait, until, scale,"),
    ],
)
def test_a_bad_step_is_named_with_its_place_and_a_fix(step: str, line: str) -> None:
    said = lines_of(f"{STEPS}  - {step}\n")
    assert any(line in one for one in said), said


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ("expect: {failed_requests: {below: 1%}}", "there is no load whose requests could fail"),
        ("expect: {failed_requests: {below: 101%}}", "101 % is more than all"),
        ("expect: {steady: {failures_below: 1%}}", "there is no steady state to hold"),
        ("expect: {nothing_lost: true}", "there are no clients who could lose anything"),
        ("expect: {recovered: {within: 5s}}", "there is nothing to recover from: no step is a fault"),
        ("expect: {wrong_replacements: -1}", "-1 is too small; use 0 or more"),
        ('load: {command: [--seconds, "5"]}', "it ends after 5s, the steps take 10s; leave `--seconds` out"),
        ("steady: {site: {http: 127.0.0.1}}", "`127.0.0.1` is not an address"),
        ("steady: {site: {every: 1s}}", "a probe asks one thing; give it `http: …` or `command: […]`"),
        ("about: ''", "about: empty text"),
    ],
)
def test_what_can_not_be_expected_is_refused(rest: str, line: str) -> None:
    said = lines_of(f"{STEPS}  - wait: 10s\n{rest}\n")
    assert any(line in one for one in said), said


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        (
            "- split-brain: {for: 9s, meanwhile: [split-brain: {for: 3s}]}",
            "it contradicts the split-brain of line 3: two cuts at once can't be told apart",
        ),
        (
            "- freeze: {zone: a, for: 9s, meanwhile: [repeat: {for: 6s, every: 3s, do: {freeze: {zone: a, for: 2s}}}]}",
            "it contradicts the freeze of line 3: the same fault hits the same instances",
        ),
        (
            "- gorilla: {zone: az1, keep_down: true, for: 9s, meanwhile: [monkey: {zone: az1}]}",
            "it contradicts the gorilla of line 3: zone az1 is empty then",
        ),
        ("- dns: {zone: az1, for: 9s, meanwhile: [wait: 10s]}", "meanwhile may take 10s, the fault holds 9s"),
        ("- dns: {zone: a, for: 9s, meanwhile: [{until: ready, within: 20s}]}", "meanwhile may take 20s, the fault"),
        ("- wait: 40m\n  - wait: 40m", "they may take 1h20m; a drill lasts 1h at most"),
    ],
)
def test_steps_that_contradict_each_other_or_never_end_are_refused(steps: str, line: str) -> None:
    said = lines_of(f"{STEPS}  {steps}\n")
    assert any(line in one for one in said), said


def test_a_wait_that_gives_up_before_the_expected_recovery_is_refused() -> None:
    steps = "  - gorilla: {zone: az1}\n  - until: ready\n    within: 10s\n"
    said = lines_of(f"{STEPS}{steps}expect: {{recovered: {{within: 15s}}}}\n")
    what = "4:5: steps[1].until: it breaks the drill after 10s, though a recovery within 15s is expected"
    assert said == [f"{what}; write `within: 15s` or more here, or expect less"]


@pytest.mark.parametrize(
    "text", ["", "hello", "kind: Drill\n", "steps: [wait: 1s]\n", "kind: ClusterSpec\nsteps: []\n"]
)
def test_what_is_no_drill_is_told_what_one_is(text: str) -> None:
    said = " ".join(lines_of(text))
    assert "kind: Drill" in said or "`steps` is missing" in said or "write Drill" in said


def test_every_problem_is_told_at_once() -> None:
    said = lines_of("kind: Drill\nabuot: x\nsteps:\n  - wait: 1\n  - until: ready\nexpect: {recovered: 15s}\n")
    assert [line.split(": ")[0] for line in said] == ["2:1", "4:11", "5:5", "6:21"]


@pytest.mark.parametrize(
    ("text", "is_drill"), [(b"# x\nkind: Drill # y\n", True), (b"  kind: Drill\n", False), (b"\xff", False)]
)
def test_a_drill_is_known_by_its_kind(text: bytes, is_drill: bool) -> None:
    assert says_drill(text) is is_drill


def nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for key, inner in [*node.get("properties", {}).items(), *node.get("$defs", {}).items()]:
        yield from nodes(inner, f"{path}.{key}".lstrip("."))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}[]")


def test_the_schema_is_sound_and_every_keyword_has_its_sentence() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(schema_text()) == schema()
    silent = {"$schema", "$defs", "$ref", "title", "description", "default", "examples", "patternErrorMessage"}
    used = {key for _, node in nodes(schema()) for key in node} - silent - {"properties", "items"}
    assert used <= set(_RULES)


def test_every_example_and_default_of_the_schema_is_valid() -> None:
    for path, node in nodes(schema()):
        one = validator().evolve(schema={**node, "$defs": schema()["$defs"]})
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            assert list(one.iter_errors(value)) == [], path


def test_every_key_is_documented_and_every_example_is_a_drill() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for block in [block.split("```")[0] for block in text.split("```yaml\n")[1:]]:
        read(block)
    forms = schema()["properties"]
    keys = [f"{key}.{inner}" for key in ("needs", "load", "clients") for inner in forms[key]["properties"]]
    keys += [f"steady.NAME.{key}" for key in schema()["$defs"]["probe"]["properties"]]
    steps = schema()["$defs"]["stepKeys"]["properties"]
    settings = {key for step in steps.values() for key in step.get("properties", {})}
    assert [key for key in keys if f"`{key}`" not in text] == []
    assert [key for key in (*steps, *settings, *forms["expect"]["properties"]) if key not in text] == []
