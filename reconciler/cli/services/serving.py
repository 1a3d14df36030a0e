"""The site beside a loop: the web console and the REST API on one port, from the loop's start to its end.

Before: console_beside. After: assembly (what they act through), api.http (server, API), console.web (pages).
"""

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.api.http.app import api_app
from reconciler.api.http.server import WebServer
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from reconciler.api.operations import OperationRegister
from reconciler.api.services import Services
from reconciler.cli.services.assembly import services_of
from reconciler.console.web.app import ConsoleApp, console_app
from reconciler.console.web.sampler import Sampler
from reconciler.console.web.samples import Samples
from reconciler.loop.settings import ConsoleSettings, Settings

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine
    from reconciler.loop.runner import Loop

_OPERATIONS_END_SECONDS = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What serves, from `start` to `close`."""

    server: WebServer
    console: ConsoleApp
    sampler: Sampler
    operations: OperationRegister

    def start(self) -> None:
        """Answer from now on. Raises ReconcilerError where it doesn't come up."""
        self.server.start()
        self.sampler.start()

    def close(self) -> None:
        """Soon, whoever still listens. Faults are undone meanwhile; what takes longer undoes itself."""
        self.operations.close(0.0)
        self.console.close()
        self.server.close()
        self.operations.close(_OPERATIONS_END_SECONDS)
        self.sampler.close()


def site_beside(
    listener: socket.socket, settings: Settings, console: ConsoleSettings, loop: "Loop", engine: "DockerEngine"
) -> Site:
    """The site of a loop, not started yet, on `listener`, which it owns."""
    operations = OperationRegister()
    services = services_of(settings, loop, engine, operations, read_only=console.read_only)
    return site_of(listener, settings, console, services, operations)


def site_of(
    listener: socket.socket,
    settings: Settings,
    console: ConsoleSettings,
    services: Services,
    operations: OperationRegister,
) -> Site:
    """The same over any services. Raises ReconcilerError where the token's file isn't as it should be."""
    port = int(listener.getsockname()[1])
    tokens = TokenFile(settings.token_file)
    tokens.value()  # what is wrong with it is said now, not to the first who asks
    samples = Samples()
    pages = console_app(services, samples, env=settings.env, domain=settings.domain, port=port, token=tokens.value)
    whole = site(api_app(services, tokens, settings.policy), pages, port=port, names=console.names)
    return Site(
        server=WebServer(whole, listener), console=pages, operations=operations,
        sampler=Sampler(samples, loop=services.loop, wall=time.time),
    )  # fmt: skip
