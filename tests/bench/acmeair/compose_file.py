"""The specs of an example as a file for docker compose: the same images, limits, order and health checks. Pure.

Before: ClusterSpecs. After: compose's `up --wait`, the yardstick. One service for each instance, because compose gives
its replicas no numbers that their names could follow; each is known under the names that ours gives it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.plan.placement import emptiest
from reconciler.spec.cluster import ClusterSpec
from reconciler.state.userdata import user_environment

Json = dict[str, Any]

_DOMAIN = "docker"
_HTTP = (
    "exec 3<>/dev/tcp/$$HOSTNAME/{port} && printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3 "
    "&& read -r line <&3 && [[ $$line == HTTP/1.?' '[23]* ]]"
)
_TCP = "exec 3<>/dev/tcp/$$HOSTNAME/{port}"


def compose_file(specs: Iterable[ClusterSpec], *, env: str) -> Json:
    """The document, as compose reads it from JSON."""
    known = {spec.name: spec for spec in specs}
    services = {name: service for spec in known.values() for name, service in _services(spec, known, env)}
    volumes: Json = {volume: {} for name, spec in _instances(known.values()) for volume in _volume_names(name, spec)}
    return {"services": services, "volumes": volumes}


def _instances(specs: Iterable[ClusterSpec]) -> Iterator[tuple[str, ClusterSpec]]:
    for spec in specs:
        for number in range(1, spec.size + 1):
            yield _service(spec, number), spec


def _service(spec: ClusterSpec, number: int) -> str:
    return f"{spec.dns_label}{number}"


def _volume_names(name: str, spec: ClusterSpec) -> list[str]:
    return [f"{name}-{volume.source}" for volume in spec.volumes]


def _services(spec: ClusterSpec, known: dict[str, ClusterSpec], env: str) -> Iterator[tuple[str, Json]]:
    counts: Counter[str] = Counter()
    for number in range(1, spec.size + 1):
        zone = emptiest(spec.zones, counts)
        counts[zone] += 1
        yield _service(spec, number), _instance(spec, number, zone, known, env)


def _instance(spec: ClusterSpec, number: int, zone: str, known: dict[str, ClusterSpec], env: str) -> Json:
    name = _service(spec, number)
    told = user_environment(
        env=env, domain=_DOMAIN, cluster=spec.name, revision="v000", number=number, zone=zone, image=spec.image
    )
    service: Json = {
        "image": spec.image,
        "hostname": name,
        "environment": {key: _literal(value) for key, value in {**spec.environment, **told}.items()},
        "networks": {"default": {"aliases": _aliases(name, spec.dns_label, f"{env}.{_DOMAIN}")}},
        "ports": [
            f"{port.host_ip}:{port.host_port(number)}:{port.container}" for port in spec.ports if port.host_port(number)
        ],
        "volumes": [f"{source}:{v.target}" for source, v in zip(_volume_names(name, spec), spec.volumes, strict=True)],
        "pids_limit": spec.resources.pids,
        "stop_grace_period": f"{spec.stop.grace_seconds:g}s",
        "depends_on": _dependencies(spec, number, known),
    }
    if spec.command is not None:
        service["command"] = [_literal(word) for word in spec.command]
    if spec.resources.memory_bytes is not None:
        service["mem_limit"] = spec.resources.memory_bytes
    if spec.resources.cpus is not None:
        service["cpus"] = spec.resources.cpus
    check = _health(spec)
    return {**service, "healthcheck": check} if check else service


def _aliases(name: str, label: str, domain: str) -> list[str]:
    """Short and whole, since some ask for the one and some for the other."""
    short = [f"{name}.{label}", label]
    return [*short, *(f"{one}.{domain}" for one in short)]


def _literal(value: str) -> str:
    """Compose puts variables in where it reads a dollar sign."""
    return value.replace("$", "$$")


def _dependencies(spec: ClusterSpec, number: int, known: dict[str, ClusterSpec]) -> Json:
    found = {
        _service(known[name], n): {"condition": _condition(known[name])}
        for name in spec.depends_on
        for n in range(1, known[name].size + 1)
    }
    if spec.start == "ordered":
        found |= {_service(spec, n): {"condition": _condition(spec)} for n in range(1, number)}
    return found


def _condition(spec: ClusterSpec) -> str:
    if spec.task is not None:
        return "service_completed_successfully"
    return "service_healthy" if _health(spec) else "service_started"


def _health(spec: ClusterSpec) -> Json | None:
    probe = spec.health.probe
    if probe is None:
        return None
    check = _TCP if probe.path is None else _HTTP
    return {
        "test": ["CMD", "bash", "-c", check.format(port=probe.port, path=probe.path)],
        "interval": f"{probe.interval_seconds:g}s",
        "timeout": f"{probe.timeout_seconds:g}s",
        "retries": probe.misses,
        "start_period": f"{spec.health.start_seconds:g}s",
    }
