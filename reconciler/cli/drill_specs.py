"""A drill's changes of specs: made in the watched directory like `scale` and `apply` do, and put back at its end.

Before: drill_stage. After: placing, the loop's rescan. What somebody else changed meanwhile is left to him, and told.
"""

from dataclasses import replace
from pathlib import Path

from reconciler.api.client import LoopClient
from reconciler.changes.placing import locked, place_locked
from reconciler.drill.stage import Change
from reconciler.drill.values import Apply, Scale, Set
from reconciler.errors import ReconcilerError, SpecError, UsageError
from reconciler.loop.settings import Settings
from reconciler.spec.cluster import ClusterSpec
from reconciler.spec.directory import listing
from reconciler.spec.edit import set_key
from reconciler.spec.parse import parse_cluster
from reconciler.spec.read import read_spec


class Specs:
    """The directory that the loop watches; `base` is where the drill's own files are."""

    def __init__(self, settings: Settings, directory: Path, base: Path, loop: LoopClient) -> None:
        self._settings = settings
        self._directory = directory
        self._base = base
        self._loop = loop
        self._before: dict[str, bytes] = {}
        self._ours: dict[str, bytes] = {}

    @property
    def changed(self) -> tuple[str, ...]:
        """The clusters whose specs aren't as they were before."""
        return tuple(Path(name).stem for name in self._before)

    def check(self, change: Change) -> str:
        """What it would be, in one sentence. Raises ReconcilerError where it can't be made."""
        cluster, file, before, after = self._edited(change)
        old, new = self._spec(before, file), self._spec(after, file)
        if isinstance(change, Scale):
            return f"{cluster} from {old.size} to {new.size}"
        return f"{cluster} is as it would be already" if old == new else f"{cluster} is changed in {file}"

    def make(self, change: Change) -> str:
        """Do it; returns the cluster. Raises ReconcilerError, with nothing changed then."""
        with locked(self._directory):
            cluster, file, before, after = self._edited(change)
            place_locked(self._directory, {file: after})
            self._before.setdefault(file, before)
            self._ours[file] = after
        self._loop.rescan()
        return cluster

    def put_back(self) -> tuple[str, ...]:
        """Every file as it was. Raises ReconcilerError that names those that somebody else has changed since."""
        if not self._before:
            return ()
        names, touched = self.changed, []
        with locked(self._directory):
            files: dict[str, bytes | None] = {}
            for file, before in self._before.items():
                read = read_spec(self._directory / file)
                if read is not None and read.data == self._ours[file]:
                    files[file] = before
                else:
                    touched.append(file)
            place_locked(self._directory, files)
        self._before.clear()
        self._loop.rescan()
        if touched:
            raise ReconcilerError(f"{', '.join(touched)}: changed by somebody else since; look what it should be")
        return names

    def _edited(self, change: Change) -> tuple[str, str, bytes, bytes]:
        """The cluster, its file, and its text before and after."""
        new = None
        if isinstance(change, Apply):
            cluster, new = self._foreign(self._base / change.file)
        else:
            cluster = change.cluster
        file = self._file(cluster)
        before = self._read(self._directory / file)
        if new is None:
            new = self._set(change, before, file)
        self._spec(new, file)
        return cluster, file, before, new

    def _set(self, change: Change, before: bytes, file: str) -> bytes:
        assert not isinstance(change, Apply)
        if isinstance(change, Scale):
            if self._spec(before, file).task is not None:
                raise UsageError(f"{change.cluster} is a task: it has no size; scale another cluster")
            return set_key(before.decode(), "size", change.size, file=file).encode()
        assert isinstance(change, Set)
        return set_key(before.decode(), tuple(change.key.split(".")), change.value, file=file).encode()

    def _foreign(self, path: Path) -> tuple[str, bytes]:
        """A spec from elsewhere: whose it is says its `name`, else its file's name."""
        text = self._read(path)
        try:
            named = parse_cluster(text, file="-", policy=self._settings.policy)
        except SpecError as error:
            if any(problem.path or "`name`" not in problem.problem for problem in error.problems):
                raise SpecError(tuple(replace(one, file=str(path)) for one in error.problems)) from None
            return path.stem, text
        return named.name, text

    def _file(self, cluster: str) -> str:
        files = listing(entry.name for entry in self._directory.iterdir()).files
        if cluster not in files:
            known = ", ".join(sorted(files)) or "none"
            raise UsageError(f"there is no spec of a cluster {cluster!r} in {self._directory}; there are {known}")
        return files[cluster]

    def _read(self, path: Path) -> bytes:
        read = read_spec(path)
        if read is None:
            raise UsageError(f"{path} is not there; give a path from the drill's file")
        return read.data

    def _spec(self, text: bytes, file: str) -> ClusterSpec:
        return parse_cluster(text, file=file, policy=self._settings.policy)
