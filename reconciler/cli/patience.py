"""How long a command waits for clusters, and how it ends where only a person can lead on what it waits for.

Before: apply, wait, rollout status. After: waiting (which looks again and again), changes.ending (the judgement).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reconciler.changes.ending import Taken, ended
from reconciler.cli.failures import EXIT_NOT_READY, EXIT_ROLLED_BACK
from reconciler.plan.status import WorldStatus

_COMMAND = re.compile("`(reconciler [^`]*)`")


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long it makes sense to wait for these clusters; `files` looks at what the loop makes of them now."""

    names: Sequence[str]
    env: str
    files: Callable[[], Taken] = Taken
    exit_code: int = EXIT_NOT_READY
    why: tuple[str, ...] = ()
    _taken: Taken = field(default_factory=Taken)

    def settled(self) -> bool:
        """Whether the loop has nothing left to do for the files."""
        self._taken = self.files()
        return self._taken.at_rest

    def hopeless(self, world: WorldStatus) -> bool:
        """Whether nothing more comes by itself; notes what to say and how to end, also where time is what ends it."""
        end = ended(world, self.names, self._taken)
        self.exit_code = EXIT_ROLLED_BACK if end.back else EXIT_NOT_READY
        self.why = end.why
        return bool(self.why)

    def verdict(self, late: str) -> tuple[str, ...]:
        """What to say at the end; `late` where it is only that time is over."""
        said = self.why or ((late,) if late else ())
        return tuple(as_typed(sentence, self.env) for sentence in said)


def as_typed(sentence: str, env: str) -> str:
    """Its commands as they have to be typed for this environment."""
    from reconciler.console.notes import env_option

    return _COMMAND.sub(lambda found: f"`{found[1]}{env_option(env)}`", sentence)
