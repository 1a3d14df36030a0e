"""Users on the site through Zuul: how much it bears on this machine, and what a killed web instance costs them.

Before: the images, tests.support.acmeair and acmeair_load. After: the table.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.values import Row, at_most, figure, samples
from tests.support.acmeair import Cloud, cloud
from tests.support.acmeair_load import Load
from tests.support.acmeair_site import SiteError

USERS = 8
SECONDS = 60
KILLS = 3
TAKING_SECONDS = 10.0
FAILED_SHARE = 0.001
_KILL_SECONDS = 30
_POLL_SECONDS = 0.05


def measure(engine_url: str) -> Iterator[Row]:
    """One long run with nothing broken, then runs in each of which one instance is killed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place, cloud(engine_url, Path(place)) as here:
        with Load(here, seconds=SECONDS, users=USERS, pause_seconds=0) as load:
            calm = load.figures()
        kills = [_killed(here) for _ in range(KILLS)]
    how = f"{USERS} users of the load image on the same two cores, {SECONDS} s of journeys without pauses."
    yield figure("Acme Air through Zuul: requests", samples([calm.per_second], "/s"), how)
    yield figure("Acme Air through Zuul: a journey's p99", samples([calm.journey_p99], "ms"), f"the same {SECONDS} s.")
    yield at_most(
        "Acme Air through Zuul: failed requests", samples([calm.failed], ""), 0, f"the same {SECONDS} s, "
        f"{calm.requests} requests in {calm.journeys} journeys; what came back is checked, not only its status.",
    )  # fmt: skip
    yield at_most(
        "one web instance killed under that load → its successor takes traffic", samples(t for t, _ in kills),
        TAKING_SECONDS, "from just before SIGKILL until an answer through Zuul comes from the instance of its name.",
    )  # fmt: skip
    yield at_most(
        "the same: failed requests", samples((share for _, share in kills), "%"), FAILED_SHARE,
        f"of all requests in the {_KILL_SECONDS} s around the kill.",
    )  # fmt: skip


def _killed(here: Cloud) -> tuple[float, float]:
    """Seconds until the successor answers, and the share of failed requests."""
    here.until_ready()
    with Load(here, seconds=_KILL_SECONDS, users=USERS) as load:
        here.until_journey(30)
        _answered_by(here, "web1", time.monotonic() + 30)
        began = time.monotonic()
        here.loop.docker.kill(f"{here.loop.env}-web-1")
        _answered_by(here, "web1", began + 30)
        seconds = time.monotonic() - began
        figures = load.figures()
    for text in figures.failures:
        print(f"failed: {text}", flush=True)
    return seconds, figures.failed / figures.requests


def _answered_by(here: Cloud, name: str, until: float) -> None:
    """Ask until that instance answers. AssertionError where it never does."""
    while time.monotonic() < until:
        try:
            if here.person(timeout_seconds=1.0).ask("GET", "/").headers.get("x-instance") == name:
                return
        except SiteError:
            continue
        time.sleep(_POLL_SECONDS)
    raise AssertionError(f"{name} never answered through Zuul")
