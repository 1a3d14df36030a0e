"""What every engine does for containers that we keep beside the instances: found by name, at their own address."""

import ipaddress
from dataclasses import replace

import pytest

from reconciler.engine import system
from reconciler.engine.ports import Blueprint, File, Found
from reconciler.errors import NotOurs, PermanentError, TransientError
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState
from tests.support.worlds import IMAGE, SLEEP, World


def _wanted(world: World, *, content: bytes = b"1") -> system.Wanted:
    network = world.network()
    blueprint = Blueprint(
        name=system.system_name(world.env, "thing"),
        image=IMAGE,
        hostname="thing",
        labels={},
        environment={},
        network=network.name,
        command=SLEEP,
        address=str(ipaddress.IPv4Network(network.subnet)[2]),
    )
    return system.Wanted(env=world.env, blueprint=blueprint, files=(File(path="/opt/thing", content=content),))


def _found(world: World) -> Found:
    found = world.engine.find(system.system_name(world.env, "thing"))
    assert found is not None
    return found


def test_what_is_not_there_is_not_found(world: World) -> None:
    assert world.engine.find(f"{world.env}_system_thing") is None


def test_a_container_is_found_by_its_whole_name_only(world: World) -> None:
    made = world.running()
    found = world.engine.find(f"{world.env}-web-1")
    assert found is not None
    assert (found.id, found.state) == (made, EngineState.RUNNING)
    assert found.labels[keys.CLUSTER] == "web"
    assert found.image_id == world.engine.images([IMAGE])[IMAGE].id
    assert world.engine.find(made) is None
    assert world.engine.find(made[:12]) is None
    assert world.engine.find(f"{world.env}-web") is None


def test_a_kept_container_runs_at_its_address_and_is_no_instance(world: World) -> None:
    wanted = _wanted(world)
    kept = system.keep(world.engine, wanted, ())
    assert kept.made
    found = _found(world)
    assert (found.id, found.state) == (kept.id, EngineState.RUNNING)
    assert found.addresses == {wanted.blueprint.network: wanted.blueprint.address}
    assert world.listing().instances == {}
    assert world.listing().foreign == ()


def test_what_is_right_is_left_alone(world: World) -> None:
    first = system.keep(world.engine, _wanted(world), ())
    again = system.keep(world.engine, _wanted(world), (File(path="/opt/secret", content=b"new each time"),))
    assert again == system.Kept(id=first.id, made=False)


def test_other_files_make_another_container(world: World) -> None:
    first = system.keep(world.engine, _wanted(world), ())
    second = system.keep(world.engine, _wanted(world, content=b"2"), ())
    assert second.made
    assert second.id != first.id
    assert _found(world).id == second.id


def test_one_that_ended_or_hangs_is_made_anew_at_its_address(world: World) -> None:
    wanted = _wanted(world)
    first = system.keep(world.engine, wanted, ())
    world.crash(first.id)
    world.until(lambda: _found(world).state is EngineState.EXITED)
    assert _found(world).exit_code == 137
    assert _found(world).addresses == {}
    second = system.keep(world.engine, wanted, ())
    assert second.made
    world.freeze(second.id)
    third = system.keep(world.engine, wanted, ())
    assert third.made
    assert _found(world).addresses == {wanted.blueprint.network: wanted.blueprint.address}


def test_one_that_was_never_started_is_made_anew(world: World) -> None:
    wanted = _wanted(world)
    half = world.engine.create(replace(wanted.blueprint, labels=system.labelled(wanted)))
    assert system.keep(world.engine, wanted, ()).id != half


def test_somebody_elses_container_of_that_name_is_not_touched(world: World) -> None:
    wanted = _wanted(world)
    theirs = world.add_foreign(wanted.blueprint.name, {}, wanted.blueprint.network)
    with pytest.raises(NotOurs, match="isn't ours"):
        system.keep(world.engine, wanted, ())
    assert _found(world).id == theirs
    world.engine.remove(theirs)


def test_an_earlier_one_of_ours_is_not_adopted_under_other_labels(world: World) -> None:
    wanted = _wanted(world)
    world.engine.create(replace(wanted.blueprint, labels=system.labelled(wanted)))
    other = _wanted(world, content=b"2")
    with pytest.raises(TransientError, match="has the name"):
        world.engine.create(replace(other.blueprint, labels=system.labelled(other)))


def test_an_address_that_another_has_is_refused_and_nothing_half_made_stays(world: World) -> None:
    wanted = _wanted(world)
    system.keep(world.engine, wanted, ())
    name = system.system_name(world.env, "other")
    other = replace(wanted, blueprint=replace(wanted.blueprint, name=name))
    with pytest.raises(TransientError, match="another container has that address"):
        system.keep(world.engine, other, ())
    assert world.engine.find(name) is None


def test_an_image_that_is_missing_is_said_with_what_makes_it(world: World) -> None:
    wanted = _wanted(world)
    lacking = replace(wanted, blueprint=replace(wanted.blueprint, image="reconciler/nothing:latest"))
    with pytest.raises(PermanentError, match="reconciler images build nothing"):
        system.keep(world.engine, lacking, ())
