"""Which name service a loop gets: none beside a container that goes on answering, and who asks elsewhere is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.naming import opener
from reconciler.dns import placing
from reconciler.dns.container.keeping import Keeper
from reconciler.dns.container.service import IMAGE
from reconciler.dns.listen import CannotListen
from reconciler.dns.moved import NOTE, left_behind
from reconciler.engine.ports import Listing, NameService, Network
from reconciler.engine.store import Store
from reconciler.errors import UsageError
from reconciler.loop.naming import NamesPlace
from reconciler.loop.settings import NameSettings, Settings
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from tests.support.fake_engine import FakeEngine

NETWORK = Network(id="n", name="reconciler-dev", subnet="127.0.0.0/8", gateway="127.0.0.1")


class Engine(FakeEngine):
    """An engine with instances at will; a name server's container stands, or not."""

    def __init__(self) -> None:
        super().__init__(images={IMAGE: Image(id="sha256:1")})
        self.has: tuple[str, ...] = ()

    def listing(self, env: str) -> Listing:
        del env
        return Listing(instances={"web": tuple(_instance(id) for id in self.has)})


def _instance(id: str) -> Instance:
    return Instance(
        id=id, container=f"dev-{id}", cluster="web", number=int(id[-1]), zone="az1", revision="v001", spec_hash="",
        attempt=0, token_sha256="", image_id="", state=EngineState.RUNNING,
    )  # fmt: skip


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.engine = Engine()
        self.store = Store(directory / "state.db", lambda _: None)
        self.stands = False

    def open(self, **names: object) -> NameService:
        chosen = NameSettings(**names)  # type: ignore[arg-type]
        settings = Settings(env="dev", domain="docker", state=self.directory, specs=self.directory, names=chosen)
        place = NamesPlace(
            engine=self.engine, info=self.engine.info(), network=NETWORK, store=self.store, look=lambda: None
        )
        return opener(settings)(place)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path)
    for module in ("placing", "moved"):
        monkeypatch.setattr(f"reconciler.dns.{module}.stands", lambda *_: made.stands)
    monkeypatch.setattr(Keeper, "look_after", lambda _: None)
    yield made
    made.store.close()


@pytest.mark.parametrize(
    ("names", "option"),
    [
        ({"backend": "none"}, "--names none: "),
        ({"backend": "etcd://127.0.0.1:1", "nameservers": ("10.0.0.2",)}, "--nameserver: "),
        ({"server": "loop"}, "--dns-server loop: "),
    ],
)
def test_beside_a_container_that_goes_on_answering_nobody_else_keeps_names(
    world: World, names: dict[str, object], option: str
) -> None:
    world.open(**names).close()
    world.stands = True
    with pytest.raises(UsageError) as caught:
        world.open(**names)
    assert str(caught.value).startswith(option)
    assert "`reconciler down --env dev`" in str(caught.value)


def test_who_was_made_before_the_container_is_a_problem_until_the_last_is_gone(world: World) -> None:
    world.engine.has = ("web1", "web2")
    service = world.open(server="container")
    assert service.problem().startswith("2 instances were made before the DNS server had its container")
    assert "dev-web1, dev-web2" in service.problem()
    world.engine.has = ("web2", "web3")
    service.look_after()
    assert service.problem().startswith("1 instance was made before")
    world.engine.has = ("web3", "web4")
    service.look_after()
    assert service.problem() == ""
    service.close()


def test_the_next_loop_still_knows_who_was_left_behind(world: World) -> None:
    world.engine.has = ("web1", "web2")
    world.open(server="container").close()
    world.stands, world.engine.has = True, ("web2", "web3")
    service = world.open(server="container")
    assert service.problem().startswith("1 instance was made before")
    service.close()


def test_a_container_that_was_lost_leaves_nobody_behind_who_asked_it(world: World) -> None:
    world.open(server="container").close()
    world.engine.has = ("web1",)
    service = world.open(server="container")
    assert service.problem() == ""
    service.close()


def test_after_a_time_in_the_process_all_count_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.open(server="container").close()
    world.open(server="loop").close()
    assert NOTE not in world.store.notes()
    world.engine.has = ("web1",)
    monkeypatch.setattr(placing, "bind", _denied)
    service = world.open()
    assert service.problem().startswith("1 instance was made before")
    service.close()


def _denied(address: str, port: int) -> object:
    raise CannotListen(f"{address}:{port}", "denied")


def test_beside_a_container_of_which_nothing_is_noted_nobody_is_accused(world: World) -> None:
    world.stands, world.engine.has = True, ("web1",)
    assert left_behind(world.engine, "dev", world.store) == frozenset()
