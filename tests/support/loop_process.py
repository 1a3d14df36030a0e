"""A real loop in a process of its own, with an environment, a state and a spec directory of its own.

Before: an engine (the machine's, or a private one with `inside`). After: end-to-end tests.
They look through the loop's API and the engine's, and wait for conditions with deadlines, never for time.
Never here: another environment than its own; `close` ends the loop by its pid and removes what it owns.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from reconciler.api.client import LoopClient
from reconciler.errors import LoopNotRunning, ReconcilerError
from reconciler.plan.status import ClusterStatus, Verdict, WorldStatus
from reconciler.state.event import Event
from reconciler.state.labels import PREFIX

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = "docker"
_START_SECONDS = 30.0
_END_SECONDS = 10.0
_COMMAND_SECONDS = 60.0
_POLL_SECONDS = 0.05
_LOG_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output, as JSON."""
        return json.loads(self.out)


class LoopProcess:
    """`reconciler run` for the environment `env`; `options` are added to its command line.

    `inside` is put before every command (see PrivateEngine), `variables` are added to their environment.
    """

    def __init__(
        self,
        engine_url: str,
        root: Path,
        *,
        env: str | None = None,
        options: Sequence[str] = (),
        inside: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.env = env or f"t{secrets.token_hex(4)}"
        self.engine_url = engine_url
        self.root = root
        self.state = root / "state"
        self.specs = root / "specs"
        self.specs.mkdir(parents=True, exist_ok=True)
        self.log_file = root / "run.log"
        self.options = tuple(options)
        self.inside = tuple(inside)
        self.variables = {"RECONCILER_SPECS": str(self.specs), **(variables or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.docker = docker.APIClient(base_url=engine_url, version="auto", timeout=30)

    # ------------------------------------------------------------ the process

    @property
    def client(self) -> LoopClient:
        """The loop's API, whether it runs or not."""
        return LoopClient(self.state / "api.sock")

    @property
    def pid(self) -> int:
        """The loop's process id."""
        assert self.process is not None, "the loop was never started"
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives; a frozen one does."""
        return self.process is not None and self.process.poll() is None

    def launch(self, *options: str, variables: Mapping[str, str] | None = None) -> None:
        """Start the process and wait for nothing."""
        assert not self.running, "the loop runs already"
        command = [*self._command("run", self.specs), *self.options, *options]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.root, env={**self._variables(), **(variables or {})},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start(self, *options: str, variables: Mapping[str, str] | None = None) -> None:
        """Start the process and wait until it answers and has made a pass."""
        self.launch(*options, variables=variables)
        self.until(lambda: self._answers() or not self.running, _START_SECONDS, "the loop answers")
        assert self.running, f"the loop ended at once:\n{self.log_tail()}"

    def _answers(self) -> bool:
        try:
            # Nothing is held but before the first pass, when the directory has not been read.
            return not any("not read yet" in sentence for sentence in self.client.status().held)
        except ReconcilerError:
            return False

    def stop(self) -> int:
        """SIGTERM; the exit code. Containers stay."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self, *options: str) -> None:
        """SIGTERM and a new process."""
        assert self.stop() == 0
        self.start(*options)

    def freeze(self) -> None:
        """SIGSTOP."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None, "the loop was never started"
        self.process.send_signal(number)
        return self.process.wait(_END_SECONDS)

    def close(self) -> None:
        """End the loop, remove the environment with its volumes."""
        try:
            if self.running:
                self._end(signal.SIGKILL)
            ran = self.cli("down", "--volumes", "--yes")
            assert ran.code == 0, f"down failed: {ran.err}\n{self.log_tail()}"
        finally:
            self.docker.close()

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """The last lines that the loop wrote."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    # ------------------------------------------------------------ the command line

    def _command(self, *words: str | Path) -> list[str]:
        return [*self.inside, sys.executable, "-m", "reconciler.cli.main", *map(str, words)]

    def _variables(self) -> dict[str, str]:
        """Nothing of the caller's own settings; a home of its own, so that no default path is shared."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RECONCILER_")}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "RECONCILER_ENV": self.env,
            "RECONCILER_DOMAIN": DOMAIN,
            "RECONCILER_STATE": str(self.state),
            "RECONCILER_ENGINE": self.engine_url,
            "COLUMNS": "100",
            **self.variables,
        }

    def cli(self, *words: str | Path, seconds: float = _COMMAND_SECONDS, stdin: str | None = None) -> Ran:
        """Run `reconciler WORDS…` for this environment."""
        return self._ran(self._command(*words), seconds, stdin)

    def begin(self, *words: str | Path) -> "subprocess.Popen[str]":
        """Start `reconciler WORDS…` and go on; its output can be read line by line."""
        return subprocess.Popen(
            self._command(*words), cwd=self.root, env=self._variables(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def shell(self, script: str, *, directory: Path | None = None, seconds: float = _COMMAND_SECONDS) -> Ran:
        """Run a script with bash (-e), in which `reconciler` is this checkout's command."""
        return self._ran(["bash", "-euo", "pipefail", "-c", script], seconds, None, directory)

    def _ran(self, command: Sequence[str], seconds: float, stdin: str | None, directory: Path | None = None) -> Ran:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            command, cwd=directory or self.root, env={**self._variables(), "PATH": path},
            input=stdin or "", capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    # ------------------------------------------------------------ the files

    def save(self, name: str, text: str) -> Path:
        """A whole file at once: written beside its place and renamed into it."""
        path = self.specs / f"{name}.yaml"
        staged = self.specs / f".{name}.new"
        staged.write_text(text, encoding="utf-8")
        staged.replace(path)
        return path

    # ------------------------------------------------------------ what is seen

    def status(self) -> WorldStatus:
        """The environment as the loop sees it."""
        return self.client.status()

    def cluster(self, name: str) -> ClusterStatus | None:
        """One cluster's status; None where there is none (or no loop just now)."""
        try:
            rows = self.client.status().clusters
        except LoopNotRunning:
            return None
        return next((row for row in rows if row.name == name), None)

    def condition(self, cluster: str, kind: str) -> str:
        """`True Reason: message` of a cluster's condition, empty where it has none."""
        row = self.cluster(cluster)
        found = [c for c in row.conditions if c.type == kind] if row else []
        return f"{found[0].status} {found[0].reason}: {found[0].message}" if found else ""

    def events(self, cluster: str | None = None, kind: str | None = None) -> tuple[Event, ...]:
        """Events of the loop, oldest first."""
        found = self.client.events(cluster=cluster, limit=10_000)
        return tuple(event for event in found if kind is None or event.kind == kind)

    def containers(self, cluster: str | None = None, *, every: bool = False) -> dict[str, str]:
        """Name to id of the environment's containers that run (`every`: of all), by the engine itself."""
        labels = [f"{PREFIX}env={self.env}"] + ([f"{PREFIX}cluster={cluster}"] if cluster else [])
        found = self.docker.containers(all=every, filters={"label": labels})
        return {one["Names"][0].removeprefix("/"): one["Id"] for one in sorted(found, key=lambda c: c["Names"])}

    def numbers(self, cluster: str) -> list[int]:
        """The numbers of a cluster's running containers."""
        return sorted(int(name.rpartition("-")[2]) for name in self.containers(cluster))

    def inspect(self, container: str) -> dict[str, Any]:
        """What the engine says of one container."""
        found: dict[str, Any] = self.docker.inspect_container(container)
        return found

    def plan(self) -> Ran:
        """`reconciler plan`."""
        return self.cli("plan")

    # ------------------------------------------------------------ waiting

    def until(
        self, condition: Callable[[], bool], seconds: float = 20.0, what: str = "", *, every: float = _POLL_SECONDS
    ) -> None:
        """Look until `condition` holds; AssertionError with the loop's state and log after `seconds`."""
        deadline_at = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline_at:
                raise AssertionError(f"not within {seconds:g} s: {what or condition}\n{self.picture()}")
            time.sleep(every)

    def until_ready(self, name: str, size: int | None = None, seconds: float = 30.0) -> None:
        """Until the cluster is ready (with so many instances), as one spec and nothing else."""

        def ready() -> bool:
            row = self.cluster(name)
            return row is not None and row.all_ready and (size is None or row.desired == row.current == size)

        self.until(ready, seconds, f"{name} is ready" + (f" with {size}" if size is not None else ""))

    def follow(self, name: str, text: str, size: int, seconds: float = 40.0) -> None:
        """Save another spec, and wait until the loop took it up and the cluster is ready with it."""
        before = self.cluster(name)
        generation = before.generation if before else 0
        self.save(name, text)

        def taken_up() -> bool:
            row = self.cluster(name)
            return row is not None and row.generation > generation

        self.until(taken_up, what=f"the new spec of {name} is taken up")
        self.until_ready(name, size, seconds)

    def until_gone(self, name: str, seconds: float = 30.0) -> None:
        """Until nothing of the cluster is left, in status and on the engine."""
        self.until(
            lambda: self.cluster(name) is None and not self.containers(name, every=True),
            seconds, f"{name} is gone",
        )  # fmt: skip

    def until_settled(self, seconds: float = 30.0) -> None:
        """Until nothing is under way, and the loop's own plan has nothing to do."""

        def quiet() -> bool:
            try:
                busy = any(row.doing for row in self.client.status().clusters)
                return not busy and all(plan.quiet for plan in self.client.plan())
            except ReconcilerError:
                return False

        self.until(quiet, seconds, "nothing is left to do")

    def picture(self) -> str:
        """What there is to say when a wait failed."""
        try:
            rows = "\n".join(
                f"  {row.name}: {row.desired}/{row.current}/{row.updated}/{row.ready} "
                f"{[(i.container, i.phase, str(i.verdict)) for i in row.instances]} {row.doing} "
                f"{[(c.type, c.status, c.reason, c.message) for c in row.conditions]} {row.problems}"
                for row in self.client.status().clusters
            )
        except ReconcilerError as error:
            rows = f"  {error}"
        return f"status:\n{rows}\nlog:\n{self.log_tail()}"


def ready_count(row: ClusterStatus) -> int:
    """How many instances are ready."""
    return sum(1 for one in row.instances if one.verdict is Verdict.READY)
