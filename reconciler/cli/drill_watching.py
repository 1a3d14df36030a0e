"""Threads that look and ask all along a drill: the loop's status and events, each probe of the steady state.

Before: drill_stage. After: the Recording. They only add to it; an error is a sample, too.
"""

import http.client
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from reconciler.api.client import LoopClient
from reconciler.drill.recording import ProbeSample, Recording, WorldSample, sample
from reconciler.drill.stage import Clock
from reconciler.drill.values import Probe
from reconciler.errors import ReconcilerError

LOOK_SECONDS = 0.2
_EVENTS_SECONDS = 1.0
_MOST_EVENTS = 500
_MOST_BODY_BYTES = 1024 * 1024
_JOIN_SECONDS = 5.0


class Watch:
    """Begins at once; `close` ends it and takes in the last events."""

    def __init__(
        self, loop: LoopClient, probes: tuple[Probe, ...], directory: Path, recording: Recording, clock: Clock
    ) -> None:
        self._loop = loop
        self._directory = directory
        self._recording = recording
        self._clock = clock
        self._stop = Event()
        newest = loop.events(limit=1)
        self._last_event = newest[-1].id if newest else 0
        jobs: list[Callable[[], None]] = [self._look, self._listen]
        jobs += [lambda probe=probe: self._probe(probe) for probe in probes]  # type: ignore[misc]
        self._threads = [Thread(target=job, name="drill-watch", daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """No sample comes after this."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)
        self._take_events()

    def _look(self) -> None:
        while True:
            at = self._clock.now()
            try:
                self._recording.world(sample(self._loop.status(), at))
            except ReconcilerError as error:
                self._recording.world(WorldSample(at=at, problem=str(error)))
            if self._stop.wait(LOOK_SECONDS):
                return

    def _listen(self) -> None:
        while not self._stop.wait(_EVENTS_SECONDS):
            self._take_events()

    def _take_events(self) -> None:
        with suppress(ReconcilerError):  # the loop is away: what it tells later is told then
            events = self._loop.events(after_id=self._last_event, limit=_MOST_EVENTS)
            if events:
                self._last_event = events[-1].id
                self._recording.events(events)

    def _probe(self, probe: Probe) -> None:
        """At an even pace: an answer that comes late doesn't delay the questions that come after it is due."""
        due = time.monotonic()
        while True:
            at, began = self._clock.now(), time.monotonic()
            why = ask(probe, self._directory)
            took = time.monotonic() - began
            self._recording.probe(ProbeSample(at=at, probe=probe.name, seconds=took, why=why))
            due = max(due + probe.every_seconds, time.monotonic())
            if self._stop.wait(due - time.monotonic()):
                return


def ask(probe: Probe, directory: Path) -> str:
    """Ask once; empty where the answer is right and in time, else what is wrong with it."""
    began = time.monotonic()
    why = _request(probe) if probe.http else _run(probe, directory)
    took = time.monotonic() - began
    return why or (f"an answer after {took:.1f} s" if took > probe.timeout_seconds + LOOK_SECONDS else "")


def _request(probe: Probe) -> str:
    place = urlsplit(probe.http)
    try:
        if place.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                place.hostname or "", place.port, timeout=probe.timeout_seconds, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=probe.timeout_seconds)
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        try:
            connection.request("GET", path, headers={"Connection": "close", "User-Agent": "reconciler-drill"})
            answer = connection.getresponse()
            answer.read(_MOST_BODY_BYTES)
        finally:
            connection.close()
    except TimeoutError:
        return f"no answer within {probe.timeout_seconds:g} s"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "" if answer.status == probe.status else f"status {answer.status}"


def _run(probe: Probe, directory: Path) -> str:
    try:
        process = subprocess.Popen(
            probe.command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return f"{probe.command[0]}: {error.strerror or error}"
    try:
        _, said = process.communicate(timeout=probe.timeout_seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"not done within {probe.timeout_seconds:g} s"
    last = said.decode(errors="replace").strip().splitlines()[-1:]
    words = f": {last[0][:120]}" if last else ""
    return f"exit code {process.returncode}{words}" if process.returncode else ""
