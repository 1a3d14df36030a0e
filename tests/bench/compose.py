"""docker compose as a yardstick: version 2, built from its own module where Go is there, else Debian's.

Before: start, acmeair.cold. After: a binary kept in ~/.cache/reconciler (XDG_CACHE_HOME), and the engine.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


class Project:
    """One compose project from a document; `file` is where it is written. Nothing runs before `up`."""

    def __init__(self, engine_url: str, name: str, file: Path, document: Mapping[str, Any]) -> None:
        self.name = name
        file.write_text(json.dumps(document), encoding="utf-8")
        self._environment = {**os.environ, "DOCKER_HOST": engine_url}
        self._second = not version().startswith("1.")
        self._command = [*find(), "--project-name", name, "--file", str(file)]

    def up(self) -> None:
        """Returns when compose says that all run (and are healthy); version 1 waits without being told to."""
        self._run("up", "--detach", *(["--wait"] if self._second else []))

    def down(self) -> None:
        """Removes the project's containers and volumes, and its network where it has one of its own."""
        self._run("down", "--timeout", "0", "--volumes")

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            [*self._command, *words], check=False, env=self._environment, capture_output=True, text=True,
            timeout=_RUN_SECONDS,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"compose {' '.join(words)}: exit {done.returncode}: {done.stderr.strip()[-800:]}")


def sleepers(stage: Stage, count: int) -> Project:
    """`count` of them on the stage's network."""
    service = {"image": SLEEPER, "command": ["sleep", "infinity"], "scale": count}
    network = {"name": stage.network, "external": True}
    document = {"services": {"web": service}, "networks": {"default": network}}
    return Project(stage.engine_url, f"compose{stage.env}", stage.loop.root / "compose.json", document)
