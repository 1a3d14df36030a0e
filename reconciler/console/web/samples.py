"""What the plots show: figures of each cluster, sampled while the loop runs, the newest quarter of an hour of them.

Before: sampler, which looks every `EVERY_SECONDS` and whenever something has happened. After: plots. In memory only.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

EVERY_SECONDS = 2.0
SPAN_SECONDS = 900.0
KEPT = int(2 * SPAN_SECONDS / EVERY_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One cluster at one moment (`at`, Unix seconds). `cpu` is the sum over its instances, in processors; `metric` the
    value that it is scaled by. None where nobody tells it.
    """

    at: float
    desired: int
    ready: int
    cpu: float | None = None
    metric: float | None = None


@dataclass(slots=True)
class Samples:
    """By cluster, oldest first; written by one thread, read by others."""

    by_cluster: dict[str, deque[Sample]] = field(default_factory=dict)

    def add(self, samples: Mapping[str, Sample]) -> None:
        """One look at all clusters; those that are gone are forgotten."""
        kept = {name: self.by_cluster.get(name, deque(maxlen=KEPT)) for name in samples}
        for name, sample in samples.items():
            kept[name].append(sample)
        self.by_cluster = kept

    def of(self, name: str) -> tuple[Sample, ...]:
        """A cluster's, none of one that isn't known."""
        return tuple(self.by_cluster.get(name, ()))
