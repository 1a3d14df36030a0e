"""The steps of a way, done in their order.

Before: ways. After: in_place for files, setup.run for programs. Never here: deciding.
"""

import os
from pathlib import Path

from reconciler.setup.resolving.host import place
from reconciler.setup.resolving.in_place import NotAllowed, edit
from reconciler.setup.resolving.ways import Command, Edit, Way
from reconciler.setup.run import run

_SECONDS = 10.0


def do(way: Way, root: Path = Path("/")) -> None:
    """Raises NotAllowed where root is needed, SetupError for a step that failed; those before it stay done."""
    for step in way.steps:
        if isinstance(step, Edit):
            edit(place(root, step.path), step.change)
        else:
            _run(step)


def _run(command: Command) -> None:
    # systemd-resolved would ask on the terminal for somebody's password, and nobody is there to answer.
    if os.geteuid() != 0:
        raise NotAllowed(f"`{' '.join(command.words)}` needs root")
    run(command.words, timeout_seconds=_SECONDS)
