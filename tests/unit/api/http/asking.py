"""A client of the API without a socket: one request at a time, over the ASGI app itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp

from reconciler.api.http.app import routed
from reconciler.api.http.door import Door
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from reconciler.spec.policy import Policy
from tests.support.fake_services import Fake

PORT = 8600
ROUTED = routed(None, Policy())
URL = f"http://localhost:{PORT}"


@dataclass(slots=True, kw_only=True)
class Asker:
    """`headers` go with every request, those of one request count more; None leaves one out."""

    app: ASGIApp
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> httpx.Response:
        """The whole answer."""
        merged = {**self.headers, **(headers or {})}
        sent = {key: value for key, value in merged.items() if value is not None}

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                return await client.request(method, path, json=json, content=content, headers=sent)

        return asyncio.run(exchange())


def asker_of(fake: Fake, tokens: TokenFile) -> Asker:
    """Who knows the token. The routes are made once for all tests: that takes longer than most of them."""
    ROUTED.state.services = fake.services
    app = site(Door(ROUTED, tokens, read_only=fake.services.read_only), None, port=PORT)
    return Asker(app=app, headers={"Authorization": f"Bearer {tokens.value()}"})
