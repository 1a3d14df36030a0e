"""Names answered by a container of the environment's own, at a fixed address of its network.

Before: cli.naming. After: keeping. It needs no right but to use the engine; it answers while the loop restarts, and
nothing that the loop is busy with delays an answer, nor the other way round.
"""

from collections.abc import Collection, Mapping
from ipaddress import IPv4Network

from reconciler.dns.container.code import PROGRAM, code, library
from reconciler.dns.container.keeping import Keeper
from reconciler.dns.container.notebook import Notebook
from reconciler.dns.container.protocol import PORT
from reconciler.dns.container.settings import SETTINGS_PATH, USER, ServerSettings, write
from reconciler.dns.skydns.registry import Notes
from reconciler.dns.skydns.server import PORT as SKYDNS_PORT
from reconciler.engine import system
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Blueprint, Engine, File, Names, Network
from reconciler.engine.resolvers import HostUpstreams, within_reach
from reconciler.spec.cluster import Resources
from reconciler.state.names import NameTable
from reconciler.state.records import Record

IMAGE = "reconciler/skydns:latest"
WITHDRAWN_SECONDS = 0.5
_SYSTEM = "skydns"
_MEBIBYTE = 1_048_576
_RESOURCES = Resources(memory_bytes=96 * _MEBIBYTE, pids=128)


def stands(engine: Engine, env: str) -> bool:
    """Whether the environment has a name server's container, so that its instances ask there. Raises EngineError."""
    found = engine.find(system.system_name(env, _SYSTEM))
    return found is not None and system.is_ours(found, env)


def address_in(network: Network) -> str:
    """The fixed address: the second one of those that the engine never gives to instances."""
    return str(IPv4Network(network.subnet).network_address + 2)


class InContainer:
    """A loop's name service (`engine.ports.NameService`): `names` is where the loop publishes, `embedded` what is
    answered. Opening it takes over what a standing server answers, so that the first pass sees it as published.
    The SkyDNS API has `skydns_port` (0: there is none); what is registered is kept in `notes`, too.
    """

    def __init__(  # noqa: PLR0913  # each is another room's to know
        self,
        names: Names,
        embedded: EmbeddedNames,
        domain: str,
        network: Network,
        engine: Engine,
        *,
        skydns_port: int = SKYDNS_PORT,
        skydns_secret: str | None = None,
        notes: Notes | None = None,
    ) -> None:
        address = address_in(network)
        settings = ServerSettings(
            env=embedded.env, domain=domain, host=embedded.host, subnet=network.subnet, address=address,
            gateway=network.gateway, ttl_seconds=embedded.ttl_seconds, skydns_port=skydns_port,
            skydns_secret=skydns_secret,
        )  # fmt: skip
        upstreams = HostUpstreams()
        wanted = _wanted(settings, network)
        self._keeper = Keeper(
            engine, lambda: wanted, embedded.published, lambda: within_reach(upstreams()), notes or Notebook({}),
            (address, PORT), reserved=embedded.reserved,
        )  # fmt: skip
        embedded.watch(self._keeper.changed)
        embedded.replace({**self._keeper.recall(), **embedded.published()})
        self.names: Names = Acknowledged(names, self._keeper)
        self.nameservers: tuple[str, ...] = (address,)

    def look_after(self) -> None:
        """See that the container is there. First called when names are published: an empty table would deny them."""
        self._keeper.look_after()

    def problem(self) -> str:
        """Why names don't answer, and what to do; empty where they do."""
        return self._keeper.problem()

    def close(self) -> None:
        """Tell it nothing more; it goes on answering, as the containers go on running."""
        self._keeper.stop()


class Acknowledged:
    """The `Names` port: what was withdrawn is out of the server's answers, too, before anybody goes on to stop it.

    A server that can't be reached is not waited for: healing goes on.
    """

    def __init__(self, names: Names, keeper: Keeper) -> None:
        self._names = names
        self._keeper = keeper

    def published(self) -> Mapping[str, Record]:
        return self._names.published()

    def table(self) -> NameTable:
        return self._names.table()

    def reserve(self, clusters: Collection[str]) -> None:
        self._names.reserve(clusters)

    def publish(self, id: str, record: Record) -> None:
        self._names.publish(id, record)

    def withdraw(self, id: str) -> None:
        self._names.withdraw(id)
        self._keeper.await_gone(id, WITHDRAWN_SECONDS)


def _wanted(settings: ServerSettings, network: Network) -> system.Wanted:
    name = system.system_name(settings.env, _SYSTEM)
    blueprint = Blueprint(
        name=name,
        image=IMAGE,
        hostname=_SYSTEM,
        labels={},
        environment={},
        network=network.name,
        command=("python3", "-P", "-m", PROGRAM),
        resources=_RESOURCES,
        address=settings.address,
        stop_seconds=1.0,
    )
    told = File(path=SETTINGS_PATH, content=write(settings), owner=USER)
    return system.Wanted(env=settings.env, blueprint=blueprint, files=(*code(), *library(), told))
