"""The heartbeat agent: tells the reconciler that this container's processes still get their turn.

Standard library only, and of that only what is loaded anyway or is built in: `python3 -I -S -E agent.py`
takes about 9 MB, most of it shared with its siblings. The protocol is in docs/reference/heartbeats.md. It
ends only when it is told to; whatever goes wrong is tried again, and one line is written when that changes.

Before: vitals, which measures what a beat carries. After: the reconciler's listener.
"""

import _socket
import posix
import sys
import time

sys.path.insert(0, __file__.rpartition("/")[0] or ".")  # `-I` takes no module from beside a program

from vitals import Vitals, read

TOKEN_FILE = "/run/reconciler/token"  # noqa: S105 - a path
FIRST_INTERVAL = 1.0
SHORTEST, LONGEST = 0.05, 3600.0
EAGER, EAGER_SECONDS = 0.2, 10.0  # until the first good answer, for so long: an instance is waited for
UNWELCOME = 30.0  # between beats while the listener says that we are none of its own
METRICS_FILE = "/run/metrics/metrics"


def setting(name: str, default: str = "") -> str:
    """An environment variable's text."""
    return posix.environ.get(name.encode(), default.encode()).decode("utf-8", "replace")


class Line:
    """One keep-alive connection to the listener, made again whenever it breaks."""

    def __init__(self, host: str, port: int, head: bytes) -> None:
        self.address = (host, port)
        self.head = head
        self.socket: _socket.socket | None = None

    def close(self) -> None:
        """Forget the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def connect(self, patience: float) -> _socket.socket:
        """A new connection, kept as the present one; raises OSError."""
        self.close()
        fresh = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        try:
            fresh.settimeout(patience)
            fresh.connect(self.address)
            fresh.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        except OSError:
            fresh.close()
            raise
        self.socket = fresh
        return fresh

    def post(self, vitals: Vitals, patience: float) -> tuple[int, float | None]:
        """Send one beat, return (status, interval or None); `patience` bounds each step. Raises OSError."""
        if self.socket is not None:
            try:
                return self.exchange(self.socket, vitals.measure(), patience)
            except OSError as error:
                # The listener was restarted, or gave up on an idle connection: a fresh one can tell. One that
                # doesn't answer in time is not asked twice.
                if isinstance(error, TimeoutError):
                    raise
        return self.exchange(self.connect(patience), vitals.measure(), patience)

    def exchange(self, line: _socket.socket, body: bytes, patience: float) -> tuple[int, float | None]:
        """One request and its answer on the connection `line`, which is closed unless all was well."""
        status = 0
        try:
            line.settimeout(patience)
            line.sendall(b"%sContent-Length: %d\r\n\r\n%s" % (self.head, len(body), body))
            status, interval = understand(receive(line, time.monotonic() + patience))
        finally:
            if status != 204:
                self.close()
        return status, interval


def receive(line: _socket.socket, until: float) -> bytes:
    """An answer's head; raises OSError when it is incomplete at `until` (of the monotonic clock)."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = line.recv(2048)
        answer += part
        if not part:
            raise OSError(0, "it hung up")
        if len(answer) > 4096 or time.monotonic() > until:
            raise TimeoutError(0, "it gave no whole answer in time")
    return answer


def reason(error: Exception) -> str:
    """Why it failed, in words."""
    return getattr(error, "strerror", None) or str(error)


def understand(answer: bytes) -> tuple[int, float | None]:
    """Status and Heartbeat-Interval (seconds, None where absent) of an HTTP answer; raises OSError."""
    lines = answer.split(b"\r\n\r\n")[0].split(b"\r\n")
    words = lines[0].split(b" ", 2)
    interval = None
    try:
        for line in lines[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == b"heartbeat-interval":
                interval = min(LONGEST, max(SHORTEST, float(value)))
        if words[0].startswith(b"HTTP/1."):
            return int(words[1]), interval
    except (ValueError, IndexError):
        pass
    raise OSError(0, "it does not speak HTTP")


class Agent:
    """The endless loop, and what it last said."""

    def __init__(self) -> None:
        self.said = ""
        self.interval = FIRST_INTERVAL
        self.eager_until = time.monotonic() + EAGER_SECONDS
        self.vitals = Vitals(setting("RECONCILER_METRICS_FILE", METRICS_FILE))
        self.complained = ""
        self.line: Line | None = None

    def say(self, what: str) -> None:
        """One line when it differs from the last one."""
        if what != self.said:
            self.said = what
            sys.stderr.write("heartbeat: " + what + "\n")
            sys.stderr.flush()

    def complain(self) -> None:
        """One line when the metrics file is wrong in another way than it was."""
        complaint = self.vitals.metrics.complaint
        if complaint and complaint != self.complained:
            sys.stderr.write("heartbeat: " + complaint + "\n")
            sys.stderr.flush()
        self.complained = complaint or self.complained

    def prepare(self) -> "Line | None":
        """What knows the listener and the request's head, None while there is no token."""
        token = read(setting("RECONCILER_TOKEN_FILE", TOKEN_FILE)).strip()
        listener, name = setting("RECONCILER_LISTENER"), setting("RECONCILER_INSTANCE")
        host, _, port = listener.rpartition(":")
        if not (token and host and port.isdigit() and name):
            self.say("not beating: RECONCILER_LISTENER, RECONCILER_INSTANCE or the token file is missing")
            return None
        head = f"POST /v1/beats/{name} HTTP/1.1\r\nHost: {listener}\r\nContent-Type: application/json\r\n"
        return Line(host, int(port), head.encode() + b"Authorization: Bearer " + token + b"\r\n")

    def beat(self) -> float:
        """Beat once and return the seconds to the next one."""
        self.line = self.line or self.prepare()
        if self.line is None:
            return UNWELCOME
        try:
            status, interval = self.line.post(self.vitals, min(2.0, max(0.5, self.interval)))
        except OSError as error:
            self.say("no answer from the listener, trying on: " + reason(error))
            return self.patience()
        self.complain()
        if status == 204:
            self.interval = interval or self.interval
            self.eager_until = 0.0
            self.say("beating")
            return self.interval
        self.say(f"refused with status {status}, trying on")
        return max(UNWELCOME, self.interval) if status in (401, 403, 410) else self.patience()

    def patience(self) -> float:
        """Seconds to the next try after one that failed."""
        return min(EAGER, self.interval) if time.monotonic() < self.eager_until else self.interval

    def run(self) -> None:
        """Beat on time; after a pause (a frozen container) at once, but not for what was missed."""
        due = time.monotonic()
        while True:
            pause = self.beat()
            due = max(due + pause, time.monotonic() + SHORTEST / 5)
            if pause >= UNWELCOME:
                due = time.monotonic() + pause
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    Agent().run()
