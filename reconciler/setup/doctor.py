"""What this machine lacks, as findings, and their repair, in the order in which one needs the other.

Before: every other file of this room. After: `reconciler doctor`, `make setup`. Never here: printing a
finding.
`check` changes nothing; `fix` repairs what it can and looks again.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from reconciler.errors import EngineDenied, EngineError, UsageError
from reconciler.setup import apt, base_image, build_all, carried, daemon, images, network, probe
from reconciler.setup.findings import Finding, SetupError
from reconciler.setup.locate import DEFAULT_SOCKET, Endpoint, find_engine

MINIMUM_PYTHON = (3, 11)
MINIMUM_API = (1, 41)
MINIMUM_FREE_BYTES = 3 * 2**30
Environ = Mapping[str, str] | None  # None: the process's own
_WAITS = "Waits for the engine."


def check(environ: Mapping[str, str] | None = None, home: Path | None = None) -> list[Finding]:
    """Everything looked at, in the order of repair; never raises for what a person can mend."""
    try:
        endpoint = find_engine(os.environ if environ is None else environ, home or Path.home())
    except UsageError as error:
        return [python_version(), _no_engine(str(error), "Choose a local engine."), *_later()]
    try:
        facts = probe.facts(endpoint)
    except EngineDenied as error:
        return [python_version(), _no_engine(f"{error}.", "--fix can't do it for you."), *_later()]
    except EngineError:
        return [python_version(), _no_engine(*_absent(endpoint)), *_later()]
    return [
        python_version(),
        Finding(name="engine", ok=True, detail=f"{endpoint.url}, from {endpoint.origin}"),
        engine_version(facts),
        disk_space(facts.data_root, endpoint),
        network.look() if endpoint.local else _elsewhere("network"),
        network.names(),
        _base_image(endpoint),
        images.look(endpoint, images.to_run(images.folders())),
    ]


def all_well(findings: Sequence[Finding]) -> bool:
    """True when nothing is missing."""
    return all(finding.ok for finding in findings)


def fix(findings: Sequence[Finding], console: Console, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Repair what can be, look again; what remains says why. Raises SetupError for a failed repair."""
    current = list(findings)
    for name, repair in _REPAIRS:
        if any(finding.name == name and not finding.ok for finding in current):
            repair(console, environ)
            current = check(environ)
    return current


def python_version(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Finding:
    """The interpreter that runs this."""
    text = ".".join(map(str, version))
    if version >= MINIMUM_PYTHON:
        return Finding(name="python", ok=True, detail=text)
    wanted = ".".join(map(str, MINIMUM_PYTHON))
    return Finding(name="python", ok=False, problem=f"Python is {text}.", remedy=f"Use Python {wanted} or later.")


def engine_version(facts: probe.EngineFacts) -> Finding:
    """Older engines lack calls that we make."""
    detail = f"{facts.version}, API {facts.api_version}"
    if tuple(map(int, facts.api_version.split("."))) >= MINIMUM_API:
        return Finding(name="engine-version", ok=True, detail=detail)
    wanted = ".".join(map(str, MINIMUM_API))
    return Finding(
        name="engine-version",
        ok=False,
        detail=detail,
        problem=f"The engine speaks API {facts.api_version}; {wanted} (Docker 20.10) is the oldest usable.",
        remedy="Upgrade the engine.",
    )


def disk_space(data_root: Path, endpoint: Endpoint) -> Finding:
    """Free space where the engine keeps images and containers."""
    if not endpoint.local or not data_root.exists():
        return _elsewhere("disk")
    free = shutil.disk_usage(data_root).free
    detail = f"{free / 2**30:.1f} GiB free at {data_root}"
    if free >= MINIMUM_FREE_BYTES:
        return Finding(name="disk", ok=True, detail=detail)
    return Finding(
        name="disk",
        ok=False,
        detail=detail,
        problem=f"Only {detail}; {MINIMUM_FREE_BYTES / 2**30:.0f} GiB are needed.",
        remedy="Make room: `docker system df` shows its users, `docker system prune` removes what is unused.",
    )


def _base_image(endpoint: Endpoint) -> Finding:
    labels = probe.image_labels(endpoint, base_image.REFERENCE)
    if base_image.is_right(labels, carried.look()):
        return Finding(name="base-image", ok=True, detail=base_image.REFERENCE)
    lacks = "is not there" if labels is None else "lacks this machine's certificates or apt mirrors"
    return Finding(
        name="base-image",
        ok=False,
        problem=f"The image {base_image.REFERENCE} {lacks}.",
        remedy="Pull it, or make it from this machine's Debian mirror (--fix does it).",
    )


def _absent(endpoint: Endpoint) -> tuple[str, str]:
    if endpoint.origin in {"RECONCILER_ENGINE", "DOCKER_HOST"} or endpoint.origin.startswith("docker context"):
        return (
            f"The engine {endpoint.url}, named by {endpoint.origin}, does not answer.",
            f"Start it, or choose another (unset {_named(endpoint)}, `docker context use default`).",
        )
    if shutil.which("dockerd"):
        return f"No container engine answers at {endpoint.url}.", "Start dockerd (--fix does it)."
    reason = apt.usable()
    how = f"Install Docker ({reason})." if reason else "Install Debian's docker.io and start it (--fix does it)."
    return f"No container engine answers at {endpoint.url}, and none is installed.", how


def _named(endpoint: Endpoint) -> str:
    return "RECONCILER_ENGINE or give another --engine" if endpoint.origin == "RECONCILER_ENGINE" else "DOCKER_HOST"


def _no_engine(problem: str, remedy: str) -> Finding:
    return Finding(name="engine", ok=False, problem=problem, remedy=remedy)


def _elsewhere(name: str) -> Finding:
    return Finding(name=name, ok=True, detail="not looked at: the engine keeps its data on another machine")


def _later() -> list[Finding]:
    names = ("engine-version", "disk", "network", "base-image", "images")
    return [Finding(name=name, ok=False, problem="Not looked at: no engine.", remedy=_WAITS) for name in names]


def _endpoint(environ: Environ) -> Endpoint:
    return find_engine(os.environ if environ is None else environ, Path.home())


def _repair_engine(console: Console, environ: Environ) -> None:
    endpoint = _endpoint(environ)
    if probe.denied(endpoint):
        raise SetupError(str(EngineDenied(f"asking {endpoint.url}")))
    if endpoint.url != f"unix://{DEFAULT_SOCKET}":
        raise SetupError(" ".join(_absent(endpoint)))
    daemon.provide(endpoint, console)


def _repair_network(console: Console, environ: Environ) -> None:
    del environ
    if shutil.which("iptables") is None:
        apt.install(["iptables"], console)
    if os.geteuid() == 0:
        network.turn_forwarding_on()


def _repair_base_image(console: Console, environ: Environ) -> None:
    base_image.provide(_endpoint(environ), carried.look(), console)


def _repair_images(console: Console, environ: Environ) -> None:
    build_all.build_missing(_endpoint(environ), images.to_run(images.folders()), console)


_REPAIRS: tuple[tuple[str, Callable[[Console, Environ], None]], ...] = (
    ("engine", _repair_engine),
    ("network", _repair_network),
    ("base-image", _repair_base_image),
    ("images", _repair_images),
)
