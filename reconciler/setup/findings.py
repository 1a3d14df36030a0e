"""What the doctor says: one Finding for each thing looked at, and the error of a repair that failed.

Before: nothing. After: every file of this room. Never here: looking or repairing.
"""

from dataclasses import dataclass

from reconciler.errors import ReconcilerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `problem`, `remedy` are sentences; with `ok` they tell of a limit that one can live with.

    `detail`: what was seen.
    """

    name: str
    ok: bool
    detail: str = ""
    problem: str = ""
    remedy: str = ""

    def as_json(self) -> dict[str, str | bool]:
        """The stable form that `doctor -o json` prints."""
        return {
            "name": self.name,
            "ok": self.ok,
            "detail": self.detail,
            "problem": self.problem,
            "remedy": self.remedy,
        }


class SetupError(ReconcilerError):
    """A repair failed: the message says what was done, what happened, and what to do now."""
