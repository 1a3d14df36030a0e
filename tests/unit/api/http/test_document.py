"""The OpenAPI document is true: every operation answers as it says there, and nothing answers that isn't there."""

from typing import Any

import jsonschema
import pytest

from reconciler.api.http.app import document
from reconciler.api.operations import Reporter
from tests.support.fake_services import Fake
from tests.unit.api.http.asking import Asker
from tests.unit.api.http.requests import ENDLESS, GOOD

DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def strict(schema: Any) -> Any:
    """The same schema, with no other keys than those it names."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in made and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return made


STRICT = strict(DOCUMENT)


def test_every_operation_has_a_good_request_here() -> None:
    assert set(OPERATIONS) == set(GOOD) | ENDLESS


@pytest.mark.parametrize("name", sorted(GOOD))
def test_an_operation_answers_as_the_document_says(name: str, client: Asker, fake: Fake) -> None:
    method, path, body = GOOD[name]
    if "operations/1" in path:
        fake.operations.begin("resize", "resize webapp to 5", "api", patient, clusters=("webapp",))
    got = client.ask(method, path.format(fault=_fault(fake)), body)
    status = str(got.status_code)
    said = OPERATIONS[name][2]["responses"]
    assert got.status_code < 300, got.text
    assert status in said
    if method == "GET":
        assert (fake.backend.calls, fake.changes.wished) == ([], [])
    kind = got.headers["content-type"].partition(";")[0]
    assert kind in said[status]["content"]
    assert set(said[status].get("headers", {})) <= {key.title().replace("Etag", "ETag") for key in got.headers}
    if kind == "application/json":
        schema = {"$ref": f"#/paths/{_pointer(OPERATIONS[name][1])}/{method.lower()}/responses/{status}/content/"
                          f"application~1json/schema", **STRICT}  # fmt: skip
        jsonschema.validate(got.json(), schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_says_what_it_is_and_how_it_refuses(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["security"] == [{"token": []}]
    assert {"401", "403", "404", "405", "409", "413", "415", "422", "429", "503"} <= set(operation["responses"])
    for status, response in operation["responses"].items():
        assert response["description"], status


def test_every_body_has_an_example_somewhere_in_it() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name, (_, _, operation) in OPERATIONS.items():
        if "requestBody" in operation:
            assert "examples" in repr(_resolved(operation["requestBody"], schemas)), name


def patient(reporter: Reporter) -> str:
    """An operation that waits to be stopped."""
    reporter.say("begun")
    assert reporter.stopping.wait(60)
    return "stopped"


def _fault(fake: Fake) -> str:
    return fake.backend.state.faults[0].id


def _pointer(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _resolved(value: Any, schemas: dict[str, Any], depth: int = 0) -> Any:
    if isinstance(value, list):
        return [_resolved(item, schemas, depth) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value and depth < 6:
        return _resolved(schemas[value["$ref"].rpartition("/")[2]], schemas, depth + 1)
    return {key: _resolved(item, schemas, depth) for key, item in value.items()}
