"""Registries in memory that keep the Registries port, with leases and overrides as Eureka has them.

Before: instances that register (`hear`), and the loop's actions. After: tests of the loop. What is put on an entry
outlives its container: who registers under the same id later is held out by it, until somebody takes it back.
"""

from collections.abc import Mapping

from reconciler.engine.registries import Place, View
from reconciler.errors import RegistryError
from reconciler.state.registered import OUT_OF_SERVICE, UP, Registered


class FakeRegistries:
    """`calls` records what was said. While `problem` is set nothing can be asked or said."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.calls: list[tuple[str, str]] = []
        self.problem = ""
        self._leases: dict[str, tuple[str, str]] = {}
        self._held: set[str] = set()

    def hear(self, entry: str, address: str, status: str = UP) -> None:
        """An instance registers, or renews."""
        self._leases.pop(entry, None)
        self._leases[entry] = (address, status)

    def forget(self) -> None:
        """Restarted: everything is lost until it is said again."""
        self._leases.clear()
        self._held.clear()

    def status(self, entry: str) -> str:
        """What clients are told of it."""
        return OUT_OF_SERVICE if entry in self._held else self._leases.get(entry, ("", ""))[1]

    @property
    def held(self) -> frozenset[str]:
        """The entries that somebody else put out of service."""
        return frozenset(self._held)

    # ---------------------------------------------------------------- the port

    def watch(self, places: Mapping[str, Place]) -> None:
        self.places = dict(places)

    def views(self) -> Mapping[str, View]:
        if self.problem:
            return dict.fromkeys(self.places, View(problem=self.problem))
        return {key: View(known=True, instances=self._instances(key)) for key in self.places}

    def activate(self, place: str, entry: str) -> None:
        self._say("activate", entry)
        self._held.discard(entry)

    def deactivate(self, place: str, entry: str) -> None:
        self._say("deactivate", entry)
        if entry in self._leases:
            self._held.add(entry)

    def _say(self, what: str, entry: str) -> None:
        if self.problem:
            raise RegistryError(self.problem)
        self.calls.append((what, entry))

    def _instances(self, place: str) -> dict[str, Registered]:
        return {
            address: Registered(status=self.status(entry), held_out=entry in self._held, place=place, entry=entry)
            for entry, (address, _) in self._leases.items()
        }
