"""One probe of one instance, in steps that never block: connect, ask, read the status, let the rest run out.

Before: probes, which waits for the socket and calls the steps. After: a verdict: empty for a success (a
connection, or a 2xx or 3xx status), else the problem in words. Time limits and sizes are bounded here.
"""

import errno
import os
import re
import selectors
import socket
from dataclasses import dataclass

from reconciler.spec.cluster import Probe

MAX_LINE_BYTES = 1024
MAX_REST_BYTES = 65536
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: .*)?")
_UNSAFE = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to probe and how: `address` is the instance's IP address, `cluster` whom a change concerns."""

    address: str
    probe: Probe
    cluster: str


class Attempt:
    """A probe under way. `events` is what to wait for, `deadline` (monotonic seconds) its latest end."""

    def __init__(self, id_: str, target: Target, now: float) -> None:
        self.id = id_
        self.target = target
        self.deadline = now + target.probe.timeout_seconds
        self.finished = False
        self.registered = 0
        self.events = selectors.EVENT_WRITE
        self._verdict: str | None = None
        self._judged = False
        self._unsent = _request(target)
        self._line = b""
        self._rest = 0
        self._connected = False
        family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(0.0)
        try:
            error = self.socket.connect_ex((target.address, target.probe.port))
        except OSError as refused:
            error = refused.errno or errno.EINVAL
        if error not in {0, errno.EINPROGRESS}:
            self._fail(_words(error))

    def close(self) -> None:
        """Let go of the socket."""
        self.socket.close()

    def take_verdict(self) -> str | None:
        """What came of it, once: None while undecided or taken already."""
        verdict, self._verdict = self._verdict, None
        return verdict

    def advance(self) -> None:
        """Go on, now that the socket is ready for what was waited for."""
        try:
            self._step()
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(_words(error.errno or 0))

    def expire(self) -> None:
        """The time is over."""
        seconds = f"{self.target.probe.timeout_seconds:g} s"
        self._fail(f"no {'answer' if self._connected else 'connection'} within {seconds}")

    def _step(self) -> None:
        if not self._connected:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self._fail(_words(error))
                return
            self._connected = True
            if self.target.probe.path is None:
                self._decide("")
                self.finished = True
                return
        if self._unsent:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
            if not self._unsent:
                self.events = selectors.EVENT_READ
            return
        self._read()

    def _read(self) -> None:
        data = self.socket.recv(4096)
        if self._judged:
            # The rest is read, within bounds, so that the server's last write doesn't fail on a reset.
            self._rest += len(data)
            self.finished = not data or self._rest > MAX_REST_BYTES
            return
        self._line += data
        line, found, _ = self._line.partition(b"\r\n")
        if found:
            self._judge(line)
        elif not data:
            self._fail("closed without an answer")
        elif len(self._line) > MAX_LINE_BYTES:
            self._fail("the answer is not HTTP")

    def _judge(self, line: bytes) -> None:
        status = _STATUS.fullmatch(line[:MAX_LINE_BYTES])
        if status is None:
            self._fail("the answer is not HTTP")
            return
        good = 200 <= int(status.group(1)) < 400
        self._decide("" if good else f"HTTP status {status.group(1).decode()}")

    def _decide(self, verdict: str) -> None:
        if not self._judged:
            self._judged = True
            self._verdict = verdict

    def _fail(self, problem: str) -> None:
        self._decide(problem)
        self.finished = True


def _request(target: Target) -> bytes:
    path = target.probe.path
    if path is None:
        return b""
    host = f"[{target.address}]" if ":" in target.address else target.address
    # Nothing that the spec says may end the line: what isn't printable is sent percent-encoded.
    safe = _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), path)
    return (
        f"GET {safe} HTTP/1.1\r\nHost: {host}:{target.probe.port}\r\nUser-Agent: reconciler\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


def _words(error: int) -> str:
    return os.strerror(error).lower() if error else "the connection broke"
