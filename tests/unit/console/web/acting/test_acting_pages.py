"""The acting pages as HTML: every field has its label, every form its token; a read-only console offers nothing."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from reconciler.console.web.actions import ACTIONS
from tests.support.fake_services import fake_services
from tests.support.served_console import Served, form_token, served_console

PAGES = (
    "/", "/clusters/webapp", "/clusters/shop", "/clusters/shop/groups/v000", "/clusters/auth/instances/1",
    "/clusters/auth/edit", "/clusters/auth/next-group", "/zones/az1", "/zones/az3", "/new", "/tasks", "/chaos",
)  # fmt: skip


class Forms(HTMLParser):
    """What a page's forms are made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.posts: list[tuple[str, set[str]]] = []
        self.fields: list[str] = []
        self.labels: set[str] = set()
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        given = {name: value or "" for name, value in attrs}
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "form" and given.get("method", "").lower() == "post":
            self.posts.append((given["action"], set()))
        if tag in ("input", "select", "textarea"):
            if self.posts:
                self.posts[-1][1].add(given.get("name", ""))
            if given.get("type") != "hidden":
                self.fields.append(given.get("id", "(no id)"))
        if tag == "label":
            self.labels.add(given.get("for", ""))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A console over an environment on paper."""
    with served_console(fake_services()) as console:
        yield console


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_its_label_and_every_form_its_token(served: Served, path: str) -> None:
    """And no two elements have one id."""
    with served.signed_in() as client:
        forms = Forms(client.get(path).text)
    assert {field for field in forms.fields if field not in forms.labels} == set()
    assert [action for action, names in forms.posts if "form_token" not in names] == []
    assert {action for action, _ in forms.posts} <= {*ACTIONS, "/sign-out"}
    assert sorted(forms.ids) == sorted(set(forms.ids))


def test_hostile_input_comes_back_as_text(served: Served) -> None:
    """In a form that was refused, in a text, in the name of a thing that isn't there."""
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    with served.signed_in() as client:
        token = form_token(client.get("/new").text)
        for path, form in (
            ("/propose", {"kind": "resize", "name": "auth", "size": hostile}),
            ("/propose", {"kind": "resize", "name": hostile, "size": "1"}),
            ("/propose", {"kind": hostile}),
            ("/propose", {"kind": "write", "file": "auth.yaml", "text": f"image: {hostile}\n</textarea>{hostile}"}),
            ("/propose", {"kind": "next-group", "name": hostile, "image": hostile, "env-name-0": hostile}),
            ("/terminate", {"instance": hostile}),
            ("/close-zone", {"zone": hostile, "seconds": hostile, "why": hostile}),
            ("/preview-fault", {"kind": "freeze", "name": hostile, "seconds": hostile}),
        ):
            answer = client.post(path, data={**form, "form_token": token})
            assert answer.status_code in {404, 422}, answer.text
            assert "<script>alert" not in answer.text
            assert not re.search(r"<img[^>]+onerror", answer.text)
            assert answer.text.count("</textarea>") <= 1


def test_a_read_only_console_offers_nothing_and_does_nothing() -> None:
    """No form but the one that signs out; a POST all the same is refused."""
    fake = fake_services(read_only=True)
    with served_console(fake) as served, served.signed_in() as client:
        pages = {path: client.get(path).text for path in PAGES}
        token = form_token(pages["/"])
        answers = {path: client.post(path, data={"form_token": token}).status_code for path in ACTIONS}
    offered = {path: {action for action, _ in Forms(text).posts} for path, text in pages.items()}
    assert {path: actions for path, actions in offered.items() if actions != {"/sign-out"}} == {}
    assert set(answers.values()) == {403}
    assert fake.changes.wished == []
    assert fake.backend.calls == []
