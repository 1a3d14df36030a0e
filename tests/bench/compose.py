"""docker compose as a yardstick: version 2, built from its own module where Go is there, else Debian's.

Before: start. After: a binary kept in ~/.cache/reconciler (XDG_CACHE_HOME), and the engine.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.bench.stage import SLEEPER, Stage

VERSION = "v2.40.0"
_MODULE = "github.com/docker/compose/v2"
_BUILD_SECONDS = 900
_RUN_SECONDS = 120


def find() -> list[str]:
    """The command to run, built or looked for when it isn't there. Raises RuntimeError where neither can be had."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reconciler" / f"compose-{VERSION}"
    if kept.exists():
        return [str(kept)]
    if shutil.which("go"):
        _build(kept)
        return [str(kept)]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    message = "docker compose is missing: install Go, or Debian's docker-compose (apt-get install docker-compose)"
    raise RuntimeError(message)


def _build(kept: Path) -> None:
    """`go install MODULE/cmd@VERSION` refuses a module with exclude directives, so it is built where it was put."""
    print(f"building docker compose {VERSION}, once ...", flush=True)
    said = subprocess.run(
        ["go", "mod", "download", "-json", f"{_MODULE}@{VERSION}"], check=True, capture_output=True, text=True
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    partly = kept.with_suffix(".new")
    flags = f"-s -w -X {_MODULE}/internal.Version={VERSION}"
    subprocess.run(
        ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(partly), "./cmd"],
        cwd=json.loads(said.stdout)["Dir"], check=True, timeout=_BUILD_SECONDS,
    )  # fmt: skip
    partly.replace(kept)


def version() -> str:
    """What it says of itself; empty where there is none."""
    try:
        command = find()
    except RuntimeError:
        return ""
    said = subprocess.run([*command, "version", "--short"], check=True, capture_output=True, text=True)
    return said.stdout.strip()


class Compose:
    """One project of `count` sleepers on the stage's network."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.project = f"compose{stage.env}"
        self.prefix = self.project
        self._file = stage.loop.root / "compose.json"
        service = {"image": SLEEPER, "command": ["sleep", "infinity"], "scale": count}
        network = {"name": stage.network, "external": True}
        self._file.write_text(
            json.dumps({"services": {"web": service}, "networks": {"default": network}}), encoding="utf-8"
        )
        self._environment = {**os.environ, "DOCKER_HOST": stage.engine_url}
        self._second = not version().startswith("1.")
        self._command = [*find(), "--project-name", self.project, "--file", str(self._file)]

    def up(self) -> None:
        """Returns when compose says that all are running; version 1 waits without being told to."""
        self._run("up", "--detach", *(["--wait"] if self._second else []))

    def down(self) -> None:
        """Removes the project's containers; the network is not its own."""
        self._run("down", "--timeout", "0", "--volumes")

    def _run(self, *words: str) -> None:
        subprocess.run(
            [*self._command, *words], check=True, env=self._environment, capture_output=True, timeout=_RUN_SECONDS
        )
