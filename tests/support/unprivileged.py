"""Commands as a user who may use the engine and has no other right on this machine.

Before: an engine on a local socket. After: tests that show what works without root. Where the tests themselves are run
by such a user, nothing has to be done; root becomes `nobody` in the socket's group, with no capability left.
Never here: a user made or changed on the machine.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import reconciler

NOBODY = 65534


def as_user(engine_url: str, room: Path) -> Sequence[str]:
    """What to put before a command of this interpreter; `room` becomes that user's own directory."""
    if os.geteuid() != 0:
        return ()
    group = Path(engine_url.removeprefix("unix://")).stat().st_gid
    room.chmod(0o700)
    os.chown(room, NOBODY, group)
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups", "--inh-caps=-all"]
    python = _interpreter(become)
    # This interpreter may be out of that user's reach (in root's home): then the machine's own takes its place.
    ours, libraries = Path(reconciler.__file__).parent, Path(sysconfig.get_path("purelib"))
    paths = f"{_reachable(ours, become, room).parent}:{_reachable(libraries, become, room)}"
    script = room / "as-user"
    script.write_text(
        f'#!/bin/sh\nshift\nexec {" ".join(become)} env HOME={room} "PYTHONPATH={paths}" {python} "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return (str(script),)


def _reachable(folder: Path, become: Sequence[str], room: Path) -> Path:
    """The folder, or a copy in the room where that user can't get at it (a checkout in root's home)."""
    if subprocess.run([*become, "env", "ls", str(folder)], capture_output=True, check=False).returncode == 0:
        return folder
    return Path(shutil.copytree(folder, room / "reached" / folder.name))


def _interpreter(become: Sequence[str]) -> str:
    """One of this very version that the user can run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")):
        # By way of `env`: setpriv itself may still run what its user may not.
        asked = [*become, "env", str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if path and subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return path
    raise AssertionError(f"this test needs a Python {version} that an ordinary user can run (Debian's python3)")
