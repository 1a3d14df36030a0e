"""Who finds servers in Eureka and sends them requests, one after the other, while a test changes what is there.

Before: Eureka's address. After: what came of the requests, and whom it was sent to. Like Netflix's clients it knows the
list of a moment ago: it asks for it every `REFRESH_SECONDS`, and keeps it where Eureka doesn't answer.
"""

import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Self

from tests.support.acmeair_eureka import registered

REFRESH_SECONDS = 0.5
PAUSE_SECONDS = 0.02


class Customer:
    """A thread that asks until the `with` block ends. `empty` counts lists without a server."""

    def __init__(self, app: str, eureka: Callable[[], str], port: int = 80) -> None:
        self.answers: list[str] = []
        self.failures: list[str] = []
        self.empty = 0
        self._app, self._eureka, self._port = app, eureka, port
        self._servers: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        asked_at = 0.0
        turn = 0
        while not self._end.wait(PAUSE_SECONDS):
            if time.monotonic() - asked_at >= REFRESH_SECONDS:
                asked_at = time.monotonic()
                self._refresh()
            if self._servers:
                turn += 1
                self._request(self._servers[turn % len(self._servers)])

    def _refresh(self) -> None:
        try:
            found = registered(self._eureka(), 8080).values()
        except (OSError, HTTPException, LookupError):
            return  # the list of before will do
        self._servers = sorted(one.address for one in found if one.app == self._app and one.status == "UP")
        self.empty += not self._servers

    def _request(self, address: str) -> None:
        connection = HTTPConnection(address, self._port, timeout=2)
        try:
            connection.request("GET", "/")
            self.answers.append(connection.getresponse().read().decode())
        except (OSError, HTTPException) as error:
            self.failures.append(f"{address}: {error!r}")
        finally:
            connection.close()
