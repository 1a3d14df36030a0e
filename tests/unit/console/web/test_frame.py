"""The console as a browser meets it: sign-in, forms, what is refused, and that a GET changes nothing."""

from collections.abc import Iterator

import httpx
import pytest

from reconciler.console.web.actions import ACTIONS
from reconciler.console.web.app import Parts
from reconciler.console.web.page import NotThereError, Page, Redirect, Scene
from reconciler.console.web.session import Sessions
from reconciler.console.web.views import VIEWS
from reconciler.errors import FileChanged, UsageError
from tests.support.fake_services import fake_services
from tests.support.fake_world import HOSTILE
from tests.support.served_console import TOKEN, Served, form_token, served_console


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with served_console(fake_services()) as console:
        yield console


def test_who_is_not_signed_in_is_led_to_the_form_and_back(served: Served) -> None:
    with served.visitor() as client:
        away = client.get("/clusters/webapp?a=1")
        assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Fclusters%2Fwebapp%3Fa%3D1")
        form = client.get(away.headers["location"])
        assert 'value="/clusters/webapp?a=1"' in form.text
        entered = client.post("/sign-in", data={"token": TOKEN, "next": "/clusters/webapp?a=1"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/clusters/webapp?a=1")
        assert client.get("/clusters/webapp").status_code == 200


def test_the_cookie_is_for_this_console_only_and_out_of_reach_of_scripts(served: Served) -> None:
    with served.visitor() as client:
        cookie = client.post("/sign-in", data={"token": TOKEN, "next": "//evil.example"})
    assert cookie.headers["location"] == "/"
    name, _, rest = cookie.headers["set-cookie"].partition("=")
    assert name == f"reconciler-dev-{served.port}"
    assert {"httponly", "samesite=strict", "path=/", "max-age=2592000"} <= set(rest.lower().split("; "))


def test_a_wrong_token_is_refused_and_too_many_have_to_wait() -> None:
    with served_console(fake_services()) as console, console.visitor() as client:
        answers = [client.post("/sign-in", data={"token": f"wrong {HOSTILE}"}) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [403] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert "set-cookie" not in answers[0].headers
        assert client.post("/sign-in", data={"token": TOKEN}).status_code == 303, "its owner is never locked out"


def test_signing_out_ends_the_session_also_for_a_kept_cookie(served: Served) -> None:
    with served.signed_in() as client:
        cookies = dict(client.cookies)
        assert client.post("/sign-out", data={"form_token": "x"}).status_code == 403
        out = client.post("/sign-out", data={"form_token": form_token(client.get("/chaos").text)})
        assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    with httpx.Client(base_url=served.url, cookies=cookies) as thief:
        assert thief.get("/").status_code == 303


def test_who_is_not_signed_in_learns_of_no_address(served: Served) -> None:
    with served.visitor() as client:
        assert client.get("/nowhere").headers["location"] == "/sign-in?next=%2Fnowhere"
        assert client.get("/find?q=web").status_code == 303
        assert client.get("/static/nothing.css").status_code == 404


def test_who_knows_nothing_may_send_little(served: Served) -> None:
    with served.visitor() as client:
        assert client.post("/sign-in", data={"token": "x" * 20_000}).status_code == 413
        assert client.post(
            "/sign-in", content=b"\xff\x00", headers={"Content-Type": "multipart/form-data"}
        ).status_code in {
            400,
            403,
        }
        assert client.post("/sign-in", json={"token": TOKEN}).status_code == 403


def test_a_token_that_cannot_be_read_signs_nobody_in() -> None:
    with served_console(fake_services()) as console, console.signed_in() as client:
        console.token.trouble = UsageError("the token may be read by others")
        assert client.get("/").status_code == 303
        refused = client.post("/sign-in", data={"token": TOKEN})
        assert refused.status_code == 503
        assert "may be read by others" in refused.text


def test_another_token_ends_all_sessions() -> None:
    with served_console(fake_services()) as console, console.signed_in() as client:
        assert client.get("/").status_code == 200
        console.token.text = "another-token-of-a-test-0123"
        assert client.get("/").status_code == 303


@pytest.mark.parametrize("path", sorted(set(ACTIONS) - set(VIEWS)))
def test_a_get_reaches_no_action(served: Served, path: str) -> None:
    with served.signed_in() as client:
        answer = client.get(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert served.fake.backend.calls == []


@pytest.mark.parametrize("path", sorted(ACTIONS))
def test_no_action_is_reached_without_session_form_token_or_from_elsewhere(served: Served, path: str) -> None:
    fields = {"kind": "resize", "name": "webapp", "size": "1"}
    with served.visitor() as nobody, served.signed_in() as client:
        token = form_token(client.get("/chaos").text)
        assert nobody.post(path, data={**fields, "form_token": token}).status_code == 303
        assert client.post(path, data=fields).status_code == 403
        assert client.post(path, data={**fields, "form_token": "0" * 64}).status_code == 403
        assert client.post(path, json={**fields, "form_token": token}).status_code == 403
        whole = {**fields, "form_token": token}
        assert client.post(path, data=whole, headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.post(path, data=whole, headers={"Host": "evil.example"}).status_code == 421
    assert served.fake.backend.calls == []
    assert served.fake.changes.wished == []


def test_read_only_means_that_no_form_does_anything() -> None:
    with served_console(fake_services(read_only=True)) as console, console.signed_in() as client:
        token = form_token(client.get("/").text)
        for path in ACTIONS:
            answer = client.post(path, data={"form_token": token, "kind": "resize", "name": "webapp", "size": "1"})
            assert answer.status_code == 403
            assert "only shows" in answer.text
        assert "Read only" in client.get("/").text
    assert console.fake.backend.calls == []


def test_an_unknown_address_says_so_and_leads_on(served: Served) -> None:
    with served.signed_in() as client:
        answer = client.get(f"/nowhere/{HOSTILE}")
        assert answer.status_code == 404
        assert 'href="/"' in answer.text
        assert client.get("/static/..%2fapp.py").status_code == 404


def failing(scene: Scene) -> Page:
    match scene.params["how"]:
        case "gone":
            raise NotThereError(f"there is no {HOSTILE}")
        case "changed":
            raise FileChanged("somebody else was quicker", f"--- a/x\n+++ b/x\n+{HOSTILE}\n")
        case "usage":
            raise UsageError(f"not so: {HOSTILE}")
        case "template":
            return Page(template="error.html", title="x")
        case _:
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("how", "status"), [("gone", 404), ("changed", 409), ("usage", 400), ("template", 500), ("bug", 500)]
)
def test_whatever_fails_becomes_a_page_that_says_so(how: str, status: int) -> None:
    parts = Parts(views={"/fail/{how}": failing}, actions={"/go": lambda _: Redirect(to="//evil.example")})
    with served_console(fake_services(), parts) as console, console.signed_in() as client:
        answer = client.get(f"/fail/{how}")
        assert answer.status_code == status
        assert "<h1>" in answer.text
        assert "<script>alert" not in answer.text
        assert "Traceback" not in answer.text
        token = form_token(answer.text)
        assert client.post("/go", data={"form_token": token}).headers["location"] == "/", "only to own paths"


def test_a_cluster_is_found_by_a_part_of_its_name(served: Served) -> None:
    with served.signed_in() as client:
        assert client.get("/find?q=web").headers["location"] == "/clusters/webapp"
        assert "No cluster fits" in client.get(f"/find?q={HOSTILE}").text
        assert "clusters fit" in client.get("/find?q=").text


def test_static_files_are_kept_by_browsers_under_their_digest_only(served: Served) -> None:
    with served.visitor() as client:
        plain = client.get("/static/console.css")
        assert plain.headers["cache-control"] == "no-cache"
        again = client.get("/static/console.css", headers={"If-None-Match": plain.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        digest = plain.headers["etag"].strip('"')
        assert "immutable" in client.get(f"/static/console.css?v={digest}").headers["cache-control"]


def test_a_fault_outside_of_all_views_is_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Sessions, "read", broken)
    with served_console(fake_services()) as console, console.visitor() as client:
        answer = client.get("/")
    assert answer.status_code == 500
    assert "This page failed" in answer.text
    assert "ZeroDivisionError" not in answer.text
