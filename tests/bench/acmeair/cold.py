"""The whole cloud from nothing: every instance ready, data loaded, a customer's journey answered through Zuul.

Before: the images, tests.support.acmeair, compose. After: the table, and the picture of the median start. Ours and
compose in turns; before each round all containers and volumes are gone, only the images are there.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.bench.acmeair.compose_file import compose_file
from tests.bench.acmeair.timeline import Bar, Mark, picture
from tests.bench.compose import Project
from tests.bench.stage import Events, put_away
from tests.bench.values import Row, at_most, samples, slower_at_most
from tests.support.acmeair import IMAGES, Cloud, require_images
from tests.support.loop_process import ROOT

ROUNDS = 5
LIMIT_SECONDS = 15.0
PICTURE = ROOT / "docs" / "pictures" / "acmeair-start.svg"


def measure(engine_url: str) -> Iterator[Row]:
    """Five rounds each, in turns."""
    require_images(engine_url, IMAGES)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        cloud = Cloud(engine_url, Path(place), env="benchair")
        project = Project(engine_url, "benchair-compose", Path(place) / "compose.json", _document(cloud))
        events = Events(engine_url)
        ours: list[tuple[float, list[Bar]]] = []
        composed: list[float] = []
        try:
            for _ in range(ROUNDS):
                ours.append(_ours(cloud, events))
                composed.append(_composed(cloud, project))
        finally:
            events.close()
            project.down()
            put_away(cloud.loop)
    _draw(ours)
    mine, theirs = samples(seconds for seconds, _ in ours), samples(composed)
    yield at_most(
        "Acme Air from nothing to a booked flight", mine, LIMIT_SECONDS,
        "from the start of `reconciler run` with no container and no volume there, images built, until every instance "
        "is ready, the data loaded, and a customer has signed in, searched and booked through Zuul (the story: 90 s).",
    )  # fmt: skip
    yield slower_at_most(
        "the same against docker compose", mine, theirs, 1.0,
        "the same rounds; compose is `up --detach --wait` of a file made from the same specs (images, limits, order, "
        "health checks of the same kind and interval; ours asks who is just starting sooner), until the same journey.",
    )  # fmt: skip


def specs(cloud: Cloud) -> list[ClusterSpec]:
    """The specs as the loop will read them."""
    files = sorted(cloud.loop.specs.glob("*.yaml"))
    return [parse_cluster(file.read_bytes(), file=str(file), policy=Policy()) for file in files]


def _document(cloud: Cloud) -> dict[str, object]:
    return compose_file(specs(cloud), env=cloud.loop.env)


def _ours(cloud: Cloud, events: Events) -> tuple[float, list[Bar]]:
    loop = cloud.loop
    began = time.time()
    loop.start()
    cloud.until_ready()
    seconds = time.time() - began
    bars = _bars(cloud, events, began)
    loop.stop()
    ran = loop.cli("down", "--volumes", "--yes", seconds=180)
    if ran.code:
        raise RuntimeError(f"down: {ran.err}")
    return seconds, bars


def _composed(cloud: Cloud, project: Project) -> float:
    began = time.time()
    project.up()
    cloud.until_journey()
    seconds = time.time() - began
    project.down()
    return seconds


def _bars(cloud: Cloud, events: Events, began: float) -> list[Bar]:
    """Instants by the engine's events, and by the loop's own word for readiness: its name published as ready."""
    env = cloud.loop.env
    ready = {event.subject: event.at for event in cloud.loop.events(kind="publish") if event.cause == "ready"}
    for done in events.of("die", f"{env}-", began):  # only tasks end here
        ready.setdefault(done.name.removeprefix(f"{env}-"), done.at)
    asked = {seen.name.removeprefix(f"{env}-"): seen.at for seen in events.of("create", f"{env}-", began)}
    started = {seen.name.removeprefix(f"{env}-"): seen.at for seen in events.of("start", f"{env}-", began)}
    return [
        Bar(name=name, asked=at - began, started=started[name] - began, ready=ready[name] - began)
        for name, at in asked.items()
        if name in started and name in ready
    ]


def _draw(starts: list[tuple[float, list[Bar]]]) -> None:
    seconds, bars = sorted(starts, key=lambda start: start[0])[len(starts) // 2]
    marks = [Mark(at=seconds, text="a flight is booked")]
    title = "Acme Air from nothing: the median of the measured starts"
    PICTURE.write_text(picture(bars, marks, title=title), encoding="utf-8")
