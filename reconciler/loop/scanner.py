"""From the watched directory to the WantedWorld: what is in force now, what is broken, what is gone.

Before: files (when to read what), spec (how to understand it). After: the pass. A bad file changes nothing that runs:
the last good spec stays in force, also after a restart (the store keeps its text). So does what a new file
contradicts; the new one is kept and tried again at every scan.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.changes.dirlock import DirectoryBusy, directory_lock
from reconciler.errors import Problem, SpecError
from reconciler.loop.files import FileTracker, listed
from reconciler.loop.secret_files import SecretFiles
from reconciler.spec.agreement import refusals
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.directory import Listing, listing
from reconciler.spec.parse import Parsed, parse
from reconciler.spec.policy import Policy
from reconciler.spec.read import read_spec
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.spec.world import check_together

_LOCK_SECONDS = 1.0


@dataclass(slots=True)
class _Known:
    """One file: what it said when it was last good, and what is wrong with it now.

    `fresh` was understood and isn't in force (yet); `stored` was, by the store, before this loop read the file. `text`
    is that of `good`.
    """

    file: str
    good: Parsed | None = None
    fresh: Parsed | None = None
    stored: Parsed | None = None
    problems: tuple[Problem, ...] = ()
    generation: int = 0
    text: bytes = b""

    @property
    def standing(self) -> Parsed | None:
        """What stays in force where the fresh one is refused."""
        return self.good or self.stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The world as the directory says, when to look again (None: only when something happens), what was read anew."""

    world: WantedWorld
    again_at: float | None = None
    accepted: Mapping[str, bytes] = field(default_factory=dict)
    broken: tuple[str, ...] = ()


class Scanner:
    """Keeps what it knows of each file between scans. Only the deciding thread calls it."""

    def __init__(
        self,
        directory: Path,
        policy: Policy,
        secrets_dir: Path | None,
        last_good: Mapping[str, tuple[str, bytes]],
        identity: tuple[int, int] | None = None,
    ) -> None:
        """`last_good` maps a cluster to its file's name and the text that was last in force, `identity` is the
        device and inode of the directory that was watched last (both from the store).
        """
        self.directory = directory
        self._policy = policy
        self._secrets = SecretFiles(directory, secrets_dir)
        self._last_good = dict(last_good)
        self._tracker = FileTracker()
        self._known: dict[str, _Known] = {}
        self._identity = identity
        self._before = frozenset(last_good) if identity is not None else frozenset[str]()
        self.lacking: frozenset[str] = frozenset()
        self._texts: dict[str, bytes] = {}
        self._world = WantedWorld(untrusted=f"{directory} has not been read yet")

    @property
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of the directory that counts."""
        return self._identity

    def in_force(self, cluster: str) -> tuple[str, bytes]:
        """The name and the text of a cluster's file, as far as it is in force; an empty text where nothing is."""
        known = self._known.get(cluster)
        return (known.file, known.text) if known is not None and known.good is not None else ("", b"")

    def accept_directory(self) -> None:
        """The directory that lacks clusters of the one before counts all the same: nothing to lose, or confirmed."""
        if self.lacking:
            self._identity, self._before, self.lacking = None, frozenset(), frozenset()

    def scan(self, settled: frozenset[str], now: float) -> Scan:
        """Read what changed. What a person did to the directory is in the world's `untrusted`, never raised."""
        try:
            status = self.directory.stat()
            with directory_lock(self.directory, wait_seconds=_LOCK_SECONDS, shared=True):
                return self._scan((status.st_dev, status.st_ino), settled, now)
        except DirectoryBusy:
            return Scan(world=self._world, again_at=now + 0.2)
        except OSError as error:
            why = f"{self.directory} can't be read ({error.strerror or error}); bring it back"
            self._world = replace(self._world, untrusted=why)
            return Scan(world=self._world, again_at=now + 1.0)

    def _scan(self, identity: tuple[int, int], settled: frozenset[str], now: float) -> Scan:
        found = listing(listed(self.directory))
        changes = self._tracker.look(self.directory, _every(found), settled, now)
        accepted: dict[str, bytes] = {}
        broken: list[str] = []
        for cluster, file in found.files.items():
            known = self._known.setdefault(cluster, _Known(file))
            known.file = file
            if file in changes.readable:
                self._read(cluster, known)
                broken += [cluster] if known.problems else []
        for cluster, files in found.doubled.items():
            if cluster not in self._known:  # neither file counts, but that is no absence
                known = self._known[cluster] = _Known(files[0])
                self._recall(cluster, known)
        gone = [
            cluster
            for cluster, known in self._known.items()
            if known.file not in changes.present and cluster not in found.doubled
        ]
        # In another directory a file counts as missing at once: waiting for it would be taking the directory's word.
        missing = self._known.keys() - found.files.keys() - found.doubled.keys()
        untrusted = self._believe(identity, {*gone, *missing, *(self._before - self._known.keys())})
        if untrusted is None:
            for cluster in gone:
                del self._known[cluster]
                self._texts.pop(cluster, None)
                self._last_good.pop(cluster, None)  # a later file of this name begins anew
        self._agree(found.files, accepted)
        self._world = WantedWorld(
            clusters={name: self._wanted(name, known) for name, known in sorted(self._known.items())},
            problems=found.problems,
            untrusted=untrusted,
        )
        return Scan(world=self._world, again_at=changes.again_at, accepted=accepted, broken=tuple(broken))

    def _read(self, cluster: str, known: _Known) -> None:
        try:
            content = read_spec(self.directory / known.file, directory=self.directory)
            if content is None:  # gone again since it was listed: the next look says so
                return
            known.fresh = parse(content.data, file=known.file, policy=self._policy)
            known.problems = ()
            self._texts[cluster] = content.data
            if known.good is None:
                same = self._last_good.get(cluster, ("", b""))[1] == content.data
                known.stored = known.fresh if same else self._stored(cluster, known)
        except SpecError as error:
            # Named as in the directory, whether it could not be read or not be understood.
            known.fresh, known.problems = None, tuple(replace(p, file=known.file) for p in error.problems)
            if known.good is None:
                self._recall(cluster, known)

    def _recall(self, cluster: str, known: _Known) -> None:
        """The file is broken and this loop never saw it whole: what the store remembers stays in force."""
        known.good = self._stored(cluster, known)
        known.text = self._last_good.get(cluster, ("", b""))[1]
        known.generation = 1 if known.good else known.generation

    def _stored(self, cluster: str, known: _Known) -> Parsed | None:
        file, text = self._last_good.get(cluster, (known.file, b""))
        if not text:
            return None
        try:
            return parse(text, file=file or known.file, policy=self._policy)
        except SpecError:  # an earlier version of the format, or another policy: then it is held like an unknown one
            return None

    def _agree(self, files: Collection[str], accepted: dict[str, bytes]) -> None:
        """Put fresh specs in force unless they contradict others; of two that do, the one in force before stays."""
        fresh = {name: new for name, known in self._known.items() if name in files and (new := known.fresh)}
        standing = {name: old for name, known in self._known.items() if (old := known.standing)}
        refused = refusals(standing, fresh) if fresh else {}
        for name, new in fresh.items():
            known = self._known[name]
            if name in refused:
                known.problems = refused[name]
                if known.good is None and known.stored is not None:
                    known.good, known.generation = known.stored, 1
                    known.text = self._last_good.get(name, ("", b""))[1]
                continue
            if known.good is None or known.good.spec != new.spec:
                known.generation += 1
                accepted[name] = self._texts.get(name, b"")
            known.good, known.fresh, known.stored, known.problems = new, None, None, ()
            known.text = self._texts.get(name, b"")

    def _believe(self, identity: tuple[int, int], gone: Collection[str]) -> str | None:
        """Why absence means nothing now: it is another directory than before, and clusters that were known are
        missing in it.
        """
        if self._identity in (None, identity) or not gone:
            self._identity, self._before, self.lacking = identity, frozenset(), frozenset()
            return None
        self.lacking = frozenset(gone)
        return (
            f"{self.directory} is another directory than before and lacks {', '.join(sorted(gone))}; "
            "put the files there, or accept it with `reconciler confirm`"
        )

    def _wanted(self, name: str, known: _Known) -> Wanted:
        if known.good is None:
            return Wanted(name=name, spec=None, problems=known.problems)
        wanted = _in_force(known.good.spec, self._secrets)
        return replace(wanted, generation=known.generation, problems=known.problems)


def world_of(files: Mapping[str, bytes], policy: Policy, secrets: SecretFiles) -> WantedWorld:
    """The world that these files (name to text) would make: for a plan of what isn't saved yet. Raises SpecError."""
    problems: list[Problem] = []
    parsed: dict[str, Parsed] = {}
    for file, text in sorted(files.items()):
        try:
            parsed[file] = parse(text, file=file, policy=policy)
        except SpecError as error:
            problems += error.problems
    problems += check_together(parsed, strict=False)
    if problems:
        raise SpecError(tuple(problems))
    return WantedWorld(clusters={p.spec.name: _in_force(p.spec, secrets) for p in parsed.values()})


def _in_force(spec: ClusterSpec, secrets: SecretFiles) -> Wanted:
    """The spec with its hash, in which the contents of its files count."""
    spec_hash, digest = spec.spec_hash(), secrets.digest(spec)
    if digest:
        spec_hash = hashlib.sha256(f"{spec_hash} {digest}".encode()).hexdigest()[:12]
    return Wanted(name=spec.name, spec=spec, spec_hash=spec_hash, missing_files=secrets.missing(spec))


def _every(found: Listing) -> tuple[str, ...]:
    return (*found.files.values(), *(file for files in found.doubled.values() for file in files))
