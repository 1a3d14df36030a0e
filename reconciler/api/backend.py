"""What the control API needs of the loop, as a Protocol that the loop satisfies by its shape.

Before: routes, on the server's threads. After: the loop. Every method may be called from several threads at
once and returns soon; what takes long (a rescan, the end) is only asked for.
"""

from collections.abc import Mapping
from typing import Protocol

from reconciler.plan.lookup import NameStatus
from reconciler.plan.plan import Plan
from reconciler.plan.status import WorldStatus
from reconciler.state.event import Event
from reconciler.state.revisions import KeptRevision


class Backend(Protocol):
    """The running loop, as its control API sees it. Any method may raise a ReconcilerError."""

    def status(self) -> WorldStatus:
        """The environment as it was last seen."""

    def lookup(self, name: str) -> NameStatus:
        """What a name answers and why."""

    def plan(self, files: Mapping[str, bytes] | None) -> tuple[Plan, ...]:
        """A dry run: with these files (name to text) in the place of the directory's, None for its own.

        Raises SpecError where one of them isn't what it should be.
        """

    def events(self, after_id: int, cluster: str | None, limit: int) -> tuple[Event, ...]:
        """In rising order: the newest `limit` where `after_id` is 0, else the first `limit` after it."""

    def revisions(self, name: str) -> tuple[KeptRevision, ...]:
        """A cluster's versions, newest first; none of a cluster that isn't known."""

    def confirm(self, names: tuple[str, ...] | None) -> tuple[str, ...]:
        """Let held deletions go on, all of them where `names` is None; returns the clusters it released."""

    def expect_delete(self, name: str) -> None:
        """The file of this cluster is about to be deleted on purpose: that counts as confirmed."""

    def terminate(self, cluster: str, number: int, id: str, by: str, why: str) -> str:
        """End one instance (withdrawn, drained, SIGTERM, removed); its number is filled again. Returns the id of its
        container. `id` empty: whichever has the number; `by` and `why` are part of the cause.

        Raises UsageError where there is none, ReconcilerError where it is another one or may not be ended now.
        """

    def note(self, cluster: str, subject: str, cause: str) -> None:
        """Keep as an event what chaos says that it did to a cluster (empty: to several)."""

    def close_zone(self, zone: str, seconds: float | None, why: str) -> tuple[str, ...]:
        """Take a zone out of service, for `seconds` or until it is opened; returns what a person should know of it.

        Raises UsageError for a zone that nobody has.
        """

    def open_zone(self, zone: str) -> bool:
        """Put a zone into service again; False where it was open. Raises UsageError for one that nobody has."""

    def rescan(self) -> None:
        """Read the directory now."""

    def stop(self) -> None:
        """End the loop; returns before it has ended."""

    def info(self) -> Mapping[str, str]:
        """`pid`, `specs`, `env`, `domain`, `engine`, `started_at`, `console`, as text."""
