"""`terminate`: one instance, by its name; the loop is asked for exactly that container."""

from dataclasses import replace

from tests.unit.cli.conftest import FakeLoop, Run


def test_the_named_container_is_ended(run: Run, loop: FakeLoop) -> None:
    row = next(cluster for cluster in loop.world.clusters if cluster.instances and cluster.instances[0].id)
    instance = row.instances[0]
    for name in (f"{row.name}-{instance.number}", instance.name):
        loop.asked.clear()
        result = run("terminate", name, "--why", "it leaks")
        assert result.exit_code == 0, result.stderr
        assert loop.asked == [f"terminate {row.name} {instance.number} {instance.id} '' 'it leaks'"]
        assert "another one takes its place" in result.stdout


def test_a_cluster_is_no_instance(run: Run, loop: FakeLoop) -> None:
    name = loop.world.clusters[0].name
    result = run("terminate", name)
    assert result.exit_code == 64
    assert "name one of its instances" in result.stderr
    assert loop.asked == []


def test_one_that_is_only_being_made_can_not_be_ended(run: Run, loop: FakeLoop) -> None:
    row = loop.world.clusters[0]
    coming = replace(row, instances=tuple(replace(one, id="") for one in row.instances))
    loop.world = replace(loop.world, clusters=(coming,))
    assert run("terminate", f"{row.name}-{row.instances[0].number}").exit_code == 64


def test_waiting_ends_when_it_is_gone_and_enough_are_ready(run: Run, loop: FakeLoop) -> None:
    row = loop.world.clusters[0]
    name = f"{row.name}-{row.instances[0].number}"
    result = run("terminate", name, "--wait", "--timeout", "300ms")
    assert result.exit_code == 3
    assert f"Not replaced within 0.3 s: {row.ready} of {row.desired} ready" in result.stderr


def test_without_a_loop_it_says_so(run: Run) -> None:
    result = run("terminate", "webapp-1")
    assert result.exit_code == 1
    assert "reconciler run" in result.stderr
