"""What the demo stands on: a directory with a copy of the specs, a loop of its own, and the end of it all.

Before: demo. After: `reconciler run` as a process, engine.docker for clearing up. A mark in the directory says that
a demo made it: what carries no mark is somebody's own environment and is never touched.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.api.client import LoopClient
from reconciler.cli.down import belongings, remove_quietly
from reconciler.cli.running import stop_loop
from reconciler.engine.lock import acquire, holder
from reconciler.errors import LockHeld, ReconcilerError, UsageError
from reconciler.loop.settings import Settings

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine

FIRST = "hello"
MARK = "made-by-the-demo"
_LOOP_ENDS_SECONDS = 10.0
_POLL_SECONDS = 0.05
_TAIL_BYTES = 2000


@contextmanager
def the_only_one(engine_id: str, env: str) -> Iterator[None]:
    """No two demos of an environment at once. Raises LockHeld, which names the other one."""
    name = f"{env}/demo"
    try:
        lock = acquire(engine_id, name)
    except LockHeld as error:
        pid = holder(engine_id, name)
        who = f" (pid {pid})" if pid else ""
        raise LockHeld(
            f"another demo is running{who}: leave that one first, or give this one another name with --env"
        ) from error
    try:
        yield
    finally:
        lock.release()


class Stage:
    """Made by `begin`, gone after `clear`, whatever happened in between."""

    def __init__(self, settings: Settings, engine: "DockerEngine") -> None:
        self.settings = settings
        self.engine = engine
        self.client = LoopClient(settings.socket)
        self._engine_id = engine.info().id
        self._process: subprocess.Popen[bytes] | None = None

    def leftovers(self) -> bool:
        """Whether a demo that was killed left something. Raises UsageError where the environment is somebody's own."""
        state, env = self.settings.state, self.settings.env
        if (state / MARK).exists():
            return True
        mine = "is no demo's; name another one for the demo: `reconciler demo --env demo2`"
        if state.exists() and any(state.iterdir()):
            raise UsageError(f"environment {env} {mine} ({state} has its state)")
        owned = belongings(self.engine, env, volumes=True)
        if not owned.empty:
            raise UsageError(
                f"environment {env} {mine}, or remove its {owned}: `reconciler down --volumes --env {env}`"
            )
        return False

    def make_directory(self, specs: Path) -> None:
        """The mark first, then the copy of `specs`. Raises OSError, UsageError."""
        state = self.settings.state
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        (state / MARK).touch()
        if not (specs / f"{FIRST}.yaml").is_file():
            raise UsageError(f"{specs} has no {FIRST}.yaml to show; take it from the project's repository")
        shutil.copytree(specs, self.settings.specs)

    def start_loop(self, hold: AbstractContextManager[None]) -> None:
        """`reconciler run` in a session of its own, so that Ctrl-C is ours alone to answer. Returns at once."""
        settings = self.settings
        environ = {key: value for key, value in os.environ.items() if not key.startswith("RECONCILER_")}
        options = {"--env": settings.env, "--domain": settings.domain, "--state": str(settings.state)}
        command = [sys.executable, "-m", "reconciler.cli.main", "run", str(settings.specs)]
        for option, value in {**options, "--engine": settings.engine_url or ""}.items():
            command += [option, value] if value else []
        with settings.log_file.open("ab") as log, hold:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, start_new_session=True
            )

    def loop_ended(self) -> str:
        """Why the loop isn't there any more, with its last words; empty while it runs."""
        if self._process is None or self._process.poll() is None:
            return ""
        try:
            said = self.settings.log_file.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
        except OSError:
            said = ""
        return f"the loop ended with code {self._process.returncode}; its last words:\n{said or '(none)'}"

    def clear(self) -> str:
        """Everything away: loop, containers, network, volumes, directory. What it was. Raises ReconcilerError."""
        try:
            self._end_loop()
            lock = acquire(self._engine_id, self.settings.env)
            try:
                owned = belongings(self.engine, self.settings.env, volumes=True)
                remove_quietly(self.engine, owned)
            finally:
                lock.release()
        except ReconcilerError as error:
            # The mark stays: the next demo takes up where this one was stopped.
            raise ReconcilerError(
                f"the demo could not be cleared up: {error}\n"
                f"once that is mended: `reconciler down --stop --volumes --env {self.settings.env}`, or demo again"
            ) from error
        self._remove_directory()
        return str(owned)

    def _end_loop(self) -> None:
        if self._process is None:
            if self.settings.socket.exists() and self.client.alive():  # an earlier demo's, killed before it could
                stop_loop(self.settings)
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_LOOP_ENDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_LOOP_ENDS_SECONDS)

    def _remove_directory(self) -> None:
        state = self.settings.state
        if not (state / MARK).exists():
            return
        for entry in state.iterdir():  # the mark last: a half-removed directory is still a demo's
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARK:
                entry.unlink()
        (state / MARK).unlink()
        state.rmdir()
        if not any(state.parent.iterdir()):
            state.parent.rmdir()


def wait_until(stage: Stage, what: str, done: Callable[[], str], limit_seconds: float) -> None:
    """Look again and again until `done` says "" (else it says what is missing).

    Raises ReconcilerError after `limit_seconds`, or at once where the loop has ended.
    """
    deadline = time.monotonic() + limit_seconds
    while missing := done():
        if ended := stage.loop_ended():
            raise ReconcilerError(f"{what}: {ended}")
        if time.monotonic() > deadline:
            raise ReconcilerError(f"{what}: not within {limit_seconds:.0f} s; {missing}")
        time.sleep(_POLL_SECONDS)
