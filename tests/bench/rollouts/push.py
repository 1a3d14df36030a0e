"""Twenty instances of another version, five at a time: our rolling push and Docker Swarm's, in turns."""

from collections.abc import Iterator

from tests.bench.stage import SLEEPER, Stage, stage
from tests.bench.swarm import Order, service
from tests.bench.values import Row, faster_at_least, figure, samples

COUNT = 20
SURGE = 5
ROUNDS = 3
TIMES = 1.5
SETTLES = ("0s", "1s")
"""Ready as soon as it has started, as Swarm has it; and our default."""
_CLUSTER = "pushed"


def measure(engine_url: str) -> Iterator[Row]:
    """Ours against Swarm's default order, and its other one."""
    ours: dict[str, list[float]] = {settle: [] for settle in SETTLES}
    theirs: dict[Order, list[float]] = {"stop-first": [], "start-first": []}
    with stage(engine_url) as here, service(engine_url, COUNT) as swarm:
        here.loop.save(_CLUSTER, _file(COUNT, 0, SETTLES[0]))
        here.loop.until_ready(_CLUSTER, COUNT, 120)
        for turn in range(ROUNDS):
            for place, (settle, seconds) in enumerate(ours.items()):
                seconds.append(push(here, _file(COUNT, 1 + turn * len(SETTLES) + place, settle)))
            for order, seconds in theirs.items():
                seconds.append(swarm.update(SURGE, order))
        plain = push(here, _file(COUNT, 0, None))
        swarm.update(SURGE, "stop-first", init=False)  # the next one ends those that are as by default
        plain_swarm = swarm.update(SURGE, "stop-first", init=False)
        here.loop.save(_CLUSTER, _file(0, 0, SETTLES[0]))
        here.loop.until(lambda: not here.loop.containers(_CLUSTER, every=True), 60, "all are gone")
    name = f"rolling push of {COUNT}, {SURGE} at a time → all are new, no old one runs"
    yield faster_at_least(
        name, samples(ours["0s"]), samples(theirs["stop-first"]), TIMES,
        "`sleep` instances with `health: {settle: 0s}` (ready when started, as Swarm has it), no bake, no drain; from "
        "just before the file is saved to the engine's event of the last start or end. The yardstick is `docker "
        f"service update` with parallelism {SURGE} and its default order, stop-first, with docker-init, on an engine "
        "of its own; its monitoring time isn't counted. Ours never has fewer than all running.",
    )  # fmt: skip
    yield figure(
        "the same, against Swarm's start-first", samples(ours["0s"]),
        "the order that never has fewer than all running.", against=samples(theirs["start-first"]),
    )  # fmt: skip
    yield figure(
        "the same, each ready after running for 1 s (our default)", samples(ours["1s"]),
        "against Swarm's default order, too.", against=samples(theirs["stop-first"]),
    )  # fmt: skip
    yield figure(
        "the same, with every default of both", samples([plain]),
        "ours: 1 s to settle, 1 s bake, 2 s drain after the name is withdrawn, docker-init; Swarm's: no docker-init, "
        "so that `sleep` is killed after its 10 s of grace.", against=samples([plain_swarm]),
    )  # fmt: skip


def push(here: Stage, text: str) -> float:
    """Seconds until everybody is of this version."""
    prefix = here.cluster(_CLUSTER)
    began = here.now()
    here.loop.save(_CLUSTER, text)
    started = here.events.nth(COUNT, "start", prefix, began)
    ended = here.events.nth(COUNT, "die", prefix, began)
    here.loop.until_settled()
    return max(started, ended) - began


def _file(size: int, version: int, settle: str | None) -> str:
    """Ready after `settle`, and no time lost otherwise; None: every default but the surge."""
    swift = f"health: {{settle: {settle}}}\nstop: {{drain: 0s}}\n" if settle else ""
    bake = ", bake: 0s" if settle else ""
    return (
        f"image: {SLEEPER}\npull: never\nsize: {size}\ncommand: [sleep, infinity]\n"
        f"environment: {{VERSION: '{version}'}}\nrollout: {{surge: {SURGE}{bake}}}\n{swift}"
    )
