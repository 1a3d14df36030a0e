"""The console over fake services, served as a loop serves it: behind the guard, on a port of its own.

Before: fake_services. After: tests that ask it as a browser would. `signed_in` has the cookie; `form_token` is what its
forms hold.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.console.web.app import ConsoleApp, Parts, console_app
from reconciler.console.web.samples import Samples
from reconciler.errors import ReconcilerError
from tests.support.fake_services import Fake

TOKEN = "a-token-of-a-test-0123456789"
HOST = "127.0.0.1"


@dataclass(slots=True)
class Token:
    """What the console reads its token from. `trouble`: it can't be read."""

    text: str = TOKEN
    trouble: ReconcilerError | None = None

    def __call__(self) -> str:
        if self.trouble:
            raise self.trouble
        return self.text


@dataclass(slots=True, kw_only=True)
class Served:
    """One console. Its token may be made another one: all sessions end."""

    url: str
    port: int
    app: ConsoleApp
    fake: Fake
    token: Token

    def visitor(self) -> httpx.Client:
        """Somebody who has no cookie."""
        return httpx.Client(base_url=self.url, timeout=20.0, headers={"Origin": self.url})

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        """Somebody who has signed in."""
        with self.visitor() as client:
            answer = client.post("/sign-in", data={"token": self.token.text})
            assert answer.status_code == 303, answer.text
            yield client


@contextmanager
def served_console(fake: Fake, parts: Parts | None = None, *, port: int = 0) -> Iterator[Served]:
    """Serves until the block ends; port 0 is any free one."""
    listener = listen(HOST, port)
    port = listener.getsockname()[1]
    token = Token()
    app = console_app(fake.services, Samples(), env="dev", domain="docker", port=port, token=token, parts=parts)
    served = Served(url=f"http://{HOST}:{port}", port=port, app=app, fake=fake, token=token)
    server = WebServer(site(app, app, port=port), listener)
    server.start()
    try:
        yield served
    finally:
        app.close()
        server.close()


def form_token(page: str) -> str:
    """What the page's forms hold."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found, "no form on this page has a token"
    return found[1]


def messages(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Of a live stream, as (event, value), comments left out."""
    event = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield event, json.loads(line.removeprefix("data: "))


def until(stream: Iterator[tuple[str, Any]], event: str) -> Any:
    """The value of the next message of this kind; the test's own time limit is the deadline."""
    return next(value for name, value in stream if name == event)
