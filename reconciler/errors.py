"""Every error that one room raises for another, named for the caller's next move.

    ReconcilerError
    ├── SpecError             a person must change a file; carries its Problems
    ├── UsageError            a person must change the command (exit 64)
    ├── EngineError           something the engine said or failed to say
    │   ├── EngineUnavailable     nothing can be seen: decide nothing, look again later
    │   │   └── EngineDenied          it is there, but not for this user
    │   ├── TransientError        try again after `retry_after_seconds`
    │   ├── PermanentError        trying again as it is won't help; report it
    │   ├── StuckInEngine         the engine won't let go of something that nobody uses
    │   └── NotOurs               the thing there belongs to somebody else; leave it alone
    ├── RegistryError         a registry (Eureka) refused or failed: traffic is as it was, nothing waits for it
    ├── ChaosRefused          a fault that isn't allowed, or not now; nothing was touched
    ├── DoesNotBite           a fault was made and doesn't do what it should; it is undone
    ├── Busy                  as much as is allowed at once is under way already; try again later
    ├── FileChanged           a file is another one than its reader saw; carries what differs, nothing was changed
    ├── LockHeld              another loop owns this engine and environment
    └── LoopNotRunning        the command needs the running loop's API

Foreign exceptions (docker, requests, sqlite3, OSError) are translated where they arise, with `raise … from`.
"""

from dataclasses import dataclass


class ReconcilerError(Exception):
    """The root: whatever is not one of these is a bug of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in one file: printed as `file:line:column: path: problem; fix`.

    `line` and `column` count from 1; `path` is the place inside the document (`health.http.port`), empty for the whole.
    """

    file: str
    line: int
    column: int
    path: str
    problem: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        what = f"{self.path}: {self.problem}" if self.path else self.problem
        return f"{where}: {what}; {self.fix}" if self.fix else f"{where}: {what}"


class SpecError(ReconcilerError):
    """One or more files are not what they should be; nothing of them was used."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UsageError(ReconcilerError):
    """The command line asks for something that can't be: the message says what to type instead."""


class EngineError(ReconcilerError):
    """The container engine refused or failed."""


class EngineUnavailable(EngineError):
    """The engine does not answer: nothing is known, so nothing may be decided."""


class EngineDenied(EngineUnavailable):
    """The engine is there, but this user may not use it."""

    def __init__(self, doing: str) -> None:
        way = "join the group docker (`sudo usermod -aG docker $USER`, then log in anew) or use sudo"
        super().__init__(f"{doing}: the engine is there, but you may not use it: {way}")


class TransientError(EngineError):
    """Worth another try, not before `retry_after_seconds` (seconds)."""

    def __init__(self, message: str, retry_after_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(EngineError):
    """The same request will fail the same way until somebody changes something."""


class StuckInEngine(EngineError):
    """The engine's own bookkeeping is wrong: it calls something in use that nothing uses. Only its restart helps."""


class NotOurs(EngineError):
    """The name or id in question belongs to a container that we did not make."""


class RegistryError(ReconcilerError):
    """A registry of services did not do what it was asked, or can't be asked."""


class ChaosRefused(ReconcilerError):
    """A fault that may not be made, or not now: nothing was touched."""


class DoesNotBite(ReconcilerError):
    """A fault was made, and looking at its victims shows that it isn't what it should be. It has been undone."""


class Busy(ReconcilerError):
    """As much as is allowed at once is under way already; nothing was begun."""


class FileChanged(ReconcilerError):
    """A file was changed by somebody else between looking and doing; `difference` (as diff -u) says how."""

    def __init__(self, message: str, difference: str) -> None:
        super().__init__(message)
        self.difference = difference


class LockHeld(ReconcilerError):
    """Another process holds the lock of this engine and environment."""


class LoopNotRunning(ReconcilerError):
    """No loop answers on the environment's socket."""
