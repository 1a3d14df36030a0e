"""What runs beside a drill's steps: the load in a container, the clients as a process; and what they tell at their end.

Before: drill_stage. After: the engine, the operating system. Both are told to end with SIGTERM and waited for; what
doesn't end then is killed. Never here: what their figures mean.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, TYPE_CHECKING, Any

from reconciler.drill.recording import Recording
from reconciler.drill.stage import Clock
from reconciler.drill.values import Clients, Load
from reconciler.engine.ports import Blueprint
from reconciler.engine.system import SYSTEM_ROLE, find, system_name
from reconciler.errors import EngineError, PermanentError, ReconcilerError, TransientError
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine

WHAT = "drill"
HISTORY_VARIABLE = "RECONCILER_HISTORY"
SECONDS_VARIABLE = "LOAD_SECONDS"
_MOST_BYTES = 32 * 1024 * 1024
_POLL_SECONDS = 0.1
_EARLY_SECONDS = 5.0
_TRIES = 20
_KILL_SECONDS = 5.0


def load_blueprint(
    load: Load, env: str, *, network: str, nameservers: tuple[str, ...], search: str, seconds: float
) -> Blueprint:
    """The load's container; `seconds` is how long it has to go on if nobody ends it, for images that ask for that."""
    return Blueprint(
        name=system_name(env, WHAT),
        image=load.image,
        hostname="" if load.network == "host" else WHAT,
        labels={keys.ENV: env, keys.ROLE: SYSTEM_ROLE},
        environment={SECONDS_VARIABLE: f"{seconds:.0f}", **load.environment},
        network="host" if load.network == "host" else network,
        command=load.command or None,
        nameservers=() if load.network == "host" else nameservers,
        search=() if load.network == "host" else (search,),
        stop_seconds=load.finish_seconds,
    )


class LoadRun:
    """The load's container from its start to its end. One that an earlier drill left is removed first."""

    def __init__(self, engine: "DockerEngine", env: str, blueprint: Blueprint, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._stop = Event()
        self._output = bytearray()
        self.last_words = ""
        left = find(engine, env, blueprint.name)
        if left is not None:
            engine.remove(left.id)
        self._name = blueprint.name
        self._id = self._create(blueprint)
        self.began_at = clock.now()
        self._ended_at: float | None = None
        try:
            engine.start(self._id)
        except EngineError:
            engine.remove(self._id)
            raise
        self._reader = Thread(target=self._read, name="drill-load", daemon=True)
        self._reader.start()

    def _create(self, blueprint: Blueprint) -> str:
        """The name of one that was removed just now needs a moment to be free."""
        for _ in range(_TRIES):
            try:
                return self._engine.create(blueprint)
            except TransientError:
                self._clock.pause(_POLL_SECONDS)
        return self._engine.create(blueprint)

    def finish(self, recording: Recording, seconds: float, pause: Callable[[float], None]) -> None:
        """Have it end within `seconds`, and record what it told; then it is gone."""
        early = self._ended_at is not None and self._clock.now() - self._ended_at > _EARLY_SECONDS
        with suppress(EngineError):
            self._engine.signal(self._id, "SIGTERM")
        deadline = self._clock.now() + seconds
        while self._reader.is_alive() and self._clock.now() < deadline:
            pause(_POLL_SECONDS)
        late = self._reader.is_alive()
        code = self._code()
        self.remove()
        document = _document(bytes(self._output))
        problem = "it ended before the steps did" if early else f"it did not end within {seconds:g} s" if late else ""
        if document is None:
            said = f": {self.last_words}" if self.last_words else ""
            problem = f"{problem or f'it ended with code {code}'} and told no figures{said}"
        recording.load(document, self._begin(document), problem)

    def remove(self) -> None:
        """Gone, whatever it is doing. Raises EngineError."""
        self._stop.set()
        self._engine.remove(self._id)
        self._reader.join(_KILL_SECONDS)

    def _begin(self, document: Mapping[str, Any] | None) -> float:
        """Its seconds count from when its program was ready, which only its end and its length tell."""
        length = (document or {}).get("seconds")
        if self._ended_at is None or not isinstance(length, int | float):
            return self.began_at
        return max(self.began_at, self._ended_at - float(length) - _POLL_SECONDS)

    def _code(self) -> int | str:
        try:
            found = self._engine.find(self._name)
        except EngineError:
            return "unknown"
        return found.exit_code if found is not None and found.state is EngineState.EXITED else "unknown"

    def _read(self) -> None:
        try:
            for is_error, piece in self._engine.logs(self._id, follow=True, tail=None, stop=self._stop):
                if is_error:
                    lines = piece.decode(errors="replace").strip().splitlines()
                    self.last_words = lines[-1][:200] if lines else self.last_words
                elif len(self._output) < _MOST_BYTES:
                    self._output += piece
        except EngineError as error:
            self.last_words = str(error)
        self._ended_at = self._clock.now()


def _document(output: bytes) -> dict[str, Any] | None:
    """The last line that is a JSON object. What is no number there is none here: NaN is not JSON."""
    for line in reversed(output.decode(errors="replace").splitlines()):
        with suppress(ValueError):
            found = json.loads(line, parse_constant=lambda _: None)
            if isinstance(found, dict):
                return found
    return None


def check_program(clients: Clients, directory: Path) -> None:
    """Raises ReconcilerError where there is no such program."""
    program = clients.command[0]
    found = (directory / program).is_file() if "/" in program else shutil.which(program) is not None
    if not found:
        raise PermanentError(f"there is no program {program}; install it, or name it by a path from the drill's file")


class ClientRun:
    """The clients' process, in a session of its own, so that Ctrl-C is the drill's alone to answer."""

    def __init__(
        self, clients: Clients, directory: Path, report: Path, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._clock = clock
        self._history = report.absolute() / "history.jsonl"
        self._log: IO[bytes] = (report / "clients.log").open("ab")
        program = clients.command[0]
        words = [str(directory / program) if "/" in program else program, *clients.command[1:]]
        try:
            self._process = subprocess.Popen(
                words,
                cwd=directory,
                env={**environ, HISTORY_VARIABLE: str(self._history)},
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        except OSError as error:
            self._log.close()
            raise ReconcilerError(f"the clients can't be started: {words[0]}: {error.strerror or error}") from error

    def finish(self, recording: Recording, seconds: float, pause: Callable[[float], None]) -> None:
        """Have them read back and end, and record what their history comes to."""
        from reconciler.drill.checker import check
        from reconciler.drill.history import read

        code = self._process.poll()
        early = f"they ended before the steps did, with code {code}" if code is not None else ""
        self._signal(signal.SIGTERM)
        deadline = self._clock.now() + seconds
        while self._process.poll() is None and self._clock.now() < deadline:
            pause(_POLL_SECONDS)
        late = f"they did not end within {seconds:g} s" if self._process.poll() is None else ""
        self.kill()
        code = self._process.returncode
        failed = f"they ended with code {code}; clients.log says more" if code else ""
        try:
            recording.history(check(read(self._history)), early or late or failed)
        except OSError as error:
            said = early or late or failed or f"no history was written ({error.strerror or error})"
            recording.history(None, said)

    def kill(self) -> None:
        """Gone, with whatever they started."""
        self._signal(signal.SIGKILL)
        self._process.wait(_KILL_SECONDS)
        self._log.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
