"""Acme Air in three zones: one dies under load; one is cut from the others while both sides try to book."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench.chaos.clouds import cloud, drill, failed_share, lost_or_doubled
from tests.bench.values import Row, at_most, figure, samples

ROUNDS = 2
EXAMPLE = "acmeair-ha"


def measure(engine_url: str) -> Iterator[Row]:
    """Its two drills as they are."""
    with cloud(engine_url, EXAMPLE) as made:
        gorillas = [drill(made, EXAMPLE, "gorilla") for _ in range(ROUNDS)]
        splits = [drill(made, EXAMPLE, "split-brain") for _ in range(ROUNDS)]
    killed = len(gorillas[0]["faults"][0]["victims"])
    yield at_most(
        "Acme Air HA, one of three zones killed under load: failed requests",
        samples((failed_share(one) for one in gorillas), "%"), 0.02,
        f"{killed} instances killed at once (a Zuul, a Eureka, a Cassandra node, web, auth); 8 users through the "
        "Zuul of another zone, as behind a balancer; `examples/acmeair-ha/drills/gorilla.yaml`.",
    )  # fmt: skip
    yield figure(
        "the same: seconds to full", samples(one["faults"][0]["recovered_seconds"] for one in gorillas),
        "from the kill until the loop calls every cluster ready again, the Cassandra node among them.",
    )  # fmt: skip
    bookings = [one["history"]["verdict"]["counts"]["acknowledged"] for one in (*gorillas, *splits)]
    yield at_most(
        "split brain: acknowledged bookings lost or doubled",
        samples((lost_or_doubled(one) for one in (*gorillas, *splits)), ""), 0.0,
        f"az1 cut from az2 and az3 for 30 s, clients book on both sides, and read everything back after healing; "
        f"{sum(bookings)} bookings acknowledged in {len(bookings)} drills, those of the killed zone among them; "
        "`examples/acmeair-ha/drills/split-brain.yaml`.",
    )  # fmt: skip
    yield at_most(
        "split brain: healthy instances replaced", samples((float(_wrong(one)) for one in splits), ""), 0.0,
        "the same drills; whoever was replaced though it had not died.",
    )  # fmt: skip


def _wrong(report: Mapping[str, Any]) -> int:
    return sum(not one["right"] for one in report["replacements"])
