"""A tier's life: listen at once, get ready, serve, and go without dropping a request.

    started    listening; /healthcheck 503 with what is missing; STARTING in Eureka
    up         what the tier needs was there once; UP in Eureka, then /healthcheck 200
    leaving    SIGTERM: OUT_OF_SERVICE in Eureka, requests still served for the lame-duck time, those in flight to
               their end; then deregistered, exit 0

Once up, no loss of a dependency makes the health check fail: a replacement would lack the same.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Protocol

import uvicorn

from acmeair.asgi import HEALTH_PATH, Application, Request, Response, Route, answer
from acmeair.client import HttpClient
from acmeair.eureka import Identity
from acmeair.log import say
from acmeair.metrics import keep_written
from acmeair.registration import Registration
from acmeair.settings import Settings, SettingsError, read_settings

KEEP_ALIVE_SECONDS = 30
IN_FLIGHT_SECONDS = 5
CLOSE_SECONDS = 1.0


class Tier(Protocol):
    """What differs between the tiers."""

    app: str
    vip: str

    def routes(self) -> list[Route]:
        """Its paths."""

    async def guard(self, request: Request) -> None:
        """Asked before guarded routes; raises Refusal."""

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """What runs as long as the tier."""

    async def ready(self) -> None:
        """Return when it can serve."""

    def lacking(self) -> str:
        """What it waits for, in words."""

    async def close(self) -> None:
        """Let go of everything."""


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn would stop listening at the first one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


class _Health:
    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self.status = "starting"

    async def check(self, _request: Request) -> Response:
        """`GET /healthcheck`."""
        if self.status == "up":
            return answer({"status": "up"})
        reason = self._tier.lacking() if self.status == "starting" else "it was told to stop"
        return answer({"status": self.status, "reason": reason}, status=503)


def main(make: Callable[[Settings, HttpClient], Tier]) -> None:
    """Run a tier until it is told to stop; ends the process."""
    try:
        settings = read_settings(os.environ, socket.gethostname())
    except SettingsError as error:
        say("tier", "refused", level="error", reason=error)
        sys.exit(64)
    asyncio.run(_live(settings, make))
    # Threads of the driver that wait for a node which isn't there must not hold up the end.
    sys.stdout.flush()
    os._exit(0)


async def _live(settings: Settings, make: Callable[[Settings, HttpClient], Tier]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = HttpClient()
    tier = make(settings, client)
    health = _Health(tier)
    routes = [Route("GET", HEALTH_PATH, health.check), *tier.routes()]
    application = Application(routes, deadline=settings.deadline_seconds, guard=tier.guard)
    server = _listen(application, settings.port)
    registration = Registration(client, settings.eureka_urls, _identity(settings, tier))
    # The server first: it listens before anything else has its turn.
    serving = asyncio.create_task(server.serve())
    telling = keep_written(application.counts, settings.metrics_file)
    around = [asyncio.create_task(work) for work in (registration.run(), telling, *tier.tasks())]
    around.append(asyncio.create_task(_become_ready(tier, health, registration)))
    await _until_told(stop, serving, around)
    await _leave(settings, health, application, registration, server, serving)
    for task in around:
        task.cancel()
    await asyncio.gather(*around, return_exceptions=True)
    await registration.deregister()
    await _bounded(tier.close())
    say("tier", "ended")


def _listen(application: Application, port: int) -> _Server:
    config = uvicorn.Config(
        application,  # type: ignore[arg-type]  # uvicorn's own types for scopes are narrower than what it hands out
        host="0.0.0.0",
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=512,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=IN_FLIGHT_SECONDS,
    )
    return _Server(config)


def _identity(settings: Settings, tier: Tier) -> Identity:
    return Identity(
        app=tier.app,
        vip=tier.vip,
        hostname=settings.hostname,
        address=socket.gethostbyname(settings.hostname),
        port=settings.port,
        zone=settings.zone,
        cluster=settings.cluster,
        image=settings.image,
    )


async def _become_ready(tier: Tier, health: _Health, registration: Registration) -> None:
    await tier.ready()
    await registration.up()
    health.status = "up"
    say("tier", "up")


async def _until_told(stop: asyncio.Event, serving: "asyncio.Task[None]", around: "list[asyncio.Task[None]]") -> None:
    """Until a signal; a task that ended by a fault of ours ends the process, so that it is seen and replaced."""
    waiting: set[asyncio.Task[Any]] = {serving, asyncio.create_task(stop.wait()), *around}
    while not stop.is_set():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if serving in done:
            sys.exit(1)  # uvicorn has said why it can't listen


async def _leave(
    settings: Settings,
    health: _Health,
    application: Application,
    registration: Registration,
    server: _Server,
    serving: "asyncio.Task[None]",
) -> None:
    was_up, health.status = health.status == "up", "leaving"
    say("tier", "leaving")
    if was_up:
        await registration.leave()
        application.leaving = True
        await asyncio.sleep(settings.lame_duck_seconds)
    server.should_exit = True
    await serving


async def _bounded(work: Awaitable[None]) -> None:
    with contextlib.suppress(TimeoutError):  # what isn't let go of in time ends with the process
        async with asyncio.timeout(CLOSE_SECONDS):
            await work
