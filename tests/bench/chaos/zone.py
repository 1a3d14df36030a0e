"""A zone of three dies, ten of thirty instances: from the first kill until ten others run, against bare creations."""

from collections.abc import Iterator

from tests.bench.bare import BareStarts
from tests.bench.chaos.town import CLUSTER, ZONES, fault, grow
from tests.bench.stage import Stage, stage
from tests.bench.values import Row, samples, slower_at_most

SIZE = 30
IN_ZONE = SIZE // len(ZONES)
ROUNDS = 2  # of three zones each; before a zone is killed again all are made anew, since second starts are put off
TIMES = 1.5


def measure(engine_url: str) -> Iterator[Row]:
    """In turns with ten bare containers, which are created and started with eight threads."""
    ours, bare = [], []
    with stage(engine_url) as here:
        starts = BareStarts(here)
        try:
            for _ in range(ROUNDS):
                grow(here, SIZE, beating=False)
                for zone in ZONES:
                    ours.append(_kill(here, zone))
                    bare.append(_start(here, starts))
                here.empty(CLUSTER)
        finally:
            starts.close()
    yield slower_at_most(
        f"a zone with {IN_ZONE} of {SIZE} killed → full again", samples(ours), samples(bare), TIMES,
        "`reconciler chaos gorilla ZONE --unleash`; from the engine's event of the first kill to that of the start of "
        f"the {IN_ZONE}th successor; the yardstick creates and starts {IN_ZONE} containers with 8 threads, from just "
        "before the first request to the start of the last.",
    )  # fmt: skip


def _kill(here: Stage, zone: str) -> float:
    since = here.now()
    report = fault(here, "gorilla", zone)
    assert len(report["victims"]) == IN_ZONE, report
    prefix = here.cluster(CLUSTER)
    return here.events.nth(IN_ZONE, "start", prefix, since) - here.events.nth(1, "kill", prefix, since)


def _start(here: Stage, starts: BareStarts) -> float:
    since = here.now()
    starts.start(IN_ZONE)
    seconds = here.events.nth(IN_ZONE, "start", here.bare, since) - since
    starts.remove()
    return seconds
