"""The specs that a cluster had before, by their hash: read from their kept texts when somebody asks, and once.

Before: history, which has the texts. After: each pass, where an instance is of another version than its file's, or a
rollout goes back. A text that can't be read any more (another policy, an older format) counts as not remembered.
"""

import logging
from collections.abc import Iterator, Mapping

from reconciler.errors import SpecError
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy

log = logging.getLogger(__name__)
MOST_READ = 256


class SpecReader:
    """Reads texts under the loop's policy, and remembers the latest of them. For the deciding thread."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[str, bytes], ClusterSpec | None] = {}

    def __call__(self, file: str, text: bytes) -> ClusterSpec | None:
        """The spec in it; None where it can't be read."""
        key = (file, text)
        if key not in self._known:
            while len(self._known) >= MOST_READ:
                del self._known[next(iter(self._known))]
            self._known[key] = self._parse(file, text)
        return self._known[key]

    def _parse(self, file: str, text: bytes) -> ClusterSpec | None:
        try:
            return parse_cluster(text, file=file, policy=self._policy)
        except SpecError as error:
            log.info("an earlier text of %s can't be gone back to: %s", file, error)
            return None


class Earlier(Mapping[str, ClusterSpec]):
    """One cluster's specs by hash: those of `texts` (file and text), and the present one under its own."""

    __slots__ = ("_present", "_present_hash", "_read", "_texts")

    def __init__(
        self, texts: Mapping[str, tuple[str, bytes]], read: SpecReader, present_hash: str, present: ClusterSpec | None
    ) -> None:
        self._texts = texts
        self._read = read
        self._present_hash = present_hash
        self._present = present

    def __getitem__(self, spec_hash: str) -> ClusterSpec:
        if self._present is not None and spec_hash == self._present_hash:
            return self._present
        file, text = self._texts[spec_hash]
        spec = self._read(file, text)
        if spec is None:
            raise KeyError(spec_hash)
        return spec

    def __iter__(self) -> Iterator[str]:
        own = {self._present_hash} if self._present is not None else set[str]()
        return (spec_hash for spec_hash in self._texts.keys() | own if spec_hash in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
