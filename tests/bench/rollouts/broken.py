"""A version that never becomes ready is pushed: how many are missing meanwhile, how long until it is taken back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.plan.status import ClusterStatus
from tests.bench.stage import Stage, spec, stage
from tests.bench.values import Row, at_most, samples

SIZE = 4
DEADLINE_SECONDS = 10.0
GRACE_SECONDS = 5.0
ROUNDS = 2
WAYS = {
    "exits at once": "[sh, -c, exit 3]",
    "never answers": "[sleep, infinity]",
}
_STRATEGIES = ("rolling", "red-black", "canary")
_GOOD = "[sh, -c, 'mkdir -p /w; cd /w; exec python3 -m http.server 8080']"
_PATIENCE_SECONDS = 120.0


def measure(engine_url: str) -> Iterator[Row]:
    """Each strategy, each way of being broken."""
    lacking: list[float] = []
    seconds: list[float] = []
    with stage(engine_url) as here:
        for strategy in _STRATEGIES:
            name = f"b{strategy[:3]}"
            here.grow(name, SIZE, 60, image="reconciler/base:latest", command=_GOOD, more=_more(strategy))
            for command in [*WAYS.values()] * ROUNDS:
                with _counting(here, name) as fewest:
                    began = here.now()
                    here.loop.save(name, _file(strategy, command))
                    here.loop.until(lambda: _taken_back(here, name), _PATIENCE_SECONDS, "it is rolled back")  # noqa: B023
                    seconds.append(here.now() - began)
                lacking.append(float(SIZE - min(fewest)))
                here.loop.save(name, _file(strategy, _GOOD))
                here.loop.until_settled()
            here.empty(name, image="reconciler/base:latest", command=_GOOD, more=_more(strategy))
    how = (
        f"clusters of {SIZE} with an HTTP check, pushed {' and '.join(_STRATEGIES)}, to a version that "
        f"{' or '.join(WAYS)}, deadline {DEADLINE_SECONDS:g} s"
    )
    yield at_most(
        "a broken version pushed: most healthy instances missing", samples(lacking, ""), 0.0,
        f"{how}; ready instances as the loop's status has them, looked at all the time.",
    )  # fmt: skip
    yield at_most(
        "a broken version pushed → rolled back", samples(seconds), DEADLINE_SECONDS + GRACE_SECONDS,
        "the same; from just before the save until the status says so, nobody of the broken version is left, and all "
        "that the size asks for are ready.", p95=True,
    )  # fmt: skip


@contextmanager
def _counting(here: Stage, name: str) -> Iterator[list[int]]:
    """The numbers of ready instances that were seen in between."""
    seen = [SIZE]
    end = threading.Event()

    def look() -> None:
        while not end.wait(0.02):
            row = here.loop.cluster(name)
            seen.append(row.ready if row is not None else 0)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def _taken_back(here: Stage, name: str) -> bool:
    row: ClusterStatus | None = here.loop.cluster(name)
    if row is None or not row.rolled_back:
        return False
    return row.ready == row.current == SIZE and len(row.instances) == SIZE


def _file(strategy: str, command: str) -> str:
    return spec(SIZE, image="reconciler/base:latest", command=command, more=_more(strategy))


def _more(strategy: str) -> str:
    return (
        f"health: {{http: {{port: 8080, interval: 200ms}}}}\n"
        f"rollout: {{strategy: {strategy}, bake: 0s, deadline: {DEADLINE_SECONDS:g}s}}\n"
    )
