"""The client of a running loop's control API: the same methods as the backend, over the unix socket.

Before: the command line. After: server. Its imports are few on purpose: `status` answers within 0.4 s.
Every call has a time limit; where nobody answers it raises LoopNotRunning, which says what to do.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from reconciler import errors
from reconciler.api import decode
from reconciler.api.socket_file import connect
from reconciler.api.wire import BrokenAnswerError, exchange
from reconciler.plan.status import WorldStatus
from reconciler.state.event import Event

if TYPE_CHECKING:
    from reconciler.plan.lookup import NameStatus
    from reconciler.plan.plan import Plan
    from reconciler.state.revisions import KeptRevision

T = TypeVar("T")

ANSWER_SECONDS = 5.0
PLAN_SECONDS = 60.0

KINDS: Mapping[str, type[errors.ReconcilerError]] = {
    "usage": errors.UsageError,
    "bad_request": errors.UsageError,
    "engine_unavailable": errors.EngineUnavailable,
    "engine": errors.EngineError,
}


class LoopClient:
    """One loop's API at `socket_path`; each call is one connection, so it may be shared by threads.

    Every method raises LoopNotRunning where nobody answers, and what the loop itself raised (SpecError,
    UsageError, EngineUnavailable, …) where it refused.
    """

    def __init__(self, socket_path: Path, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._path = socket_path
        self._answer_seconds = answer_seconds

    def status(self) -> WorldStatus:
        """The environment as the loop last saw it."""
        return self._decoded(decode.status, self.status_json())

    def status_json(self) -> dict[str, Any]:
        """The same as it came over the wire: for `-o json`."""
        return self._ask("GET", "/v1/status")

    def lookup(self, name: str) -> "NameStatus":
        """What a name answers and why."""
        return self._decoded(decode.name, self._ask("GET", f"/v1/names?{urlencode({'name': name})}"))

    def plan(self, files: Mapping[str, bytes] | None = None) -> "tuple[Plan, ...]":
        """A dry run by the loop, with these files in the place of its directory's. Raises SpecError."""
        body = {} if files is None else {"files": {name: _content(text) for name, text in files.items()}}
        given = self._ask("POST", "/v1/plan", body, seconds=PLAN_SECONDS)
        return self._decoded(lambda data: tuple(decode.plan(item) for item in data["plans"]), given)

    def events(
        self, after_id: int = 0, cluster: str | None = None, limit: int = 200, wait_seconds: float = 0.0
    ) -> tuple[Event, ...]:
        """In rising order: the newest `limit`, or the first `limit` after `after_id`.

        Where there is none, the loop waits for one up to `wait_seconds` (at most 60).
        """
        query = {"after": str(after_id), "limit": str(limit), "wait": f"{wait_seconds:.3f}"}
        if cluster:
            query["cluster"] = cluster
        seconds = self._answer_seconds + wait_seconds
        given = self._ask("GET", f"/v1/events?{urlencode(query)}", seconds=seconds)
        return self._decoded(lambda data: tuple(decode.event(item) for item in data["events"]), given)

    def revisions(self, name: str) -> "tuple[KeptRevision, ...]":
        """A cluster's versions as the loop remembers them, newest first."""
        given = self._ask("GET", f"/v1/revisions?{urlencode({'name': name})}")
        return self._decoded(lambda data: tuple(decode.revision(item) for item in data["revisions"]), given)

    def confirm(self, names: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Let held deletions go on (None: all); returns the clusters it released."""
        given = self._ask("POST", "/v1/confirm", {"names": None if names is None else list(names)})
        return tuple(str(name) for name in given.get("released", ()))

    def expect_delete(self, name: str) -> None:
        """Tell the loop that this cluster's file is about to be deleted on purpose."""
        self._ask("POST", "/v1/deletes", {"name": name})

    def terminate(self, cluster: str, number: int, id: str = "", by: str = "", why: str = "") -> str:
        """End one instance, which another one follows; returns its container's id. Raises UsageError,
        ReconcilerError.
        """
        asked = {"cluster": cluster, "number": number, "id": id, "by": by, "why": why}
        return str(self._ask("POST", "/v1/terminations", asked).get("id", ""))

    def note(self, cluster: str, subject: str, cause: str) -> None:
        """Have the loop keep as an event what chaos did to a cluster (empty: to several)."""
        self._ask("POST", "/v1/notes", {"kind": "chaos", "cluster": cluster, "subject": subject, "cause": cause})

    def close_zone(self, zone: str, seconds: float | None = None, why: str = "") -> tuple[str, ...]:
        """Take a zone out of service, for `seconds` or until it is opened; returns what a person should know of it."""
        given = self._ask("POST", "/v1/zones", {"zone": zone, "closed": True, "seconds": seconds, "why": why})
        return tuple(str(sentence) for sentence in given.get("remarks", ()))

    def open_zone(self, zone: str) -> bool:
        """Put a zone into service again; False where it was open."""
        return bool(self._ask("POST", "/v1/zones", {"zone": zone, "closed": False}).get("changed"))

    def rescan(self) -> None:
        """Have the loop read its directory now."""
        self._ask("POST", "/v1/rescan", {})

    def stop(self) -> None:
        """Ask the loop to end; returns before it has."""
        self._ask("POST", "/v1/stop", {})

    def info(self) -> dict[str, str]:
        """`pid`, `specs`, `env`, `domain`, `engine`, `started_at`, `console`, as text."""
        return {key: str(value) for key, value in self._ask("GET", "/v1/info").items()}

    def alive(self) -> bool:
        """Whether a loop answers."""
        try:
            self.info()
        except errors.LoopNotRunning:
            return False
        return True

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, seconds: float | None = None
    ) -> dict[str, Any]:
        limit = seconds or self._answer_seconds
        content = None if body is None else json.dumps(body).encode()
        try:
            with connect(self._path, limit) as connection:
                status, raw = exchange(connection, method, path, content, limit)
        except (OSError, BrokenAnswerError) as error:
            raise self._unreachable(error, limit) from error
        return self._read(status, raw)

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            data = json.loads(raw)
        except ValueError as error:
            raise errors.LoopNotRunning(f"what answers on {self._path} is no loop: {error}") from error
        if not isinstance(data, dict):
            raise errors.LoopNotRunning(f"what answers on {self._path} is no loop")
        if status >= 400:
            raise self._refused(data.get("error"))
        return data

    def _refused(self, error: Any) -> errors.ReconcilerError:
        if not isinstance(error, dict):
            return errors.ReconcilerError("the loop refused and didn't say why; its log may")
        code, message = str(error.get("code", "")), str(error.get("message", ""))
        problems = error.get("problems")
        if code == "spec" and isinstance(problems, list):
            return errors.SpecError(self._decoded(lambda data: tuple(decode.problem(p) for p in data), problems))
        return KINDS.get(code, errors.ReconcilerError)(message)

    def _unreachable(self, error: Exception, limit: float) -> errors.LoopNotRunning:
        """First match wins: each has another remedy."""
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            reason = "there is no loop running for this environment"
            return errors.LoopNotRunning(f"{reason} (no {self._path}); start one with `reconciler run`")
        if isinstance(error, ConnectionRefusedError):
            reason = f"the loop that made {self._path} is gone"
            return errors.LoopNotRunning(f"{reason}; start it again with `reconciler run`")
        if isinstance(error, PermissionError):
            return errors.LoopNotRunning(f"the loop at {self._path} is another user's; ask as that user or root")
        if isinstance(error, TimeoutError):
            reason = f"the loop at {self._path} did not answer within {limit:g} s"
            return errors.LoopNotRunning(f"{reason}; is it stopped or very busy? its log may say")
        return errors.LoopNotRunning(f"the loop at {self._path} broke off ({error}); is it ending? try again")

    def _decoded(self, how: Callable[[Any], T], data: Any) -> T:
        try:
            return how(data)
        except (ValueError, KeyError, TypeError) as error:
            message = f"the loop's answer has another shape ({error}); are both of the same version?"
            raise errors.ReconcilerError(message) from error


def _content(text: bytes) -> str | dict[str, str]:
    """Text as it is; bytes that are no UTF-8 untouched, so that the loop finds the same fault in them."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": b64encode(text).decode("ascii")}
