"""The loop and a registry: told again what it forgets, and never waited for."""

from tests.loop.turning import Turning

EUREKA = "discovery: {eureka: {app: WEB, url: 'http://192.0.2.1:8080/eureka/v2'}}\n"


def spec(size: int, colour: str = "blue", rollout: str = "bake: 0s") -> str:
    return (
        f"image: base:1\nsize: {size}\nenvironment: {{COLOUR: {colour}}}\nstop: {{grace: 1s, drain: 1s}}\n"
        f"rollout: {{{rollout}}}\n{EUREKA}"
    )


def words(world: Turning) -> dict[str, str]:
    return {one.name: one.registry for one in world.cluster("web").instances}


def begin(world: Turning, size: int = 2, rollout: str = "bake: 0s") -> None:
    world.start()
    world.save("web", spec(size, rollout=rollout))
    world.settle()
    world.registries.calls.clear()


def kinds(world: Turning, subject: str) -> list[str]:
    events = world.store.events(cluster="web")
    return [e.kind for e in events if e.subject == subject and e.kind in ("withdraw", "deactivate", "terminate")]


def test_a_registry_that_forgets_is_told_again_whom_to_hold_out(turning: Turning) -> None:
    red_black = "strategy: red-black, bake: 0s, red-black: {keep: 300s}"
    begin(turning, rollout=red_black)
    turning.save("web", spec(2, "red", red_black))
    turning.run_for(60.0)
    assert words(turning) == {"web1": "OUT_OF_SERVICE", "web2": "OUT_OF_SERVICE", "web3": "UP", "web4": "UP"}
    turning.registries.forget()
    turning.run_for(5.0)
    assert words(turning) == {"web1": "OUT_OF_SERVICE", "web2": "OUT_OF_SERVICE", "web3": "UP", "web4": "UP"}


def test_one_that_is_not_needed_is_withdrawn_in_order(turning: Turning) -> None:
    begin(turning)
    turning.save("web", spec(1))
    turning.settle()
    assert kinds(turning, "web-2") == ["withdraw", "deactivate", "terminate"]
    assert turning.registries.calls == [("deactivate", "web2")]


def test_a_deleted_cluster_is_withdrawn_too(turning: Turning) -> None:
    begin(turning, size=1)
    turning.delete("web")
    turning.settle()
    assert kinds(turning, "web-1") == ["withdraw", "deactivate", "terminate"]


def test_a_dead_registry_holds_up_no_push_and_is_told_once(turning: Turning) -> None:
    begin(turning)
    turning.registries.problem = "connection refused"
    turning.first = set(turning.engine.boxes)
    turning.save("web", spec(2, "red"))
    turning.run_for(60.0)
    assert len(turning.lost()) == 2
    assert kinds(turning, "web-1") == ["withdraw", "terminate"]
    row = turning.cluster("web")
    assert row.all_ready
    told = [(c.reason, c.message) for c in row.conditions if c.type == "Degraded" and c.status == "True"]
    assert told == [("EurekaUnreachable", "traffic is neither given nor withdrawn there: connection refused")]
    turning.registries.problem = ""
    turning.settle()
    notes = [event.cause for event in turning.store.events() if event.kind == "eureka"]
    assert notes == [
        "its Eureka can't be asked: connection refused; nothing waits for it",
        "its Eureka answers again, or isn't asked any more",
    ]


def test_who_is_held_out_gets_it_back_where_the_file_says_eureka_no_more(turning: Turning) -> None:
    red_black = "strategy: red-black, bake: 0s, red-black: {keep: 60s}"
    begin(turning, rollout=red_black)
    turning.save("web", spec(2, "red", red_black))
    turning.run_for(30.0)
    assert turning.registries.held == {"web1", "web2"}
    turning.save("web", spec(2, "blue", red_black).replace(EUREKA, ""))
    turning.run_for(10.0)
    assert not turning.registries.held & {"web1", "web2"}
    turning.settle()
    assert not turning.registries.places
