"""Every page of the console in a world of hostile texts: nothing of them is markup, and the policy is on each."""

import re
from collections.abc import Iterator

import pytest

from reconciler.console.web.views import VIEWS
from tests.support.fake_services import fake_services
from tests.support.served_console import Served, served_console

FILLED = {"name": "webapp", "revision": "v001", "number": "1", "zone": "az3", "id": "1"}
HOSTILE_PARAMETER = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with served_console(fake_services()) as console:
        yield console


def addresses() -> list[str]:
    """Each view with parameters that exist, and with hostile ones in path and query."""
    there = [re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], path) for path in VIEWS]
    hostile = [re.sub(r"\{\w+\}", HOSTILE_PARAMETER, path) for path in VIEWS]
    query = "&".join(f"{key}={HOSTILE_PARAMETER}" for key in ("name", "cluster", "text", "kind", "before"))
    return [*dict.fromkeys([*there, *hostile, *(f"{path}?{query}" for path in there)])]


@pytest.mark.parametrize("address", addresses())
def test_no_text_of_others_becomes_markup(served: Served, address: str) -> None:
    with served.signed_in() as client:
        answer = client.get(address)
    assert answer.status_code in {200, 400, 404, 422}
    page = answer.text.lower()
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert not re.search(r"<[^>]+\son\w+=", page), "no handler stands in the page"
    assert not re.search(r"<[^>]+\sstyle=", page), "no style stands in the page"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_living_regions_are_as_harmless(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", "/live?page=/") as stream:
        regions = next(line for line in stream.iter_lines() if line.startswith("data: [")).lower()
    assert "&lt;script" in regions
    assert "<script" not in regions
