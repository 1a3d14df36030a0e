"""What every engine does, told by its effects: each test runs against the fake and against Docker."""

import ipaddress
import threading
from dataclasses import replace

import pytest

from reconciler.engine.ports import EngineEvent, File
from reconciler.errors import EngineUnavailable, NotOurs, PermanentError, TransientError
from reconciler.spec.cluster import Port
from reconciler.state import labels as keys
from reconciler.state.instance import EngineState, Instance
from tests.support.worlds import BUSY, IMAGE, STUBBORN, World

NOBODY = "0123456789abcdef" * 4


def test_it_says_who_it_is(world: World) -> None:
    info = world.engine.info()
    assert info.id
    assert info.hostname
    assert tuple(map(int, info.api_version.split("."))) >= (1, 41)
    assert world.engine.info() == info


def test_an_empty_environment_lists_nothing(world: World) -> None:
    assert world.listing().instances == {}
    assert world.listing().foreign == ()


def test_a_created_instance_is_listed_as_its_labels_say(world: World) -> None:
    world.network()
    made = world.engine.create(world.blueprint(3))
    found = world.instance(made)
    assert found is not None
    assert (found.container, found.cluster, found.number) == (f"{world.env}-web-3", "web", 3)
    assert (found.zone, found.revision, found.spec_hash) == ("az1", "v000", "0123456789ab")
    assert (found.attempt, found.token_sha256) == (2, "aa")
    assert found.image_id == world.engine.images([IMAGE])[IMAGE].id
    assert (found.state, found.exit_code, found.address) == (EngineState.CREATED, None, None)


def test_instances_are_listed_by_cluster_and_number(world: World) -> None:
    world.network()
    for number in (2, 10, 1):
        world.engine.create(world.blueprint(number))
    world.engine.create(world.blueprint(1, cluster="auth"))
    listing = world.listing()
    assert {name: [one.number for one in group] for name, group in listing.instances.items()} == {
        "auth": [1],
        "web": [1, 2, 10],
    }


def test_a_started_instance_runs_with_an_address_of_the_network(world: World) -> None:
    network = world.network()
    found = world.instance(world.running())
    assert found is not None
    assert found.state is EngineState.RUNNING
    assert found.address is not None
    assert ipaddress.ip_address(found.address) in ipaddress.ip_network(network.subnet)
    assert found.address != network.gateway


def test_starting_what_runs_is_done(world: World) -> None:
    made = world.running()
    world.engine.start(made)
    found = world.instance(made)
    assert found is not None
    assert found.state is EngineState.RUNNING


def test_starting_what_is_gone_is_tried_again_later(world: World) -> None:
    with pytest.raises(TransientError):
        world.engine.start(NOBODY)


def test_the_same_blueprint_twice_is_one_container(world: World) -> None:
    """The reply to the first request may have been lost."""
    world.network()
    first = world.engine.create(world.blueprint())
    assert world.engine.create(world.blueprint()) == first
    assert len(world.listing().instances["web"]) == 1


def test_an_earlier_one_with_another_token_is_not_taken_over(world: World) -> None:
    world.network()
    world.engine.create(world.blueprint(token="aa"))
    with pytest.raises(TransientError):
        world.engine.create(world.blueprint(token="bb"))


def test_a_name_that_somebody_else_has_is_not_ours(world: World) -> None:
    world.network()
    theirs = world.add_foreign(f"{world.env}-web-1", {}, "bridge")
    with pytest.raises(NotOurs, match="isn't ours"):
        world.engine.create(world.blueprint())
    assert world.listing().instances == {}
    world.engine.remove(theirs)


def test_an_image_that_is_missing_is_said_plainly(world: World) -> None:
    world.network()
    with pytest.raises(PermanentError, match="No such image"):
        world.engine.create(world.blueprint(image="reconciler.test/nothing:here"))


def test_labels_that_belong_to_another_name_are_foreign(world: World) -> None:
    network = world.network()
    labels = world.blueprint(1).labels
    theirs = world.add_foreign(f"{world.env}-other-9", labels, network.name)
    (found,) = world.listing().foreign
    assert (found.id, found.container) == (theirs, f"{world.env}-other-9")
    assert f"{world.env}-web-1" in found.reason
    assert world.listing().instances == {}


def test_one_on_another_network_is_foreign(world: World) -> None:
    world.network()
    theirs = world.add_foreign(f"{world.env}-web-1", world.blueprint(1).labels, "bridge")
    (found,) = world.listing().foreign
    assert found.id == theirs
    assert keys.network_name(world.env) in found.reason


def test_helpers_and_other_environments_are_not_listed(world: World) -> None:
    network = world.network()
    helper = {keys.ENV: world.env, keys.ROLE: "fault"}
    world.add_foreign(f"{world.env}_fault_1", helper, network.name)
    stranger = {**world.blueprint(1).labels, keys.ENV: f"{world.env}x"}
    world.add_foreign(f"{world.env}x-web-1", stranger, network.name)
    assert world.listing().instances == {}
    assert world.listing().foreign == ()


def test_one_killed_from_outside_is_listed_with_its_exit_code(world: World) -> None:
    made = world.running()
    world.crash(made)
    found = world.until(lambda: _in_state(world, made, EngineState.EXITED))
    assert found.exit_code == 137
    assert found.address is None


def test_the_record_of_a_task_is_listed_with_how_it_ended(world: World) -> None:
    world.network()
    blueprint = world.blueprint(1)
    made = world.engine.create(replace(blueprint, labels={**blueprint.labels, keys.ROLE: keys.TASK_ROLE}))
    world.engine.start(made)
    running = world.instance(made)
    assert running is not None
    assert running.task
    world.crash(made)
    record = world.until(lambda: _in_state(world, made, EngineState.EXITED))
    assert (record.task, record.exit_code, record.address) == (True, 137, None)


def test_a_frozen_one_is_listed_as_paused_and_keeps_its_address(world: World) -> None:
    made = world.running()
    world.freeze(made)
    found = world.instance(made)
    assert found is not None
    assert found.state is EngineState.PAUSED
    assert found.alive
    assert found.address is not None


def test_sigterm_ends_what_heeds_it(world: World) -> None:
    made = world.running()
    world.engine.signal(made, "SIGTERM")
    found = world.until(lambda: _in_state(world, made, EngineState.EXITED))
    assert found.exit_code == 143


def test_sigterm_thaws_a_frozen_one_so_that_it_can_end(world: World) -> None:
    made = world.running()
    world.freeze(made)
    world.engine.signal(made, "SIGTERM")
    world.until(lambda: _in_state(world, made, EngineState.EXITED))


def test_sigkill_ends_a_frozen_one(world: World) -> None:
    made = world.running()
    world.freeze(made)
    world.engine.signal(made, "SIGKILL")
    found = world.until(lambda: _in_state(world, made, EngineState.EXITED))
    assert found.exit_code == 137


def test_sigkill_ends_what_ignores_sigterm(world: World) -> None:
    made = world.running(command=STUBBORN)
    world.engine.signal(made, "SIGKILL")
    world.until(lambda: _in_state(world, made, EngineState.EXITED))


def test_a_signal_to_what_has_ended_or_gone_is_done(world: World) -> None:
    made = world.running()
    world.crash(made)
    world.until(lambda: _in_state(world, made, EngineState.EXITED))
    world.engine.signal(made, "SIGTERM")
    world.engine.signal(made, "SIGKILL")
    world.engine.signal(NOBODY, "SIGTERM")


def test_removing_takes_what_runs_what_is_frozen_and_what_is_gone(world: World) -> None:
    running, frozen = world.running(1), world.running(2)
    world.freeze(frozen)
    for id_ in (running, frozen, running, NOBODY):
        world.engine.remove(id_)
    assert world.listing().instances == {}


def test_removing_by_name_is_refused(world: World) -> None:
    """A name may be another's by the time the request arrives; an id can't."""
    made = world.running()
    with pytest.raises(PermanentError):
        world.engine.remove(f"{world.env}-web-1")
    assert world.instance(made) is not None


def test_a_number_is_free_once_its_container_is_removed(world: World) -> None:
    first = world.running()
    world.engine.remove(first)
    assert world.running() != first


def test_up_seconds_count_from_the_start(world: World) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    assert world.engine.up_seconds(made) == 0.0
    world.engine.start(made)
    first = world.until(lambda: world.engine.up_seconds(made))
    assert 0.0 < first < 20.0
    assert world.until(lambda: world.engine.up_seconds(made) > first)
    assert world.engine.up_seconds(NOBODY) == 0.0


def test_what_a_container_uses_is_told_while_it_runs(world: World) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    assert world.engine.usage(made) is None
    assert world.engine.usage(NOBODY) is None
    busy = world.running(2, command=BUSY)
    first = world.until(lambda: world.engine.usage(busy))
    assert first.memory_bytes > 0
    world.until(lambda: (later := world.engine.usage(busy)) and later.cpu_seconds > first.cpu_seconds)
    world.crash(busy)
    world.until(lambda: _in_state(world, busy, EngineState.EXITED))
    assert world.engine.usage(busy) is None


def test_files_go_into_a_created_container(world: World) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    world.engine.upload(made, [File(path="/run/secrets/key", content=b"\x00secret\n", owner=33)])
    world.engine.upload(made, [])


def test_files_for_what_is_gone_or_with_a_bad_path_are_refused(world: World) -> None:
    world.network()
    made = world.engine.create(world.blueprint())
    for path in ("relative", "/a/../b", "/directory/"):
        with pytest.raises(PermanentError):
            world.engine.upload(made, [File(path=path, content=b"")])
    with pytest.raises(TransientError):
        world.engine.upload(NOBODY, [File(path="/a", content=b"")])


def test_a_host_port_has_one_owner(world: World) -> None:
    world.network()
    published = ((Port(container=80, host_first=38471, host_last=38471), 38471),)
    first = world.engine.create(world.blueprint(1, published=published))
    world.engine.start(first)
    second = world.engine.create(world.blueprint(2, published=published))
    with pytest.raises(TransientError, match="port is already allocated"):
        world.engine.start(second)
    world.engine.remove(first)
    world.engine.start(second)


def test_the_network_is_made_once(world: World) -> None:
    first = world.engine.ensure_network(world.env, None)
    assert world.engine.ensure_network(world.env, None) == first
    assert world.engine.ensure_network(world.env, first.subnet) == first
    assert first.name == f"reconciler-{world.env}"
    assert ipaddress.ip_address(first.gateway) in ipaddress.ip_network(first.subnet)


def test_another_subnet_for_a_network_that_is_there_is_refused(world: World) -> None:
    world.network()
    with pytest.raises(PermanentError, match="it is there with subnet"):
        world.engine.ensure_network(world.env, "10.99.0.0/24")


def test_a_subnet_that_is_none_is_refused(world: World) -> None:
    for text in ("10.99.0.1/24", "ten", "10.99.0.0/31"):
        with pytest.raises(PermanentError, match="subnet"):
            world.engine.ensure_network(world.env, text)


def test_two_who_make_the_network_at_once_get_the_same(world: World) -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(world.network())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1] == world.network()


def test_images_are_found_and_missing_ones_left_out(world: World) -> None:
    found = world.engine.images([IMAGE, "reconciler.test/nothing:here", IMAGE])
    assert list(found) == [IMAGE]
    assert found[IMAGE].id.startswith("sha256:")
    assert not found[IMAGE].has_agent


def test_an_image_is_found_and_used_by_its_id_too(world: World) -> None:
    """A rollout that goes back makes instances of an image whose tag means another one by now."""
    id = world.engine.images([IMAGE])[IMAGE].id
    assert world.engine.images([id, f"sha256:{'0' * 64}"]) == {id: world.engine.images([IMAGE])[IMAGE]}
    world.network()
    found = world.instance(world.engine.create(replace(world.blueprint(), image=id)))
    assert found is not None
    assert found.image_id == id


def test_pulling_what_is_there_asks_nobody(world: World) -> None:
    world.engine.pull(IMAGE, "missing")
    world.engine.pull(IMAGE, "never")
    with pytest.raises(PermanentError, match="never"):
        world.engine.pull("reconciler.test/nothing:here", "never")


def test_events_tell_what_happened_to_which_cluster(world: World) -> None:
    stop, subscribed = threading.Event(), threading.Event()
    seen: list[EngineEvent] = []

    def follow() -> None:
        for event in world.engine.events(world.env, stop):
            if event is None:
                subscribed.set()
            else:
                seen.append(event)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert subscribed.wait(10)
        made = world.running()
        world.crash(made)
        world.until(lambda: {"create", "start", "die"} <= {one.action for one in seen if one.id == made})
        world.engine.remove(made)
        world.until(lambda: "destroy" in {one.action for one in seen})
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
    assert {one.cluster for one in seen if one.kind == "container"} == {"web"}


def test_a_closed_engine_is_unavailable(world: World) -> None:
    world.engine.close()
    with pytest.raises(EngineUnavailable):
        world.engine.info()


def test_a_blueprint_with_more_labels_than_the_present_one_is_another(world: World) -> None:
    world.network()
    plain = world.blueprint()
    world.engine.create(plain)
    with pytest.raises(TransientError):
        world.engine.create(replace(plain, labels={**plain.labels, "extra": "1"}))


def _in_state(world: World, id_: str, state: EngineState) -> Instance | None:
    found = world.instance(id_)
    return found if found is not None and found.state is state else None
