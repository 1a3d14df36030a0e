"""What becomes of sizes while a script is played: a cluster that follows what its instances tell of their load.

Before: script, which mixes it in. After: the model. Checks ask `size_of`, since a file's size is only where it starts.
"""

from typing import Protocol

from reconciler.spec.cluster import Autoscale, ClusterSpec
from tests.sim.model import Model

TARGET = 9.0


class _Playing(Protocol):
    model: Model
    spec: ClusterSpec

    def _save(self, **changes: object) -> None: ...


class Loading:
    """Happenings that change a load, or whether the size follows it."""

    __slots__ = ()

    def _resize(self: _Playing, a: int, b: int) -> None:
        self._save(size=_within(self.spec.autoscale, a))

    def _autoscale(self: _Playing, a: int, b: int) -> None:
        """The size follows what the instances tell, from now on or no more."""
        auto = Autoscale(min=1 + b, max=6, metric="jobs", target=TARGET, cooldown_out_seconds=2, cooldown_in_seconds=4)
        self._save(autoscale=auto if a else None, size=_within(auto if a else None, self.spec.size))

    def _load(self: _Playing, a: int, b: int) -> None:
        """Each instance has so much to do from now on."""
        self.model.jobs = a * TARGET / 3


def _within(autoscale: Autoscale | None, size: int) -> int:
    """No file says a size outside of its bounds."""
    return size if autoscale is None else min(max(size, autoscale.min), autoscale.max)


def size_of(model: Model, name: str) -> int:
    """The size in force: what scaling has found, else the file's."""
    spec, scale = model.wanted[name].spec, model.scales.get(name)
    return scale.size if scale is not None else (spec.size if spec is not None else 0)
