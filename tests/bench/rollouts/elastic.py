"""The load on Acme Air doubles and halves again; the web tier follows. Written down as figures and as a picture.

Before: the images, a cloud, two loads. After: the table, docs/pictures/autoscale.svg. The size is the autoscaler's
alone: nobody edits a file in the middle.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

from tests.bench.rollouts.plot import Line, Mark, Panel, picture
from tests.bench.values import Row, at_most, figure, samples
from tests.support.acmeair import Cloud, cloud
from tests.support.acmeair_load import Load
from tests.support.loop_process import ROOT

PICTURE = ROOT / "docs" / "pictures" / "autoscale.svg"
USERS = 4
TARGET = 10
_CALM_SECONDS = 25
_DOUBLED_SECONDS = 60
_PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.5
_MORE = f"autoscale: {{min: 2, max: 6, metric: requests, target: {TARGET}, cooldown_out: 10s, cooldown_in: 20s}}\n"


class Watch:
    """What the loop's status says of the web tier, twice a second, from `with` on."""

    def __init__(self, here: Cloud) -> None:
        self.began = time.time()
        self.seen: list[tuple[float, int, int, float | None]] = []
        self._here = here
        self._end = Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.time() - self.began

    def _look(self) -> None:
        while not self._end.wait(_LOOK_SECONDS):
            row = self._here.loop.cluster("web")
            if row is not None and row.scale is not None:
                self.seen.append((self.now, row.scale.size, row.ready, row.scale.value))


def measure(engine_url: str) -> Iterator[Row]:
    """One story: calm, doubled, calm again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place, cloud(engine_url, Path(place)) as here:
        text = (here.loop.specs / "web.yaml").read_text(encoding="utf-8")
        here.loop.follow("web", text + _MORE, 2)
        whole = Load(here, seconds=_CALM_SECONDS + _DOUBLED_SECONDS + 120, users=USERS)
        with whole, Watch(here) as watch:
            whole.until_answered()
            _pass(watch, _CALM_SECONDS)
            doubled = watch.now
            with Load(here, seconds=_DOUBLED_SECONDS, users=USERS) as second:
                second.until_answered()
                _until(lambda: "web3" in _served_by(here), "a third one takes traffic")
                out = watch.now - doubled
                more = second.figures()
            gone = watch.now
            here.loop.until_ready("web", 2, _PATIENCE_SECONDS)
            back = watch.now - gone
            _pass(watch, 10)
            whole.stop()
            figures = whole.figures()
        most = max(size for _, size, _, _ in watch.seen)
    _draw(watch, [whole, second], doubled, gone)
    how = (
        f"`autoscale` of the web tier by requests a second ({TARGET} an instance, 2 to 6, cooldowns 10 s and 20 s); "
        f"{USERS} users through Zuul, then twice as many for {_DOUBLED_SECONDS} s"
    )
    yield figure("load doubled → a new instance of web takes traffic", samples([out]), f"{how}; up to {most} ran.")
    yield figure("load halved → back to two instances", samples([back]), "the same; the cooldown among it.")
    failed = float(figures.failed + more.failed)
    yield at_most(
        "the same: failed requests", samples([failed], ""), 0.0,
        f"of {figures.requests + more.requests}; the picture is [of this run](pictures/autoscale.svg).",
    )  # fmt: skip


def _pass(watch: Watch, seconds: float) -> None:
    """Let that much of the story go by: the picture is of time."""
    until = watch.now + seconds
    while watch.now < until:
        time.sleep(_LOOK_SECONDS)


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {_PATIENCE_SECONDS:g} s: {what}")
        time.sleep(_LOOK_SECONDS)


def _served_by(here: Cloud) -> set[str]:
    person = here.person()
    return {person.ask("GET", "/").headers.get("x-instance", "") for _ in range(8)}


def _draw(watch: Watch, loads: list[Load], doubled: float, gone: float) -> None:
    seen = watch.seen
    requests, failures = _a_second(watch, loads)
    panels = [
        Panel(title="requests a second, through Zuul", lines=(
            Line(name="requests", colour="#4a90d9", points=requests),
            Line(name="failed", colour="#c0392b", points=failures),
        )),
        Panel(title="requests a second, per instance of web", lines=(
            Line(name="mean", colour="#8e5ea2", points=tuple((at, value or 0.0) for at, _, _, value in seen)),
            Line(name=f"target {TARGET}", colour="#6e7781", dashed=True,
                 points=((0.0, float(TARGET)), (seen[-1][0], float(TARGET)))),
        )),
        Panel(title="instances of web", lines=(
            Line(name="wanted", colour="#f2b84b", steps=True, points=tuple((at, float(n)) for at, n, _, _ in seen)),
            Line(name="ready", colour="#2f9e62", steps=True, points=tuple((at, float(n)) for at, _, n, _ in seen)),
        )),
    ]  # fmt: skip
    marks = [Mark(at=doubled, text="load doubled"), Mark(at=gone, text="load halved")]
    title = "Acme Air: the web tier follows the load"
    PICTURE.write_text(picture(panels, marks, title=title), encoding="utf-8")


def _a_second(
    watch: Watch, loads: list[Load]
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    """Requests and failures of each second of the picture, all loads together."""
    requests: dict[int, float] = {}
    failures: dict[int, float] = {}
    for load in loads:
        offset = load.began - watch.began
        for row in load.document["series"]:
            second = int(offset + row["second"])
            requests[second] = requests.get(second, 0.0) + row["requests"]
            failures[second] = failures.get(second, 0.0) + row["failures"]
    whole = range(max(requests) + 1)
    return (
        tuple((float(at), requests.get(at, 0.0)) for at in whole),
        tuple((float(at), failures.get(at, 0.0)) for at in whole),
    )
