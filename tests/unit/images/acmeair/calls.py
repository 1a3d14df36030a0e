"""A fake of acmeair.ports.Caller: answers from a function, remembers what was asked."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from acmeair.errors import CallFailed
from acmeair.ports import Answer

Reply = Answer | CallFailed
Asked = tuple[str, str, str]  # host, method, path


def says(status: int, value: object = None) -> Answer:
    return Answer(status, {}, b"" if value is None else json.dumps(value).encode())


class FakeCaller:
    """Answers each request by `reply(host, method, path)`."""

    def __init__(self, reply: Callable[[str, str, str], Reply]) -> None:
        self.reply = reply
        self.asked: list[Asked] = []
        self.bodies: list[bytes] = []

    async def url(self, method: str, address: str, *, body: bytes = b"", seconds: float) -> Answer:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return await self.request(method, parts.hostname or "", parts.port or 80, path, body=body, seconds=seconds)

    async def request(
        self, method: str, host: str, port: int, path: str, *, body: bytes = b"", seconds: float
    ) -> Answer:
        self.asked.append((host, method, path))
        self.bodies.append(body)
        reply = self.reply(host, method, path)
        if isinstance(reply, CallFailed):
            raise reply
        return reply
