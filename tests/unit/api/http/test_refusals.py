"""What the API refuses, and how it says so: each with its status, its code, and the place that is wrong."""

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler import errors
from reconciler.api.http.app import api_app
from reconciler.api.http.token import WRONG_A_MINUTE, TokenFile, renew
from reconciler.api.operations import MOST_RUNNING, Reporter
from reconciler.changes.wishes import Resize
from tests.support.fake_services import Fake, fake_services
from tests.unit.api.http.asking import Asker, asker_of


def code(got: Any) -> tuple[int, str]:
    return got.status_code, got.json()["error"]["code"]


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "wrong"])
def test_without_the_token_nothing_is_told(client: Asker, given: str | None) -> None:
    got = client.ask("GET", "/v1/status", headers={"Authorization": given})
    assert code(got) == (401, "token")
    assert got.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/status/", "/v1/clusters/a/b/c"])
def test_without_the_token_even_missing_paths_say_only_that(client: Asker, path: str) -> None:
    assert client.ask("GET", path, headers={"Authorization": None}).status_code == 401
    assert code(client.ask("GET", path)) == (404, "not_found")


def test_the_document_is_for_everybody(client: Asker) -> None:
    assert client.ask("GET", "/openapi.json", headers={"Authorization": None}).json()["openapi"].startswith("3.1")


def test_guesses_are_slowed_down_and_the_owner_is_not(client: Asker) -> None:
    for _ in range(WRONG_A_MINUTE):
        assert client.ask("GET", "/v1/status", headers={"Authorization": "Bearer wrong"}).status_code == 401
    got = client.ask("GET", "/v1/status", headers={"Authorization": "Bearer wrong"})
    assert code(got) == (429, "too_many")
    assert 1 <= int(got.headers["retry-after"]) <= 60
    assert client.ask("GET", "/v1/status").status_code == 200


def test_a_renewed_token_ends_the_old_one(client: Asker, tokens: TokenFile) -> None:
    new = renew(tokens.path)
    assert client.ask("GET", "/v1/status").status_code == 401
    assert client.ask("GET", "/v1/status", headers={"Authorization": f"Bearer {new}"}).status_code == 200


def test_a_token_that_others_may_read_opens_nothing(client: Asker, tokens: TokenFile) -> None:
    tokens.path.chmod(0o644)
    assert code(client.ask("GET", "/v1/status")) == (503, "token")


def test_a_read_only_site_answers_questions_and_changes_nothing(tokens: TokenFile) -> None:
    fake = fake_services(read_only=True)
    client = asker_of(fake, tokens)
    wish = {"kind": "resize", "name": "webapp", "size": 7}
    assert client.ask("GET", "/v1/status").status_code == 200
    assert client.ask("POST", "/v1/proposals", wish).status_code == 200
    assert client.ask("POST", "/v1/faults/preview", {"kind": "monkey"}).status_code == 200
    for method, path, body in (
        ("POST", "/v1/changes", {"wish": wish}), ("POST", "/v1/stop", None), ("DELETE", "/v1/faults", None),
        ("POST", "/v1/instances/webapp-1/exec", {"command": ["id"]}), ("POST", "/v1/faults", {"kind": "monkey"}),
    ):  # fmt: skip
        assert code(client.ask(method, path, body)) == (403, "read_only"), path
    assert fake.changes.wished == []
    assert fake.backend.calls == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/v1/status", "GET"), ("PUT", "/v1/faults", "DELETE, GET, POST"), ("GET", "/v1/stop", "POST"),
     ("POST", "/v1/operations/1", "DELETE, GET"), ("GET", "/v1/changes", "POST"), ("HEAD", "/v1/status", "GET"),
     ("GET", "/v1/instances/webapp-1/terminate", "POST"), ("OPTIONS", "/v1/clusters", "GET")],
)  # fmt: skip
def test_another_method_is_told_which_there_are(client: Asker, method: str, path: str, allowed: str) -> None:
    got = client.ask(method, path)
    assert got.status_code == 405
    assert got.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    ["/v1/clusters/nobody", "/v1/clusters/nobody/spec", "/v1/clusters/nobody/revisions", "/v1/instances/webapp-99",
     "/v1/clusters/webapp/revisions/v999", "/v1/instances/nobody/logs", "/v1/operations/4711", "/v1/operations/1/log"],
)  # fmt: skip
def test_what_is_not_there_is_said_to_be_missing(client: Asker, path: str) -> None:
    assert code(client.ask("GET", path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/v1/instances/nobody-1/terminate", None), ("POST", "/v1/instances/x/exec", {"command": ["id"]}),
     ("DELETE", "/v1/faults/nothing", None), ("POST", "/v1/zones/nowhere/open", None),
     ("DELETE", "/v1/operations/9", None)],
)  # fmt: skip
def test_what_is_not_there_can_not_be_changed(client: Asker, method: str, path: str, body: Any) -> None:
    assert code(client.ask(method, path, body)) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [("/v1/proposals", {"kind": "resize", "name": "webapp", "size": "5"}, "size"),
     ("/v1/proposals", {"kind": "resize", "name": "webapp", "size": 5, "sice": 1}, "sice"),
     ("/v1/proposals", {"kind": "resize", "name": "Web App", "size": 5}, "name"),
     ("/v1/proposals", {"kind": "explode", "name": "webapp"}, ""),
     ("/v1/proposals", {"name": "webapp"}, ""),
     ("/v1/proposals", {"kind": "write", "file": "../x.yaml", "text": ""}, "file"),
     ("/v1/changes", {"wish": {"kind": "delete", "names": []}}, "wish.names"),
     ("/v1/changes", {"base": "x"}, "wish"),
     ("/v1/faults", {"kind": "loss", "percent": True}, "percent"),
     ("/v1/zones/az1/close", {"seconds": -1}, "seconds"),
     ("/v1/instances/webapp-1/exec", {"command": []}, "command")],
)  # fmt: skip
def test_a_wrong_field_is_named(client: Asker, path: str, body: Any, place: str) -> None:
    got = client.ask("POST", path, body)
    assert code(got) == (422, "bad_request")
    assert place in [problem["path"] for problem in got.json()["error"]["problems"]]


@pytest.mark.parametrize(
    "path",
    ["/v1/events?limit=0", "/v1/events?after=99999999999999999999", "/v1/events?wait=nan", "/v1/names?name=",
     "/v1/names", "/v1/operations/x", "/v1/status?wat=1", "/v1/events?cluser=web", "/v1/instances?verdict=fine"],
)  # fmt: skip
def test_a_wrong_parameter_is_named(client: Asker, path: str) -> None:
    got = client.ask("GET", path)
    assert code(got) == (422, "bad_request")
    assert got.json()["error"]["problems"][0]["path"]


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"null", b"nan"])
def test_a_body_that_is_no_object_is_refused(client: Asker, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    got = client.ask("POST", "/v1/plan", content=content, headers=headers)
    assert got.status_code in {400, 422}
    assert got.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data", None])
def test_a_form_is_no_request(client: Asker, kind: str | None) -> None:
    got = client.ask("POST", "/v1/stop", content=b"{}", headers={"Content-Type": kind})
    assert code(got) == (415, "bad_request")


def test_files_with_problems_are_answered_with_each_of_them(client: Asker) -> None:
    got = client.ask("POST", "/v1/plan", {"files": {"web.yaml": "name: web\nsize: -1\n"}})
    assert code(got) == (422, "spec")
    assert {problem["file"] for problem in got.json()["error"]["problems"]} == {"web.yaml"}


def test_validation_answers_with_the_problems(client: Asker) -> None:
    files = {"web.yaml": "name: web\nimage: a:1\nsize: 1\ndepends_on: [nobody]\n", "b.yaml": {"base64": "/w=="}}
    got = client.ask("POST", "/v1/validate", {"files": files}).json()
    assert got["valid"] is False
    assert {problem["file"] for problem in got["problems"]} == {"web.yaml", "b.yaml"}


def test_base64_that_is_none_is_refused(client: Asker) -> None:
    assert code(client.ask("POST", "/v1/plan", {"files": {"a.yaml": {"base64": "!"}}})) == (422, "bad_request")


def test_a_file_that_was_changed_meanwhile_is_refused_with_the_difference(client: Asker, fake: Fake) -> None:
    wish = {"kind": "resize", "name": "webapp", "size": 7}
    base = client.ask("POST", "/v1/proposals", wish).json()["base"]
    fake.changes.files["webapp.yaml"] += "# by hand\n"
    got = client.ask("POST", "/v1/changes", {"wish": wish, "base": base})
    assert code(got) == (409, "changed")
    assert got.json()["error"]["difference"].startswith("--- ")
    assert fake.changes.wished == []


def test_a_change_reaches_the_service_as_the_wish_that_it_is(client: Asker, fake: Fake) -> None:
    wish = {"kind": "resize", "name": "webapp", "size": 7}
    base = client.ask("POST", "/v1/proposals", wish).json()["base"]
    got = client.ask("POST", "/v1/changes", {"wish": wish, "base": base})
    assert got.status_code == 202
    assert got.headers["location"] == f"/v1/operations/{got.json()['id']}"
    assert fake.changes.wished == [(Resize(name="webapp", size=7), base, "api")]


def test_the_base_of_a_file_is_its_etag(client: Asker) -> None:
    got = client.ask("GET", "/v1/clusters/webapp/spec")
    assert got.headers["etag"] == f'"{got.json()["base"]}"'


def test_a_loop_that_is_away_and_a_refused_fault_are_conflicts(client: Asker, fake: Fake) -> None:
    fake.faults.refused = "not terminating: an outage"
    assert code(client.ask("POST", "/v1/faults", {"kind": "monkey"})) == (409, "refused")
    fake.backend.gone = True
    assert code(client.ask("GET", "/v1/status")) == (409, "refused")


def test_what_has_ended_can_not_be_stopped(client: Asker, fake: Fake) -> None:
    operation = fake.operations.begin("resize", "resize", "api", lambda _: "done")
    fake.operations.wait(operation.id, 10)
    assert code(client.ask("DELETE", f"/v1/operations/{operation.id}")) == (409, "refused")


def test_too_many_operations_at_once_are_refused(client: Asker, fake: Fake) -> None:
    def wait(reporter: Reporter) -> str:
        assert reporter.stopping.wait(60)
        return "stopped"

    for _ in range(MOST_RUNNING):
        fake.operations.begin("drill", "wait", "api", wait)
    assert code(client.ask("POST", "/v1/drills", {"text": "x"})) == (429, "busy")


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.EngineUnavailable("gone"), 503), (errors.EngineError("no"), 502), (errors.UsageError("no"), 400),
     (errors.LockHeld("no"), 409), (errors.NotOurs("no"), 502)],
)  # fmt: skip
def test_each_error_has_its_status(fake: Fake, tokens: TokenFile, error: Exception, status: int) -> None:
    assert asker_of(_failing(fake, error), tokens).ask("GET", "/v1/status").status_code == status


def test_a_bug_is_a_sentence_and_no_traceback(fake: Fake, tokens: TokenFile, caplog: pytest.LogCaptureFixture) -> None:
    got = asker_of(_failing(fake, ZeroDivisionError("secret")), tokens).ask("GET", "/v1/status")
    assert code(got) == (500, "internal")
    assert "secret" not in got.text
    assert "secret" in caplog.text


def test_a_figure_that_is_no_number_is_null(fake: Fake, client: Asker) -> None:
    cluster = fake.backend.state.clusters[0]
    broken = replace(cluster.instances[0], load=float("nan"), metrics={"a": float("inf")})
    fake.backend.state = replace(
        fake.backend.state, clusters=(replace(cluster, instances=(broken,)), *fake.backend.state.clusters[1:])
    )
    got = json.loads(client.ask("GET", "/v1/status").content, parse_constant=pytest.fail)
    assert got["clusters"][0]["instances"][0]["load"] is None


def test_the_app_alone_asks_for_the_token_too(fake: Fake, tokens: TokenFile) -> None:
    assert Asker(app=api_app(fake.services, tokens)).ask("POST", "/v1/stop").status_code == 401


def _failing(fake: Fake, error: Exception) -> Fake:
    class Failing:
        def status(self) -> Any:
            raise error

    return replace(fake, services=replace(fake.services, loop=Failing()))  # type: ignore[arg-type]
