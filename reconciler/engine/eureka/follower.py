"""Following applications in Eureka: a thread for each place, so that one that hangs delays no other.

Before: the loop, which says what to follow. After: `views`, read by each pass, and a callback that makes the loop look
at a cluster when something changed. Putting in and out of service is done on the caller's thread (the executor's), at
the server that answered last, within `WRITE_SECONDS` in all.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote

from reconciler.engine.eureka.answers import entries_of, said
from reconciler.engine.eureka.client import Answer, Server, ask, locate, server_of
from reconciler.engine.eureka.known import Known
from reconciler.engine.registries import Place, View
from reconciler.errors import RegistryError
from reconciler.state.entry import is_address
from reconciler.state.registered import OUT_OF_SERVICE, UP

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
READ_SECONDS = 1.0  # for each server
WRITE_SECONDS = 1.5  # for all of them
_STOP_SECONDS = 0.3
_SOONEST_SECONDS = 0.05


class EurekaFollower:
    """The `Registries` port on Eureka. `clock` gives seconds of attended time; `on_change(cluster)` is called in a
    thread of ours.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        on_change: Callable[[str], None],
        *,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._on_change = on_change
        self._lock = threading.Lock()
        self._followed: dict[str, _Followed] = {}

    def watch(self, places: Mapping[str, Place]) -> None:
        """Begin with what is new, and with what has lost its thread; end what isn't asked for any more."""
        with self._lock:
            for key in self._followed.keys() - places.keys():
                self._followed.pop(key).end()
            for key, place in places.items():
                followed = self._followed.get(key)
                if followed is None:
                    followed = self._followed[key] = _Followed(key, place, Known(key, self._clock), self._on_change)
                followed.follow(place, self._interval_seconds)

    def views(self) -> Mapping[str, View]:
        with self._lock:
            followed = dict(self._followed)
        now = self._clock()
        return {key: one.known.view(now) for key, one in followed.items()}

    def activate(self, place: str, entry: str) -> None:
        # Without a value Eureka would call it UNKNOWN until it registers again.
        self._found(place).put("DELETE", entry, UP)

    def deactivate(self, place: str, entry: str) -> None:
        self._found(place).put("PUT", entry, OUT_OF_SERVICE)

    def stop(self) -> None:
        """End all threads; who waits for an answer is not waited for."""
        with self._lock:
            followed, self._followed = self._followed, {}
        for one in followed.values():
            one.end()
        for one in followed.values():
            one.join(_STOP_SECONDS / len(followed))

    def _found(self, place: str) -> "_Followed":
        with self._lock:
            followed = self._followed.get(place)
        if followed is None:
            raise RegistryError(f"{place} isn't followed any more")
        return followed


class _Followed:
    """One place: its thread, what it knows, and the server that answered last."""

    def __init__(self, key: str, place: Place, known: Known, on_change: Callable[[str], None]) -> None:
        self.known = known
        self._key = key
        self._place = place
        self._on_change = on_change
        self._wake = threading.Event()
        self._ended = False
        self._located: dict[str, Server] = {}
        self._last = ""
        self._thread: threading.Thread | None = None

    def follow(self, place: Place, interval_seconds: float) -> None:
        """Look there from now on; at once where its servers are others."""
        moved = place.servers != self._place.servers
        self._place = place
        if self._thread is None or not self._thread.is_alive():
            name, arguments = f"eureka {self._key}", (interval_seconds,)
            self._thread = threading.Thread(target=self._run, args=arguments, name=name, daemon=True)
            self._thread.start()
        elif moved:
            self._wake.set()

    def end(self) -> None:
        self._ended = True
        self._wake.set()

    def join(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, interval_seconds: float) -> None:
        while not self._ended:
            self._wake.clear()
            due = time.monotonic() + interval_seconds
            try:
                changed = self._look()
            except Exception:
                log.exception("eureka: looking at %s failed in a way that nobody foresaw", self._key)
                changed = False
            for cluster in sorted(self._place.clusters) if changed and not self._ended else ():
                self._on_change(cluster)
            self._wake.wait(max(_SOONEST_SECONDS, due - time.monotonic()))

    def _look(self) -> bool:
        """Ask the servers in turn until one answers; whether something is otherwise than before."""
        place, began = self._place, self.known.began()
        problems = [place.lacking] if place.lacking else []
        for url in self._in_order(place.servers):
            try:
                server = locate(server_of(url))
                answer = ask(server, "GET", f"/apps/{quote(place.app, safe='')}", seconds=READ_SECONDS)
                entries = entries_of(answer.status, answer.content_type, answer.body)
            except RegistryError as problem:
                problems.append(f"{url}: {problem}")
                continue
            self._located = {**self._located, url: server}
            self._last = url
            return self.known.learn(entries, began, url)
        return self.known.fail("; ".join(problems) or "there is no server to ask")

    def _in_order(self, urls: tuple[str, ...]) -> list[str]:
        """The one that answered last first: another may not have heard yet what we said to it."""
        return sorted(urls, key=lambda url: url != self._last)

    def put(self, method: str, entry: str, status: str) -> None:
        """Say to one server after the other that `entry` is held out, or isn't any more, until one has done it."""
        path = f"/apps/{quote(self._place.app, safe='')}/{quote(entry, safe='')}/status?value={status}"
        deadline = time.monotonic() + WRITE_SECONDS
        problems = []
        servers = [(url, server) for url in self._in_order(self._place.servers) if (server := self._reachable(url))]
        for number, (url, server) in enumerate(servers):
            left = max(0.0, deadline - time.monotonic())
            try:
                answer = ask(server, method, path, seconds=left if number + 1 == len(servers) else left / 2)
                self._take(url, answer, entry, status)
            except RegistryError as problem:
                problems.append(f"{url}: {problem}")
            else:
                return
        raise RegistryError("; ".join(problems) or "no Eureka has answered yet")

    def _reachable(self, url: str) -> Server | None:
        """Where that is known without looking a name up, which may take long."""
        found = self._located.get(url)
        if found is not None:
            return found
        server = server_of(url)
        return server if is_address(server.host) else None

    def _take(self, url: str, answer: Answer, entry: str, status: str) -> None:
        """404: it isn't registered (any more), so nobody is sent to it, nor held back."""
        if answer.status not in (200, 404):
            raise RegistryError(said(answer.status))
        self.known.told(entry, status if answer.status == 200 else None, url)
        self._wake.set()
