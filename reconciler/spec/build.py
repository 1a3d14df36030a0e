"""A checked document becomes a ClusterSpec, with the rules that a schema can't say: names, images, lists,
what fits what.

Before: parse (values). After: cluster. Health and stop (`judging`), rollout (`changing`), autoscale (`scaling`),
discovery (`discovering`) and chaos (`breaking`) have modules of their own.
"""

from pathlib import PurePath

from reconciler.spec import names
from reconciler.spec.breaking import chaos
from reconciler.spec.changing import RUNS_ONCE, rollout
from reconciler.spec.cluster import OWN_KEY, Autoscale, ClusterSpec, Port, Resources, Secret, Task, Volume
from reconciler.spec.discovering import discovery
from reconciler.spec.judging import health, stop
from reconciler.spec.policy import Policy
from reconciler.spec.ports import BadEntryError, fits, overlap, parse_port
from reconciler.spec.report import quoted
from reconciler.spec.scaling import autoscale
from reconciler.spec.values import Values
from reconciler.spec.volumes import parse_volume

_LONGEST_LABEL = 63


def build(values: Values, stem: str | None, policy: Policy) -> ClusterSpec:
    """The spec. Only to be used where the report is empty afterwards. `stem` is None where text comes from no
    file.
    """
    task = _task(values)
    size = values.whole(1, "size")
    scaled = autoscale(values, size)
    ports = _ports(values, _most(values, size, scaled))
    volumes = _volumes(values, policy)
    name = _name(values, stem)
    spec = ClusterSpec(
        name=name,
        image=_image(values, policy),
        size=size,
        zones=_labels(values, "zones") or ("default",),
        dns=values.text("", "dns"),
        pull=values.plain("missing", "pull"),
        ports=ports,
        command=_command(values),
        environment=_environment(values),
        secrets=_secrets(values),
        volumes=volumes,
        resources=_resources(values),
        depends_on=_labels(values, "depends_on"),
        start=values.plain("parallel", "start"),
        health=health(values),
        rollout=RUNS_ONCE if task else rollout(values, _single_owner(ports, volumes), _least(values, size, scaled)),
        stop=stop(values, serves=task is None),
        ssh_keys=_ssh(values),
        suspend=values.flag("suspend"),
        traffic=not values.denies("traffic"),
        task=task,
        chaos=chaos(values, serves=task is None),
        autoscale=scaled,
        discovery=discovery(values),
    )
    _together(values, spec)
    return spec


def _most(values: Values, size: int, scaled: Autoscale | None) -> int:
    """How many instances the file ever asks for."""
    return max(size, scaled.max) if scaled is not None and values.has("autoscale", "max") else size


def _least(values: Values, size: int, scaled: Autoscale | None) -> int | None:
    """How few instances the file ever asks for; None where it doesn't say so rightly."""
    if scaled is None:
        return size if values.has("size") else None
    return scaled.min if values.has("autoscale", "min") else None


def _task(values: Values) -> Task | None:
    if values.plain("ClusterSpec", "kind") != "TaskSpec":
        return None
    deadline = values.seconds(0.0, "deadline") if values.has("deadline") else None
    return Task(retries=values.whole(Task().retries, "retries"), deadline_seconds=deadline)


def stem_of(file: str) -> str | None:
    """The name that a file gives its cluster; None for text that comes from no file (`-`, `<stdin>`)."""
    return None if file == "-" or file.startswith("<") else PurePath(file).stem


def _name(values: Values, stem: str | None) -> str:
    if stem is not None:
        wrong = names.label(stem)
        if wrong is not None:
            values.check((), (f"the file's name gives the cluster's: {wrong[0]}", "rename the file: " + wrong[1]))
    if not values.has("name"):
        if stem is None and not values.given("name"):
            values.problem((), "`name` is missing", "add `name: …`, because no file gives one")
        return stem or "unnamed"
    name = values.text("", "name")
    if values.check(("name",), names.label(name)) and stem is not None and name != stem:
        values.problem(
            ("name",),
            f"{quoted(name)} differs from the file's name {quoted(stem)}",
            "make them equal, or leave `name` out",
        )
    return name


def _image(values: Values, policy: Policy) -> str:
    image = values.text("", "image")
    if values.has("image"):
        values.check(("image",), names.image(image, require_digest=policy.require_digest))
    return image


def _labels(values: Values, key: str) -> tuple[str, ...]:
    for path in values.items(key):
        values.check(path, names.label(values.text("", *path)))
    return tuple(values.text("", *path) for path in values.items(key))


def _ports(values: Values, size: int) -> tuple[Port, ...]:
    found: list[Port] = []
    for path in values.items("ports"):
        try:
            port = parse_port(values.plain(0, *path))
        except BadEntryError as bad:
            values.problem(path, bad.problem, bad.fix)
            continue
        short = fits(port, size) if values.has("size") else None
        if short is not None:
            values.problem(path, short.problem, short.fix)
        for other in found:
            taken = overlap(port, other)
            if taken is not None:
                values.problem(path, f"host port {taken} is taken twice in this file", "choose another host port")
            elif port == other:
                values.problem(path, f"port {port.container}/{port.protocol} is a duplicate", "name each one once")
        found.append(port)
    return tuple(found)


def _volumes(values: Values, policy: Policy) -> tuple[Volume, ...]:
    found: list[Volume] = []
    for path in values.items("volumes"):
        try:
            volume = parse_volume(values.text("", *path), policy)
        except BadEntryError as bad:
            values.problem(path, bad.problem, bad.fix)
            continue
        if any(other.target == volume.target for other in found):
            values.problem(path, f"the target {quoted(volume.target)} is a duplicate", "mount one volume a target")
        if any(other.source == volume.source and not volume.host_path for other in found):
            values.problem(path, f"the volume {quoted(volume.source)} is mounted twice", "mount it once")
        found.append(volume)
    return tuple(found)


def _command(values: Values) -> tuple[str, ...] | None:
    return tuple(values.text("", *path) for path in values.items("command")) or None


def _environment(values: Values) -> dict[str, str]:
    found = {}
    for name, path in values.keys("environment"):
        values.check(path, names.environment_name(name), at_key=True)
        found[name] = values.text("", *path)
    return found


def _secrets(values: Values) -> tuple[Secret, ...]:
    found = []
    for name, path in values.keys("secrets"):
        values.check(path, names.secret_name(name), at_key=True)
        file = values.text("", *path)
        if values.has(*path):
            values.check(path, names.inner_path(file))
        found.append(Secret(name=name, file=file))
    return tuple(found)


def _resources(values: Values) -> Resources:
    cpus = values.plain(None, "resources", "cpus")
    return Resources(
        memory_bytes=values.size_bytes(None, "resources", "memory"),
        cpus=None if cpus is None else float(cpus),
        pids=values.whole(512, "resources", "pids"),
    )


def _ssh(values: Values) -> str | None:
    path = ("ssh", "authorized_keys")
    if not values.has(*path):
        return OWN_KEY if values.has("ssh") and not values.given(*path) else None
    keys = values.text("", *path)
    values.check(path, names.inner_path(keys))
    return keys


def _single_owner(ports: tuple[Port, ...], volumes: tuple[Volume, ...]) -> str | None:
    """Why two containers of one number can't be there at once."""
    if volumes:
        return "volumes"
    return "published ports" if any(port.host_first is not None for port in ports) else None


def _together(values: Values, spec: ClusterSpec) -> None:
    """What must fit together across keys."""
    for path in values.items("depends_on"):
        if values.text("", *path) == spec.name:
            values.problem(path, "a cluster can't depend on itself", "remove it")
    label = spec.dns_label
    where = ("dns",) if values.given("dns") else ("name",) if values.given("name") else ()
    if values.has("dns") or names.label(label) is None:  # of a bad name enough has been said
        values.check(where, names.dns_label(label))
    highest = spec.rollout.most(_most(values, spec.size, spec.autoscale))
    if len(f"{label}{highest}") > _LONGEST_LABEL >= len(label):
        longest = _LONGEST_LABEL - len(str(highest))
        values.problem(
            where, f"instance names such as `…{highest}` would exceed 63 characters", f"use at most {longest}"
        )
    for path in values.items("zones"):
        zone = values.text("", *path)
        rest = zone.removeprefix(label)
        if rest != zone and rest.isdecimal() and not rest.startswith("0"):
            values.problem(
                path,
                f"the zone {quoted(zone)} has the name of instance {rest}",
                "choose another name or `dns`",
            )
