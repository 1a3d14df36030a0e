"""Somebody wipes etcd: how soon every name is there again.

Before: names_served (etcd, and names in it that are looked after as a loop's are). After: the table.
"""

import time
from collections.abc import Iterator

from tests.bench.names_served import Box, cores, etcd, published
from tests.bench.stage import PATIENCE_SECONDS
from tests.bench.values import Row, at_most, samples

COUNT = 100
ROUNDS = 5
_PREFIX = "/skydns"
_LIMIT_SECONDS = 5.0
_PACE_SECONDS = 0.02


def measure(engine_url: str) -> Iterator[Row]:
    """Wiped, whole again, five times."""
    with etcd(engine_url, cores()[0]) as box, published(box, COUNT):
        whole = _content(box)
        assert len(whole) > COUNT, f"{len(whole)} lines in etcd"
        times = [_wipe(box, whole) for _ in range(ROUNDS)]
    yield at_most(
        f"etcd wiped with {COUNT} names → all back", samples(times), _LIMIT_SECONDS,
        f"from just before `etcdctl del --prefix {_PREFIX}` in etcd's container to the end of the first "
        "`etcdctl get` that prints every key with its value again.",
    )  # fmt: skip


def _wipe(box: Box, whole: str) -> float:
    began = time.monotonic()
    deleted = box.run("etcdctl", "del", "--prefix", _PREFIX)
    assert int(deleted) * 2 == len(whole.splitlines()), f"{deleted} keys were deleted"
    while _content(box) != whole:
        assert time.monotonic() - began < PATIENCE_SECONDS, f"not all is back:\n{_content(box)}"
        time.sleep(_PACE_SECONDS)
    return time.monotonic() - began


def _content(box: Box) -> str:
    """Every key and its value, a line each, sorted by key."""
    return box.run("etcdctl", "get", "--prefix", _PREFIX)
