"""Who may beat, and who did: the table behind the heartbeat listener. No sockets.

Before: the loop (expect, forget, sync, from labels) and heartbeat_server (requests). After: state.beats,
read by each pass. A refused request changes nothing that is seen. Everything is bounded: entries by the
loop's own instances, the memory of removed ones by MAX_REMOVED.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from reconciler.engine.heartbeat_http import Request, read_name, read_report
from reconciler.state.beats import Beat

BEATS_PER_INTERVAL = 5
MAX_REMOVED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One instance that should beat: container `name`, engine `id`, and the hex SHA-256 of its token."""

    name: str
    id: str
    cluster: str
    token_sha256: str
    interval_seconds: float


@dataclass(slots=True)
class _Entry:
    expected: Expected
    sequence: int = -1
    window_at: float = 0.0
    window_count: int = 0


class Verdict(NamedTuple):
    """The answer's status; for 204 the interval in force and, where the loop should look, the cluster."""

    status: int
    interval_seconds: float = 0.0
    returned: str | None = None


class Register:
    """The instances that should beat and their last beats; safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_name: dict[str, _Entry] = {}
        self._beats: dict[str, Beat] = {}
        self._removed: dict[str, None] = {}

    def expect(self, expected: Expected) -> None:
        """Accept beats of this instance; for one that is known already, only its interval changes."""
        with self._lock:
            self._expect(expected)

    def _expect(self, expected: Expected) -> None:
        if not expected.token_sha256:
            return  # made without a token: it can't beat
        known = self._by_name.get(expected.name)
        if known is not None and known.expected.id == expected.id:
            known.expected = expected
            return
        if known is not None:
            self._forget(known)
        self._removed.pop(expected.token_sha256, None)
        self._by_name[expected.name] = _Entry(expected)

    def forget(self, id: str) -> None:
        """The instance was removed: its beats are answered 410 from now on."""
        with self._lock:
            for entry in [entry for entry in self._by_name.values() if entry.expected.id == id]:
                self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        expected = entry.expected
        del self._by_name[expected.name]
        self._beats.pop(expected.id, None)
        self._removed[expected.token_sha256] = None
        while len(self._removed) > MAX_REMOVED:
            del self._removed[next(iter(self._removed))]

    def sync(self, entries: Iterable[Expected]) -> None:
        """Make the table these entries; what is known of an instance that stays is kept."""
        wanted = {entry.id: entry for entry in entries}
        with self._lock:
            for known in list(self._by_name.values()):
                if known.expected.id not in wanted:
                    self._forget(known)
            for entry in wanted.values():
                self._expect(entry)

    def beats(self) -> Mapping[str, Beat]:
        """The last beat of each instance by id, as of now."""
        with self._lock:
            return dict(self._beats)

    def judge(self, request: Request, now: float) -> Verdict:
        """Record the beat in `request`, or say why not; `now` in seconds of attended time."""
        name = read_name(request.path)
        if name is None:
            return Verdict(404)
        if request.method != b"POST":
            return Verdict(405)
        if request.token is None:
            return Verdict(401)
        digest = hashlib.sha256(request.token).hexdigest()
        with self._lock:
            if digest in self._removed:
                return Verdict(410)
            entry = self._by_name.get(name)
            if entry is None:
                return Verdict(404)
            if not hmac.compare_digest(digest, entry.expected.token_sha256):
                return Verdict(403)
            return self._record(entry, request.body, now)

    def _record(self, entry: _Entry, body: bytes, now: float) -> Verdict:
        expected = entry.expected
        if self._flooded(entry, now):
            return Verdict(429)
        report = read_report(body)
        if report is None:
            return Verdict(400)
        if report.sequence <= entry.sequence:
            return Verdict(409)
        last = self._beats.get(expected.id)
        entry.sequence = report.sequence
        self._beats[expected.id] = Beat(
            at=now, load=report.load, memory_bytes=report.memory_bytes, uptime_seconds=report.uptime_seconds,
            cpu=report.cpu, metrics=report.metrics,
        )  # fmt: skip
        back = last is None or now - last.at > 2 * expected.interval_seconds
        return Verdict(204, expected.interval_seconds, expected.cluster if back else None)

    @staticmethod
    def _flooded(entry: _Entry, now: float) -> bool:
        """Counted before the body is read: a wrong body costs its sender too."""
        if not 0 <= now - entry.window_at < entry.expected.interval_seconds:
            entry.window_at, entry.window_count = now, 0
        entry.window_count += 1
        return entry.window_count > BEATS_PER_INTERVAL
