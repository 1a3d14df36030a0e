"""From specs and containers to what is followed in Eureka, and from what is known there back to containers."""

from dataclasses import replace

from reconciler.engine.registries import Place, View
from reconciler.loop.registered import Following, Seen, place_key
from reconciler.spec.cluster import ClusterSpec, Discovery, Eureka
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.instance import EngineState, Instance
from reconciler.state.registered import Registered
from tests.support.fake_registries import FakeRegistries
from tests.unit.plan.builders import make_instance, make_spec, make_wanted

INSIDE = Eureka(app="Web", cluster="eureka", port=80, path="/eureka/v2/")
OUTSIDE = Eureka(app="web", url="http://eureka.example.com/eureka/v2")
KEY = "WEB at eureka:80/eureka/v2/"


def spec_in(eureka: Eureka | None) -> ClusterSpec:
    return make_spec(size=2, discovery=Discovery(eureka=eureka))


def world_of(*wanted: Wanted | ClusterSpec) -> WantedWorld:
    values = [one if isinstance(one, Wanted) else make_wanted(one) for one in wanted]
    return WantedWorld(clusters={one.name: one for one in values})


def there(*instances: Instance) -> dict[str, tuple[Instance, ...]]:
    names = dict.fromkeys(instance.cluster for instance in instances)
    return {name: tuple(i for i in instances if i.cluster == name) for name in names}


WEB = spec_in(INSIDE)
ONE, TWO = (make_instance(WEB, number) for number in (1, 2))
SERVER = make_instance(make_spec("eureka"), 1, address="10.0.9.1")


def test_without_discovery_nobody_is_followed() -> None:
    registries = FakeRegistries()
    assert Following(registries).look(world_of(spec_in(None)), there(ONE)) == Seen()
    assert registries.places == {}


def test_the_servers_are_those_of_the_named_cluster_that_run() -> None:
    registries = FakeRegistries()
    dead = replace(SERVER, id="eureka-2", number=2, state=EngineState.EXITED, address=None)
    Following(registries).look(world_of(WEB), there(ONE, SERVER, dead))
    clusters = frozenset({"web"})
    assert registries.places == {KEY: Place(app="WEB", servers=("http://10.0.9.1:80/eureka/v2",), clusters=clusters)}
    Following(registries).look(world_of(WEB), there(ONE, dead))
    assert registries.places[KEY] == Place(
        app="WEB", servers=(), clusters=clusters, lacking="no instance of cluster eureka runs"
    )


def test_one_outside_is_asked_at_its_url() -> None:
    registries = FakeRegistries()
    Following(registries).look(world_of(spec_in(OUTSIDE)), there(ONE))
    assert registries.places[place_key(OUTSIDE)].servers == (OUTSIDE.url,)


def test_instances_are_found_by_address_and_only_their_own_cluster_counts() -> None:
    registries = FakeRegistries()
    registries.hear("web1:80", "10.0.0.1")
    registries.hear("stranger:80", "192.0.2.9")
    seen = Following(registries).look(world_of(WEB), there(ONE, TWO, SERVER))
    assert seen.registered == {"web-1": Registered(status="UP", place=KEY, entry="web1:80")}
    assert seen.unlisted == {"web-2"}


def test_nobody_is_missed_where_nobody_is_up_and_who_is_held_out_is_not_missed_either() -> None:
    registries = FakeRegistries()
    registries.hear("web1:80", "10.0.0.1", "STARTING")
    following = Following(registries)
    assert following.look(world_of(WEB), there(ONE, TWO)).unlisted == frozenset()
    registries.hear("web1:80", "10.0.0.1")
    registries.hear("web2:80", "10.0.0.2")
    registries.deactivate(KEY, "web2:80")
    assert following.look(world_of(WEB), there(ONE, TWO)).unlisted == frozenset()


def test_one_that_can_not_be_asked_is_known_of_where_somebody_is_registered() -> None:
    registries = FakeRegistries()
    registries.problem = "connection refused"
    seen = Following(registries).look(world_of(WEB), there(ONE))
    assert seen == Seen(deaf={"web": "connection refused"})
    assert Following(registries).look(world_of(WEB), there()) == Seen()


def test_each_revision_is_looked_for_where_its_own_spec_says() -> None:
    registries = FakeRegistries()
    old = replace(spec_in(OUTSIDE), environment={"VERSION": "0"})
    wanted = replace(make_wanted(WEB), earlier={old.spec_hash(): old})
    former = make_instance(old, 1)
    registries.hear("web1:80", "10.0.0.1")
    seen = Following(registries).look(world_of(wanted), there(former, TWO))
    assert set(registries.places) == {KEY, place_key(OUTSIDE)}
    assert seen.registered["web-1"].place == place_key(OUTSIDE)


def test_a_cluster_whose_file_is_gone_is_followed_to_its_end() -> None:
    registries = FakeRegistries()
    following = Following(registries)
    following.look(world_of(WEB), there(ONE))
    registries.hear("web1:80", "10.0.0.1")
    assert following.look(WantedWorld(), there(ONE)).registered.keys() == {"web-1"}
    following.look(WantedWorld(), there())
    assert registries.places == {}


def test_who_is_held_out_where_the_file_said_before_is_followed_there_until_that_is_taken_back() -> None:
    registries = FakeRegistries()
    following = Following(registries)
    following.look(world_of(WEB), there(ONE, TWO))
    held = Registered(status="OUT_OF_SERVICE", held_out=True, place=KEY, entry="web1:80")
    up = Registered(status="UP", place=KEY, entry="web2:80")
    registries.views = lambda: {  # type: ignore[method-assign]
        KEY: View(known=True, instances={"10.0.0.1": held, "10.0.0.2": up})
    }
    for moved in (spec_in(OUTSIDE), spec_in(None)):
        seen = following.look(world_of(moved), there(ONE, TWO))
        assert seen.registered == {"web-1": replace(held, parted=True)}
        assert KEY in registries.places
    registries.views = lambda: {KEY: View(known=True, instances={"10.0.0.2": up})}  # type: ignore[method-assign]
    assert following.look(world_of(spec_in(None)), there(ONE, TWO)) == Seen()
    assert registries.places == {}


def test_two_addresses_of_one_server_are_not_told_different_things() -> None:
    """Who is held out is seen at both; it is his own place that counts."""
    registries = FakeRegistries()
    following = Following(registries)
    registries.hear("web1:80", "10.0.0.1")
    registries.deactivate(KEY, "web1:80")
    following.look(world_of(WEB), there(ONE))
    following.look(world_of(spec_in(OUTSIDE)), there(ONE))
    seen = following.look(world_of(spec_in(OUTSIDE)), there(ONE))
    assert [(one.place, one.parted) for one in seen.registered.values()] == [(place_key(OUTSIDE), False)]
    assert list(registries.places) == [place_key(OUTSIDE)]


def test_before_the_first_answer_nothing_is_said() -> None:
    registries = FakeRegistries()
    registries.views = lambda: {KEY: View()}  # type: ignore[method-assign]
    assert Following(registries).look(world_of(WEB), there(ONE)) == Seen()
