"""The schema is sound, useful to an editor, and agrees with the values and with the documentation."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.spec.cluster import (
    Autoscale,
    ClusterSpec,
    Eureka,
    Health,
    Heartbeat,
    Port,
    Probe,
    RedBlack,
    Resources,
    Rollout,
    Stop,
    Task,
)
from reconciler.spec.elsewhere import FORBIDDEN, NOT_OF_A_TASK, SYNONYMS, VALUE_SYNONYMS
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.spec.schema import schema, schema_text, validator
from reconciler.spec.sentences import _RULES
from reconciler.spec.units import parse_seconds

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "spec.md"
SCALED = Autoscale(min=1, max=2, metric="cpu", target=60.0)
NOT_CHECKING = {
    *("$schema", "$defs", "$ref", "title", "description", "default", "examples", "patternErrorMessage"),
    *("properties", "items", "if", "then", "else"),
}


def subschemas(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for key in ("then", "else"):
        if key in node:
            yield from subschemas(node[key], path)
    for key, inner in [*node.get("properties", {}).items(), *node.get("$defs", {}).items()]:
        yield from subschemas(inner, f"{path}.{key}".lstrip("."))
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from subschemas(node[key], f"{path}[]")


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, inner in node.get("properties", {}).items():
        place = f"{path}.{key}".lstrip(".")
        yield place, inner
        yield from properties(inner, place)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return node if reference is None else {**schema()["$defs"][reference.rpartition("/")[2]], **node}


def test_the_schema_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert json.loads(schema_text()) == schema()


def test_every_keyword_of_the_schema_has_its_sentence() -> None:
    used = {key for _, node in subschemas(schema()) for key in node}
    assert used - NOT_CHECKING <= set(_RULES)


def test_every_key_has_a_title_and_a_description_for_editors() -> None:
    bare = [path for path, node in properties(schema()) if not {"title", "description"} <= set(resolved(node))]
    assert bare == []


def test_every_example_and_default_is_valid() -> None:
    for path, node in properties(schema()):
        one = validator().evolve(schema={**node, "$defs": schema()["$defs"]})
        for value in [*node.get("examples", []), *([node["default"]] if "default" in node else [])]:
            assert list(one.iter_errors(value)) == [], path


def test_the_schema_and_the_value_have_the_same_keys() -> None:
    named = {field.name for field in fields(ClusterSpec)} - {"ssh_keys", "task"} | {"ssh", "apiVersion", "kind"}
    named |= {"retries", "deadline"}
    assert set(schema()["properties"]) == named


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *(("resources.pids", Resources().pids), ("health.heartbeat.interval", Heartbeat().interval_seconds)),
        *(("health.heartbeat.misses", Heartbeat().misses), ("health.http.misses", Probe(port=1).misses)),
        *(("health.http.interval", Probe(port=1).interval_seconds), ("health.docker", Health().docker)),
        *(("health.http.timeout", Probe(port=1).timeout_seconds), ("health.start", Health().start_seconds)),
        *(("health.suspect", Health().suspect_seconds), ("rollout.surge", Rollout().surge)),
        *(("rollout.unavailable", Rollout().unavailable), ("rollout.bake", Rollout().bake_seconds)),
        *(("rollout.rollback", Rollout().rollback), ("rollout.paused", Rollout().paused)),
        *(("rollout.red-black.keep", RedBlack().keep_seconds), ("rollout.canary.size", Rollout().canary.size)),
        *(
            ("autoscale.cooldown_out", SCALED.cooldown_out_seconds),
            ("autoscale.cooldown_in", SCALED.cooldown_in_seconds),
        ),
        *(("discovery.eureka.port", Eureka(app="a").port), ("discovery.eureka.path", Eureka(app="a").path)),
        ("retries", Task().retries),
        *(("stop.grace", Stop().grace_seconds), ("stop.drain", Stop().drain_seconds)),
    ],
)
def test_the_schemas_defaults_are_the_values_defaults(path: str, value: object) -> None:
    default = resolved(dict(properties(schema()))[path])["default"]
    assert (parse_seconds(default) if isinstance(value, float) else default) == value


def test_tables_of_foreign_keys_do_not_shadow_our_own() -> None:
    ours = {path.rpartition(".")[2] for path, _ in properties(schema())}
    assert not ours & set(FORBIDDEN)
    assert set(SYNONYMS.values()) <= ours
    for path, meant in VALUE_SYNONYMS.items():
        allowed = set(dict(properties(schema()))[path]["enum"])
        assert set(meant.values()) <= allowed
        assert not allowed & set(meant)


def test_every_key_that_a_task_does_not_have_is_refused_with_what_is_so_of_it() -> None:
    refused = {key for key, node in schema()["then"]["properties"].items() if node == {"not": {}}}
    assert refused == set(NOT_OF_A_TASK)


def test_every_key_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [path for path, _ in properties(schema()) if f"`{path}`" not in text]
    assert missing == []


def test_every_yaml_block_of_the_documentation_is_a_valid_spec() -> None:
    blocks = [block.split("```")[0] for block in DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        parse_cluster(block.encode(), file="-", policy=Policy())


def test_ports_by_default_are_on_the_loopback_address() -> None:
    assert Port(container=80).host_ip == "127.0.0.1"
