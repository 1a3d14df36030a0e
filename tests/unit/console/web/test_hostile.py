"""Every page of the console in a world of hostile texts: nothing of them is markup, and the policy is on each."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from reconciler.console.web.views import VIEWS
from tests.support.fake_services import fake_services
from tests.support.served_console import served_console

FILLED = {"name": "webapp", "revision": "v001", "number": "1", "zone": "az3", "id": "1"}
HOSTILE_PARAMETER = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"


class Markup(HTMLParser):
    """A page as a browser reads it, and what of it the console never writes."""

    def __init__(self) -> None:
        super().__init__()
        self.breaches: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        sources = [value or "" for name, value in attrs if name in {"src", "href", "action", "formaction"}]
        foreign = [source for source in sources if not source.startswith(("/", "#", "?")) or source.startswith("//")]
        handlers = [name for name in names if name.startswith("on")]
        if handlers or foreign or "style" in names or (tag in {"script", "iframe", "object"} and "src" not in names):
            self.breaches.append(f"<{tag} {attrs}>")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with served_console(fake_services()) as console, console.signed_in() as browser:
        yield browser


def addresses() -> list[str]:
    """Each view with parameters that exist, and with hostile ones in path and query."""
    there = [re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], path) for path in VIEWS]
    hostile = [re.sub(r"\{\w+\}", HOSTILE_PARAMETER, path) for path in VIEWS]
    query = "&".join(f"{key}={HOSTILE_PARAMETER}" for key in ("name", "cluster", "text", "kind", "before"))
    return [*dict.fromkeys([*there, *hostile, *(f"{path}?{query}" for path in there)])]


@pytest.mark.parametrize("address", addresses())
def test_no_text_of_others_becomes_markup(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in {200, 400, 404, 422}
    markup = Markup()
    markup.feed(answer.text)
    assert markup.breaches == []
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_living_regions_are_as_harmless(client: httpx.Client) -> None:
    with client.stream("GET", "/live?page=/") as stream:
        regions = next(line for line in stream.iter_lines() if line.startswith("data: [")).lower()
    assert "&lt;script" in regions
    assert "<script" not in regions
