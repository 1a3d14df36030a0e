"""The web console beside a loop: its port taken before anything starts, the rest in a thread, so that no pass waits.

Before: wiring. After: services.serving, imported only here and only where a console was asked for. A console that fails
is told in the log; the loop goes on without it.
"""

import logging
import socket
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from reconciler.cli.console_options import is_private, url_of
from reconciler.errors import ReconcilerError, UsageError
from reconciler.loop.settings import ConsoleSettings, Settings

if TYPE_CHECKING:
    from reconciler.cli.services.serving import Site
    from reconciler.engine.docker.adapter import DockerEngine
    from reconciler.loop.runner import Loop

log = logging.getLogger("reconciler")

_AGAIN_SECONDS = 0.5
_EXPOSED = (
    "the console listens on %s, where others may reach it, and nothing is encrypted: whoever reads along has the "
    "token; put a proxy with TLS in front of it, or listen on 127.0.0.1 and use `ssh -L`"
)


class ConsoleBeside:
    """Made before the loop, begun beside it, closed before it."""

    def __init__(self, settings: Settings, console: ConsoleSettings) -> None:
        self._settings = settings
        self._console = console
        self._listener: socket.socket | None = None
        self._site: Site | None = None
        self._closing = Event()
        self._lock = Lock()

    def take_port(self) -> None:
        """Raises UsageError where it is taken. A standby waits for it: the loop before it may have it still."""
        if not self._settings.standby:
            self._listener = self._listen()

    def begin(self, loop: "Loop", engine: "DockerEngine") -> None:
        """Serve soon. `engine` is for looking into containers, for commands there, and for faults."""
        if self._listener is not None:
            loop.console_url = self._url(self._listener)
        Thread(target=self._run, args=(loop, engine), name="console", daemon=True).start()

    def close(self) -> None:
        """End it, and what was begun through it; may be called more than once."""
        self._closing.set()
        with self._lock:
            if self._site is not None:
                self._site.close()
            if self._listener is not None:
                self._listener.close()

    def _run(self, loop: "Loop", engine: "DockerEngine") -> None:
        try:
            listener = self._listener or self._free_listener()
            if listener is None:
                return
            self._listener = listener
            self._serve(listener, loop, engine)
        except ReconcilerError as error:
            log.error("the console does not run: %s", error)
        except Exception:
            log.exception("the console does not run, by a mistake of ours; the loop does")
        else:
            return
        loop.console_url = ""
        if self._listener is not None:
            self._listener.close()  # who comes is refused, rather than left waiting

    def _serve(self, listener: socket.socket, loop: "Loop", engine: "DockerEngine") -> None:
        from reconciler.cli.services.serving import site_beside

        url = self._url(listener)
        made = site_beside(listener, self._settings, self._console, loop, engine)
        with self._lock:
            if self._closing.is_set():
                return
            made.start()
            self._site = made
        loop.console_url = url
        if not is_private(self._console):
            log.warning(_EXPOSED, self._console.host)
        log.info("web console at %s; `reconciler console` prints it with its token", url)

    def _free_listener(self) -> socket.socket | None:
        """The port, once it is free; None where the end comes first."""
        told = False
        while not self._closing.is_set():
            try:
                return self._listen()
            except UsageError as error:
                if not told:
                    log.warning("the console waits for its port: %s", error)
                told = True
            self._closing.wait(_AGAIN_SECONDS)
        return None

    def _listen(self) -> socket.socket:
        from reconciler.api.http.server import listen

        return listen(self._console.host, self._console.port)

    def _url(self, listener: socket.socket) -> str:
        return url_of(self._console, int(listener.getsockname()[1]))
