"""Our lease in Eureka: STARTING, UP when the tier can serve, OUT_OF_SERVICE before it goes, renewed every second.

Eureka may be away or lose everything at any time: the next address is tried, a renewal that is answered with 404
registers again, and nothing here ever ends the tier. What is served goes on without Eureka.

The first thing is to drop the predecessor's lease: with it goes the status that was put on it (a replaced instance has
the same id, and an OUT_OF_SERVICE that outlived it would hold for the new one too).
"""

import asyncio
import time

from acmeair.errors import CallFailed
from acmeair.eureka import RENEW_SECONDS, Identity, instance_document
from acmeair.log import Changes
from acmeair.ports import Answer, Caller

CALL_SECONDS = 1.0
FAREWELL_SECONDS = 2.0  # for all addresses: the end of the tier is bounded
LEAVING = "OUT_OF_SERVICE"
OUT = f"/status?value={LEAVING}"


class Registration:
    """One instance's lease; `run` is a task of the tier."""

    def __init__(self, client: Caller, urls: tuple[str, ...], identity: Identity) -> None:
        self._client = client
        self._urls = list(urls)
        self._identity = identity
        self._status = "STARTING"
        self._told = ""  # the status that Eureka has confirmed
        self._said_ms = 0  # when that was said
        self._cleared = False
        self._changed = asyncio.Event()
        self._up = asyncio.Event()
        self._log = Changes("eureka")

    async def run(self) -> None:
        """For ever; without any address there is nobody to tell."""
        if not self._urls:
            self._log.say("off", reason="EUREKA_URLS is empty")
            self._up.set()
            return
        while True:
            due = time.monotonic() + RENEW_SECONDS
            try:
                await self._turn()
            except CallFailed as error:
                self._urls.append(self._urls.pop(0))
                self._log.say("unreachable", level="warning", reason=str(error))
                due = min(due, time.monotonic() + 0.25) if len(self._urls) > 1 else due
            await self._wait(due - time.monotonic())

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.05, seconds)):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _turn(self) -> None:
        if not self._cleared:
            await self._call("DELETE", "", fine=(200, 404))
            self._cleared = True
        if self._told == self._status:
            # With what we last said and when: an Eureka that has an older word of us, from its peer, answers 404.
            word = f"?status={self._status}&lastDirtyTimestamp={self._said_ms}"
            if (await self._call("PUT", word, fine=(200, 404))).status == 200:
                return
            self._told = ""
            self._log.say("forgotten", level="warning", url=self._urls[0])
        status, said_ms = self._status, time.time_ns() // 1_000_000
        body = instance_document(self._identity, status, now_ms=said_ms)
        await self._call("POST", "", body=body, fine=(200, 204))
        if status == LEAVING:
            # A registration alone can't say it: Eureka keeps the UP of a lease that is still there.
            await self._call("PUT", OUT, fine=(200, 404))
        self._told, self._said_ms = status, said_ms
        self._log.say("registered", url=self._urls[0], status=status)
        if status == "UP":
            self._up.set()

    async def _call(
        self,
        method: str,
        tail: str,
        *,
        body: bytes = b"",
        fine: tuple[int, ...],
        url: str = "",
        seconds: float = CALL_SECONDS,
    ) -> Answer:
        url = url or self._urls[0]
        path = f"/apps/{self._identity.app}"
        if method != "POST":
            path += f"/{self._identity.instance_id}{tail}"
        answer = await self._client.url(method, url + path, body=body, seconds=seconds)
        if answer.status not in fine:
            raise CallFailed(f"{url} answered {answer.status} to {method}")
        return answer

    async def up(self) -> None:
        """Say UP, and return when Eureka knows."""
        self._status = "UP"
        self._changed.set()
        await self._up.wait()

    async def leave(self) -> None:
        """Say OUT_OF_SERVICE to one address after the other, bounded. From now on no lease of ours is UP again."""
        self._status = LEAVING
        if await self._once("PUT", OUT):
            self._told = LEAVING
            self._log.say("out-of-service")

    async def deregister(self) -> None:
        """Take the lease back at one address after the other, bounded; else Eureka lets it run out."""
        if await self._once("DELETE", ""):
            self._log.say("deregistered")

    async def _once(self, method: str, tail: str) -> bool:
        """Tell each Eureka once, until one has done it: not the one that is away or doesn't know the lease."""
        urls = tuple(self._urls)
        for url in urls:
            seconds = min(CALL_SECONDS, FAREWELL_SECONDS / len(urls))
            try:
                if (await self._call(method, tail, fine=(200, 404), url=url, seconds=seconds)).status == 200:
                    return True
            except CallFailed as error:
                self._log.say("unreachable", level="warning", reason=str(error))
        return False
