"""The page's files, as they are served."""

import asyncio
from pathlib import Path

import pytest

from acmeair.asgi import Request, Response
from acmeair.errors import Refusal
from acmeair_web.statics import TYPES, Statics

STATIC = Path(__file__).parents[4] / "images" / "acmeair-web" / "static"


def get(name: str, directory: Path = STATIC, **headers: str) -> Response:
    lines = {key.replace("_", "-"): value for key, value in headers.items()}
    return asyncio.run(Statics(directory).file(Request("GET", "/", lines, {"name": name})))


def test_every_file_of_the_page_has_a_type_that_we_know() -> None:
    assert [path for path in STATIC.rglob("*") if path.is_file() and path.suffix not in TYPES] == []


def test_a_file_comes_with_type_tag_and_policy() -> None:
    headers = dict(get("index.html").headers)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    tag = dict(get("index.html").headers)["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = get("index.html", if_none_match=known)
        assert (answer.status, answer.body) == (304, b"")
    assert get("index.html", if_none_match='"other"').status == 200


@pytest.mark.parametrize("name", ["../acmeair_web/tier.py", "nothing.js", "", "/etc/passwd"])
def test_nothing_but_the_page_is_served(name: str) -> None:
    with pytest.raises(Refusal, match="no such file"):
        get(name)
