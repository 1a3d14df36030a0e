"""Looking into instances through the services: lines of their logs, commands there, and the end of one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag

import pytest

from reconciler.api.operations import OperationRegister, OperationState
from reconciler.cli.services.containers import MOST_OUTPUT_BYTES, ContainerService
from reconciler.errors import ReconcilerError, UsageError
from reconciler.plan.status import ClusterStatus, Verdict
from tests.support.fake_backend import FakeBackend
from tests.support.fake_world import condition, healthy_world, instance, task

WAIT_SECONDS = 10.0


class FakeEngine:
    """Two streams in pieces that end anywhere; `asked` is what was run."""

    def __init__(self) -> None:
        self.pieces: list[tuple[bool, bytes]] = []
        self.answer: tuple[int | None, bytes] = (0, b"hello\n")
        self.asked: list[tuple[object, ...]] = []

    def logs(self, id: str, *, follow: bool, tail: int | None, stop: Flag) -> Iterator[tuple[bool, bytes]]:
        self.asked.append((id, follow, tail))
        for piece in self.pieces:
            if stop.is_set():
                return
            yield piece

    def capture(self, id: str, argv: Sequence[str], *, seconds: float, most_bytes: int) -> tuple[int | None, bytes]:
        self.asked.append((id, tuple(argv), seconds, most_bytes))
        return self.answer


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def loop() -> FakeBackend:
    return FakeBackend(healthy_world())


@pytest.fixture
def service(engine: FakeEngine, loop: FakeBackend) -> ContainerService:
    return ContainerService(loop=loop, engine=engine, operations=OperationRegister(), ready_seconds=WAIT_SECONDS)


def test_a_line_that_never_ends_is_not_kept_until_it_does(service: ContainerService, engine: FakeEngine) -> None:
    engine.pieces = [(False, b"x" * 16_384)] * 9

    assert [len(line) for line in service.follow_logs("webapp-2", 100, Flag())] == [65_536, 65_536, 16_384]


def test_lines_of_both_streams_stay_whole(service: ContainerService, engine: FakeEngine) -> None:
    engine.pieces = [(False, b"one\ntw"), (True, b"warn"), (False, b"o\r\n"), (True, b"ing\n"), (False, b"th\xffree")]

    assert service.logs("webapp-2", 100) == "one\ntwo\nwarning\nth�ree\n"
    assert engine.asked == [(instance("webapp", 2).id, False, 100)]


def test_followed_lines_come_with_a_breath_now_and_then_until_stopped(
    service: ContainerService, engine: FakeEngine
) -> None:
    engine.pieces = [(False, b"one\n"), (False, b""), (False, b"two\n"), (False, b"three\n")]
    stop = Flag()
    lines = service.follow_logs("webapp", 10, stop)

    assert [next(lines), next(lines), next(lines)] == ["one", "", "two"]
    stop.set()
    assert list(lines) == []


def test_who_is_not_there_is_said_before_anything_is_sent(service: ContainerService) -> None:
    with pytest.raises(ReconcilerError, match="no cluster or instance 'nobody'"):
        service.follow_logs("nobody", 10, Flag())


def test_what_has_ended_has_its_log_still(service: ContainerService, engine: FakeEngine, loop: FakeBackend) -> None:
    engine.pieces = [(False, b"done\n")]
    loop.state = replace(loop.state, clusters=(task("loader", Verdict.READY, "completed", 0),))

    assert service.logs("loader", 10) == "done\n"
    with pytest.raises(ReconcilerError, match="no running container"):
        service.execute("loader", ("id",), 1.0)


def test_a_command_is_run_in_the_instance_and_bounded(service: ContainerService, engine: FakeEngine) -> None:
    assert service.execute("webapp1", ("id", "-u"), 5.0).output == "hello\n"
    assert engine.asked[-1] == (instance("webapp", 1).id, ("id", "-u"), 5.0, MOST_OUTPUT_BYTES)

    engine.answer = (None, b"x" * (MOST_OUTPUT_BYTES + 1))
    cut = service.execute("webapp1", ("yes",), 5.0)
    assert (cut.exit_code, cut.cut_off, len(cut.output)) == (None, True, MOST_OUTPUT_BYTES)


@pytest.mark.parametrize(("command", "seconds"), [((), 5.0), (("",), 5.0), (("id",), 0.0), (("id",), 1e9)])
def test_a_command_that_cannot_be_is_refused(
    service: ContainerService, command: tuple[str, ...], seconds: float
) -> None:
    with pytest.raises(UsageError):
        service.execute("webapp1", command, seconds)


def test_a_terminated_instance_is_followed_until_it_is_replaced(service: ContainerService, loop: FakeBackend) -> None:
    begun = service.terminate("webapp-2", "console")
    assert loop.calls == [("terminate", "webapp", 2, instance("webapp", 2).id, "console", "")]

    loop.happens("webapp", "terminate", "webapp-2", "terminated by a person (console)")
    loop.happens("auth", "create", "auth-1", "size 1 -> 2")
    loop.state = replace(loop.state, clusters=tuple(_with_another(c) for c in loop.state.clusters))
    ended = service.operations.wait(begun.id, WAIT_SECONDS)

    assert ended is not None
    assert ended.state is OperationState.DONE
    assert ended.outcome.startswith("webapp-2 is gone, and 4 of 4 are ready after ")
    lines = [line.text for line in service.operations.log(begun.id, 0)]
    assert lines == ["terminate webapp-2: terminated by a person (console)"]


def _with_another(cluster: ClusterStatus) -> ClusterStatus:
    members = tuple(replace(one, id="f" * 64) if one.number == 2 else one for one in cluster.instances)
    ready = condition("Ready", "True", "AllReady")
    return replace(cluster, instances=members, conditions=(ready,)) if cluster.name == "webapp" else cluster


def test_one_that_is_not_replaced_in_time_has_failed(loop: FakeBackend, engine: FakeEngine) -> None:
    service = ContainerService(loop=loop, engine=engine, operations=OperationRegister(), ready_seconds=0.0)
    ended = service.operations.wait(service.terminate("webapp-2", "api").id, WAIT_SECONDS)

    assert ended is not None
    assert (ended.state, "not replaced within 0 s" in ended.outcome) == (OperationState.FAILED, True)


def test_who_stops_following_stops_nothing_else(service: ContainerService) -> None:
    begun = service.terminate("webapp-2", "api")
    service.operations.stop(begun.id)
    ended = service.operations.wait(begun.id, WAIT_SECONDS)

    assert ended is not None
    assert (ended.state, "all the same" in ended.outcome) == (OperationState.STOPPED, True)


def test_only_an_instance_is_terminated(service: ContainerService, loop: FakeBackend) -> None:
    with pytest.raises(UsageError, match="name one of its instances"):
        service.terminate("webapp", "api")
    assert loop.calls == []
