"""The program in the container: the DNS server, told by the loop what to answer.

Before: service, which has put the code, the settings and a token here. After: dns.server. It ends when a part of it
ends: whoever keeps the container makes a new one, which is better than half a server.
Never here: the engine, or anything else of the host.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread, main_thread

from reconciler.dns.container.alone import Alone
from reconciler.dns.container.control import Control
from reconciler.dns.container.held import Held
from reconciler.dns.container.lines import begin_logging
from reconciler.dns.container.notebook import Notebook
from reconciler.dns.container.protocol import PORT as CONTROL_PORT
from reconciler.dns.container.settings import NOTES_PATH, SETTINGS_PATH, TOKEN_PATH, USER, ServerSettings, read
from reconciler.dns.server import PORT, DnsServer
from reconciler.dns.skydns.server import SkyDnsApi
from reconciler.engine.names import EmbeddedNames

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
_LOOK_SECONDS = 0.5
_SWITCH_SECONDS = 0.001  # how long a busy thread keeps the others waiting: the loop's words must not wait for questions


def main() -> int:
    """Serve until SIGTERM (0) or until a part fails (1)."""
    begin_logging()
    sys.setswitchinterval(_SWITCH_SECONDS)
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # here, before there are threads
    settings = read(Path(SETTINGS_PATH).read_bytes())
    notes = json.loads(Path(NOTES_PATH).read_bytes())
    parts = Parts(settings, notes, Path(TOKEN_PATH), dns_port=PORT, control_port=CONTROL_PORT)
    parts.start()
    become_nobody()
    return wait_for_end(parts.alive)


def wait_for_end(alive: Callable[[], bool], look_seconds: float = _LOOK_SECONDS) -> int:
    """0 at SIGTERM or SIGINT, 1 when `alive` says no. In the main thread, where both signals are blocked.

    Not sigtimedwait: when SIGSTOP outlasts its time limit, SIGCONT makes it return a signal that never came.
    """
    failed = Event()
    main_id = main_thread().ident or 0

    def watch() -> None:
        while alive():
            time.sleep(look_seconds)
        failed.set()
        signal.pthread_kill(main_id, signal.SIGTERM)

    Thread(target=watch, name="watch", daemon=True).start()
    signal.sigwait(_ENDING)
    return 1 if failed.is_set() else 0


class Parts:
    """The server, its SkyDNS API, its control and its look at what is gone, each in a thread of its own."""

    def __init__(
        self,
        settings: ServerSettings,
        notes: Mapping[str, str],
        token_file: Path,
        *,
        dns_port: int,
        control_port: int,
    ) -> None:
        names = EmbeddedNames(settings.env, settings.host, settings.ttl_seconds)
        notebook = Notebook(notes)
        self.held = Held(names, notebook)
        self._address = (settings.address, dns_port)
        subnets = (settings.subnet,)
        self.dns = DnsServer(settings.env, settings.domain, names.table, self.held.upstreams, subnets=subnets)
        secret = settings.skydns_secret or ""
        self.api = SkyDnsApi(names, settings.domain, subnets=subnets, secret=secret, notes=notebook)
        self._api_port = settings.skydns_port
        self.control = Control(self.held, token_file, (settings.address, control_port), settings.gateway)
        self._stopped = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Raises CannotListen."""
        self.dns.start([self._address])
        if self._api_port:
            self.api.start((self._address[0], self._api_port))
        self._begin("control", self.control.run)
        self._begin("alone", lambda: Alone(self.held).run(self._stopped))

    def alive(self) -> bool:
        """Every part is there."""
        served = self.dns.alive() and (self.api.alive() or not self._api_port)
        return served and all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End all of them."""
        self._stopped.set()
        self.control.close()
        self.api.stop()
        self.dns.stop()
        for thread in self._threads:
            thread.join()

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


def become_nobody() -> None:
    """Root was for port 53 alone."""
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)


if __name__ == "__main__":
    sys.exit(main())
