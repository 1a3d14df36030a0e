"""How two specs of one cluster differ, field by field, in the format's own words: what `plan` prints.

Before: parse (both specs). After: cli. Values that are equal, or that both specs leave out, are not
mentioned.
"""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.spec.changing_fields import changing_fields, scaling_fields
from reconciler.spec.chaos_fields import chaos_fields
from reconciler.spec.cluster import OWN_KEY, ClusterSpec, Eureka, Port, Task, Volume
from reconciler.spec.units import show_bytes, show_seconds


class Difference(NamedTuple):
    """A field's path with its value before and after as text; None where there was or will be none."""

    path: str
    old: str | None
    new: str | None


def differences(old: ClusterSpec | None, new: ClusterSpec | None) -> tuple[Difference, ...]:
    """The differing fields in the format's order; all fields that differ from nothing where one spec is
    None.
    """
    before, after = _fields(old), _fields(new)
    paths = [*after, *(path for path in before if path not in after)]
    pairs = ((path, before.get(path), after.get(path)) for path in paths)
    return tuple(Difference(path, was, will) for path, was, will in pairs if was != will)


def _fields(spec: ClusterSpec | None) -> dict[str, str]:
    if spec is None:
        return {}
    return {path: shown for path, shown in _shown(spec) if shown is not None}


def _shown(spec: ClusterSpec) -> Iterator[tuple[str, str | None]]:
    yield "kind", None if spec.task is None else "TaskSpec"
    yield "image", spec.image
    yield "pull", spec.pull
    yield "size", str(spec.size)
    yield "zones", _list(spec.zones)
    yield "dns", spec.dns_label
    yield "ports", _list(tuple(_port(port) for port in spec.ports)) if spec.ports else None
    yield "command", _list(spec.command) if spec.command else None
    yield from ((f"environment.{name}", value) for name, value in sorted(spec.environment.items()))
    yield from ((f"secrets.{secret.name}", secret.file) for secret in sorted(spec.secrets, key=lambda s: s.name))
    yield "volumes", _list(tuple(_volume(volume) for volume in spec.volumes)) if spec.volumes else None
    memory, cpus = spec.resources.memory_bytes, spec.resources.cpus
    yield "resources.memory", None if memory is None else show_bytes(memory)
    yield "resources.cpus", None if cpus is None else f"{cpus:g}"
    yield "resources.pids", str(spec.resources.pids)
    yield "depends_on", _list(spec.depends_on) if spec.depends_on else None
    yield from _serving(spec) if spec.task is None else _running_once(spec.task)
    yield "ssh", "the environment's own key" if spec.ssh_keys == OWN_KEY else None
    yield "ssh.authorized_keys", spec.ssh_keys or None
    yield "stop.grace", show_seconds(spec.stop.grace_seconds)
    yield "stop.drain", show_seconds(spec.stop.drain_seconds)
    yield "suspend", _yes(spec.suspend)
    yield "traffic", _yes(spec.traffic) if spec.task is None else None
    yield from chaos_fields(spec.chaos)


def _serving(spec: ClusterSpec) -> Iterator[tuple[str, str | None]]:
    """What only instances that run on have."""
    yield "start", spec.start
    yield from _health(spec)
    yield from changing_fields(spec.rollout)
    yield from scaling_fields(spec.autoscale)
    yield from _discovery(spec.discovery.eureka)


def _discovery(eureka: Eureka | None) -> Iterator[tuple[str, str | None]]:
    if eureka is None:
        return
    yield "discovery.eureka.app", eureka.app
    yield "discovery.eureka.cluster", eureka.cluster
    yield "discovery.eureka.port", str(eureka.port) if eureka.cluster else None
    yield "discovery.eureka.path", eureka.path if eureka.cluster else None
    yield "discovery.eureka.url", eureka.url


def _running_once(task: Task) -> Iterator[tuple[str, str | None]]:
    yield "retries", str(task.retries)
    yield "deadline", None if task.deadline_seconds is None else show_seconds(task.deadline_seconds)


def _health(spec: ClusterSpec) -> Iterator[tuple[str, str | None]]:
    beat, probe = spec.health.heartbeat, spec.health.probe
    if beat is not None:
        yield "health.heartbeat.interval", show_seconds(beat.interval_seconds)
        yield "health.heartbeat.misses", str(beat.misses)
    if probe is not None:
        under = "health.tcp" if probe.path is None else "health.http"
        yield f"{under}.port", str(probe.port)
        yield f"{under}.path", probe.path
        yield f"{under}.interval", show_seconds(probe.interval_seconds)
        yield f"{under}.timeout", show_seconds(probe.timeout_seconds)
        yield f"{under}.misses", str(probe.misses)
    yield "health.docker", _yes(spec.health.docker)
    yield "health.start", show_seconds(spec.health.start_seconds)
    yield "health.suspect", show_seconds(spec.health.suspect_seconds)
    yield "health.settle", show_seconds(spec.health.settle_seconds)


def _yes(value: object) -> str:
    return "true" if value else "false"


def _list(items: tuple[str, ...]) -> str:
    return f"[{', '.join(items)}]"


def _port(port: Port) -> str:
    """As `ports` has it; the protocol only where it isn't tcp."""
    shown = str(port.container)
    if port.host_first is not None:
        last = "" if port.host_last == port.host_first else f"-{port.host_last}"
        host = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
        shown = f"{host}:{port.host_first}{last}:{shown}"
    return shown if port.protocol == "tcp" else f"{shown}/{port.protocol}"


def _volume(volume: Volume) -> str:
    return f"{volume.source}:{volume.target}{':ro' if volume.read_only else ''}"
