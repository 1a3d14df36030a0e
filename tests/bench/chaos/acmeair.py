"""The monkey in Acme Air: an instance of web or auth is killed every ten seconds for two minutes, while users book."""

from collections.abc import Iterator

from tests.bench.chaos.clouds import cloud, drill, failed_share, lost_or_doubled
from tests.bench.values import Row, at_most, samples


def measure(engine_url: str) -> Iterator[Row]:
    """`examples/acmeair/drills/monkey.yaml` as it is."""
    with cloud(engine_url, "acmeair") as made:
        report = drill(made, "acmeair", "monkey")
    kills = len(report["faults"])
    requests = report["load"]["document"]["requests"]["count"]
    yield at_most(
        "Acme Air, monkey every 10 s for 2 min: failed requests", samples([failed_share(report)], "%"), 0.005,
        f"of {requests} requests through Zuul by 8 users of the load image, which sends nothing twice; {kills} "
        "instances of web and auth killed; `examples/acmeair/drills/monkey.yaml`.",
    )  # fmt: skip
    yield at_most(
        "the same: acknowledged bookings lost or doubled", samples([lost_or_doubled(report)], ""), 0.0,
        "by clients of the drill that write down what they are told, and read everything back at the end.",
    )  # fmt: skip
