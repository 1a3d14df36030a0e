"""A checked document becomes a Drill; what a schema can't say about one place is said here.

Before: reading (the document and what the schema found). After: rules, which looks at the whole drill. Faults have a
module of their own, `faulting`.
"""

from collections.abc import Callable, Mapping

from reconciler.chaos.faults import KINDS, Gorilla, Monkey
from reconciler.drill.faulting import fault_of, share
from reconciler.drill.values import (
    Apply,
    Clients,
    Drill,
    Expectations,
    Load,
    Needs,
    Place,
    Probe,
    Repeat,
    Scale,
    Set,
    Step,
    Unleash,
    Until,
    Wait,
)
from reconciler.spec.nodes import Mapping as MappingNode
from reconciler.spec.report import Path, Report, show_path
from reconciler.spec.values import Values

_STEPS = ("wait", "until", "scale", "set", "apply", "repeat")


def build(values: Values, name: str, report: Report) -> Drill:
    """The drill. Only to be used where the report is empty afterwards."""
    builder = _Builder(values, report)
    return Drill(
        name=name,
        file=report.file,
        about=values.text("", "about"),
        needs=Needs(clusters=builder.words("needs", "clusters"), ready=not values.denies("needs", "ready")),
        load=builder.load() if values.has("load") else None,
        clients=builder.clients() if values.has("clients") else None,
        steady=builder.probes(),
        steps=builder.steps(("steps",)),
        expect=builder.expectations(),
        places={key: builder.place(path) for key, path in values.keys()},  # noqa: SIM118  # no dict
    )


class _Builder:
    def __init__(self, values: Values, report: Report) -> None:
        self._values = values
        self._report = report
        self._makers: Mapping[str, Callable[[Path, str], Step]] = {
            "wait": self._wait,
            "until": self._until,
            "scale": self._scale,
            "set": self._set,
            "apply": self._apply,
            "repeat": self._repeat,
        }

    def words(self, *path: str | int) -> tuple[str, ...]:
        """A list of words, each as it is written."""
        return tuple(self._values.text("", *item) for item in self._values.items(*path))

    def load(self) -> Load:
        values = self._values
        return Load(
            image=values.text("reconciler/load:latest", "load", "image"),
            command=self.words("load", "command"),
            environment={key: values.text("", *path) for key, path in values.keys("load", "environment")},
            network=values.plain("host", "load", "network"),
            finish_seconds=values.seconds(Load(image="").finish_seconds, "load", "finish"),
        )

    def clients(self) -> Clients:
        default = Clients(command=()).finish_seconds
        return Clients(
            command=self.words("clients", "command"),
            finish_seconds=self._values.seconds(default, "clients", "finish"),
        )

    def probes(self) -> tuple[Probe, ...]:
        return tuple(self._probe(name, path) for name, path in self._values.keys("steady") if self._values.has(*path))

    def _probe(self, name: str, path: Path) -> Probe:
        values, default = self._values, Probe(name=name)
        asked = [key for key in ("http", "command") if values.given(*path, key)]
        if len(asked) != 1:
            values.problem(path, "a probe asks one thing", "give it `http: …` or `command: […]`, one of the two")
        if "command" in asked and values.given(*path, "status"):
            values.problem((*path, "status"), "a command has no status", "remove it: exit code 0 is right")
        return Probe(
            name=name,
            http=values.text("", *path, "http"),
            status=values.whole(default.status, *path, "status"),
            command=self.words(*path, "command"),
            every_seconds=values.seconds(default.every_seconds, *path, "every"),
            timeout_seconds=values.seconds(default.timeout_seconds, *path, "timeout"),
        )

    def steps(self, path: Path) -> tuple[Step, ...]:
        """The steps of a list."""
        found = [self._step(item) for item in self._values.items(*path)]
        return tuple(step for step in found if step is not None)

    def _step(self, path: Path) -> Step | None:
        keys = [key for key, _ in self._values.keys(*path)]
        kinds = [key for key in keys if key in _STEPS or key in KINDS]
        if "within" in keys and "until" not in keys:
            self._values.problem((*path, "within"), "`within` belongs to `until`", "write `until: ready` beside it")
            return None
        if len(kinds) != 1:
            what = f"{' and '.join(f'`{kind}`' for kind in kinds)} in one step" if kinds else "a step without a deed"
            fix = "begin each with its own `- `" if kinds else f"give it one of {', '.join((*_STEPS, *KINDS))}"
            self._values.problem(path, what, fix)
            return None
        make = self._makers.get(kinds[0], self._unleash)
        return make(path, kinds[0]) if self._values.has(*path, kinds[0]) else None

    def place(self, path: Path) -> Place:
        """Where something stands, for what is found out later."""
        line, column = self._report.lines.place(self._values.tree.key_at(path))
        return Place(line, column, show_path(path))

    def _wait(self, path: Path, kind: str) -> Step:
        return Wait(seconds=self._values.seconds(0.0, *path, kind), place=self.place((*path, kind)))

    def _until(self, path: Path, kind: str) -> Step:
        if not self._values.given(*path, "within"):
            self._values.problem((*path, kind), "this could wait for ever", "add `within: 60s` beside it", at_key=True)
        return Until(within_seconds=self._values.seconds(0.0, *path, "within"), place=self.place((*path, kind)))

    def _scale(self, path: Path, kind: str) -> Step:
        where = (*path, kind)
        cluster, size = self._values.text("", *where, "cluster"), self._values.whole(0, *where, "size")
        return Scale(cluster=cluster, size=size, place=self.place(where))

    def _set(self, path: Path, kind: str) -> Step:
        values, where = self._values, (*path, kind)
        key, value = values.text("", *where, "key"), values.plain("", *where, "value")
        if key in ("name", "kind", "apiVersion"):
            values.problem((*where, "key"), f"`{key}` says what the file is, it can't be set", "set another key")
        return Set(cluster=values.text("", *where, "cluster"), key=key, value=value, place=self.place(where))

    def _apply(self, path: Path, kind: str) -> Step:
        return Apply(file=self._values.text("", *path, kind), place=self.place((*path, kind)))

    def _repeat(self, path: Path, kind: str) -> Step:
        values, where = self._values, (*path, kind)
        inner = (*where, "do")
        single = isinstance(values.tree.nodes.get(inner), MappingNode)
        one = self._step(inner) if single else None
        return Repeat(
            every_seconds=values.seconds(1.0, *where, "every"),
            for_seconds=values.seconds(1.0, *where, "for"),
            steps=((one,) if one is not None else ()) if single else self.steps(inner),
            place=self.place(where),
        )

    def _unleash(self, path: Path, kind: str) -> Step:
        values, where = self._values, (*path, kind)
        fault = fault_of(values, kind, where)
        holds = not isinstance(fault, Monkey) and (not isinstance(fault, Gorilla) or fault.keep_down)
        return Unleash(
            fault=fault,
            seconds=values.seconds(0.0, *where, "for") if holds else 0.0,
            meanwhile=self.steps((*where, "meanwhile")),
            place=self.place(where),
        )

    def expectations(self) -> Expectations:
        values = self._values
        places = {key: self.place(path) for key, path in values.keys("expect")}
        within = ("expect", "recovered", "within")
        return Expectations(
            recovered_within_seconds=values.seconds(0.0, *within) if values.has(*within) else None,
            failed_requests_below=share(values, None, "expect", "failed_requests", "below"),
            steady_failures_below=share(values, None, "expect", "steady", "failures_below"),
            wrong_replacements=values.plain(None, "expect", "wrong_replacements"),
            nothing_lost=values.flag("expect", "nothing_lost"),
            places=places,
        )
