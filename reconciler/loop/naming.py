"""What a loop needs of whoever keeps its names and answers for them; the command line opens the real ones (dns).

Before: assembly, which knows the engine and the network. After: cycle (`names`), making (`nameservers`), the runner's
guardians. Never here: how names are answered.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Engine, EngineInfo, Names, NameService, Network
from reconciler.engine.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesPlace:
    """What a name service is opened with. `look` makes the loop look at everything again; from any thread."""

    engine: Engine
    info: EngineInfo
    network: Network
    store: Store
    look: Callable[[], None]


OpenNames = Callable[[NamesPlace], NameService]


class Unserved:
    """Names for which we run no server: containers ask `nameservers`, without any the host's resolvers alone."""

    def __init__(self, names: Names, nameservers: tuple[str, ...] = ()) -> None:
        self.names = names
        self.nameservers = nameservers

    def look_after(self) -> None:
        """Nothing to look after."""

    def problem(self) -> str:
        """None: nobody asked for names."""
        return ""

    def close(self) -> None:
        """Nothing to put away."""


def unserved(env: str) -> OpenNames:
    """For `--names none`, and for loops under test."""
    return lambda place: Unserved(EmbeddedNames(env, place.info.hostname))
