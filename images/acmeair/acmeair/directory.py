"""Who is there of another tier, as Eureka lists it, asked every second.

An empty list and a Eureka that is away or has just been restarted look alike, so the last list with somebody in it is
kept: the balancer finds out what still answers.
"""

import asyncio

from acmeair.balance import Balancer
from acmeair.errors import CallFailed
from acmeair.eureka import servers_of
from acmeair.log import Changes
from acmeair.ports import Caller

REFRESH_SECONDS = 1.0
CALL_SECONDS = 1.0


class Directory:
    """Keeps a balancer's list as Eureka's; `run` is a task of the tier."""

    def __init__(self, client: Caller, urls: tuple[str, ...], app: str, balancer: Balancer) -> None:
        self._client = client
        self._urls = list(urls)
        self._app = app
        self._balancer = balancer
        self._log = Changes("directory")

    async def run(self) -> None:
        """For ever."""
        while self._urls:
            try:
                await self._refresh()
            except (CallFailed, ValueError) as error:
                self._urls.append(self._urls.pop(0))
                self._log.say("list-kept", level="warning", app=self._app, reason=str(error))
            # Until somebody is known, a request can't be served at all.
            await asyncio.sleep(REFRESH_SECONDS if self._balancer.servers else REFRESH_SECONDS / 4)

    async def _refresh(self) -> None:
        answer = await self._client.url("GET", f"{self._urls[0]}/apps/{self._app}", seconds=CALL_SECONDS)
        if answer.status not in (200, 404):
            raise CallFailed(f"{self._urls[0]} answered {answer.status}")
        servers = servers_of(answer.body) if answer.status == 200 else ()
        if servers:
            self._balancer.replace(servers)
            self._log.say("list", app=self._app, servers=",".join(server.id for server in servers))
        else:
            self._log.say("nobody", level="warning", app=self._app, kept=len(self._balancer.servers))
