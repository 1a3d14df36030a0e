"""The loop's side, with an engine in memory and a real server on loopback in the place of what would run inside."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from reconciler.dns.container import keeping
from reconciler.dns.container.feed import Feed
from reconciler.dns.container.keeping import Keeper
from reconciler.dns.container.notebook import Notebook
from reconciler.dns.container.service import Acknowledged
from reconciler.dns.container.settings import NOTES_PATH, TOKEN_PATH
from reconciler.engine import system
from reconciler.engine.names import EmbeddedNames
from reconciler.engine.ports import Blueprint, File
from reconciler.errors import EngineUnavailable, TransientError
from reconciler.state.image import Image
from reconciler.state.instance import EngineState
from reconciler.state.labels import network_name
from tests.support.fake_engine import FakeEngine
from tests.unit.dns.container.conftest import Inside, Until, record

IMAGE = "reconciler/skydns:latest"
NAME = "dev_system_skydns"


class Engine(FakeEngine):
    """Whose containers are all the one server of the test: what is uploaded arrives there."""

    def __init__(self, inside: Inside) -> None:
        super().__init__(images={IMAGE: Image(id="sha256:1")})
        self.inside = inside

    def upload(self, id: str, files: Sequence[File]) -> None:
        super().upload(id, files)
        for file in files:
            if file.path == TOKEN_PATH:
                self.inside.token_file.write_bytes(file.content)

    def crash(self, id: str, code: int = 137) -> None:
        super().crash(id, code)
        self.inside.parts.control._feed_from(None)

    def made(self) -> int:
        return sum(1 for method, _ in self.calls if method == "create")

    @property
    def box(self) -> Any:
        return next((box for box in self.boxes.values() if box.blueprint.name == NAME), None)


class Loop:
    """One loop's names and keeper."""

    def __init__(self, engine: Engine, *, files: tuple[File, ...] = (), notes: Notebook | None = None) -> None:
        network = engine.ensure_network("dev", None)
        blueprint = Blueprint(
            name=NAME, image=IMAGE, hostname="skydns", labels={}, environment={}, network=network_name("dev"),
            address=engine.inside.parts.control.address[0],
        )  # fmt: skip
        assert network.name == blueprint.network
        self.wanted = system.Wanted(env="dev", blueprint=blueprint, files=files)
        self.names = EmbeddedNames("dev", "host1")
        self.notes = notes or Notebook({})
        where = engine.inside.parts.control.address
        self.keeper = Keeper(engine, lambda: self.wanted, self.names.published, lambda: (), self.notes, where)
        self.names.watch(self.keeper.changed)
        self.acknowledged = Acknowledged(self.names, self.keeper)


@pytest.fixture
def engine(inside: Inside) -> Engine:
    return Engine(inside)


@pytest.fixture
def loop(engine: Engine) -> Iterator[Loop]:
    """A loop whose names nobody answers yet."""
    made = Loop(engine)
    yield made
    made.keeper.stop()


def test_the_container_is_made_once_and_told_what_is_published(loop: Loop, engine: Engine, until: Until) -> None:
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: engine.inside.names() == {"id1": record()})
    loop.names.publish("id2", record("webapp2", "10.5.0.12"))
    until(lambda: len(engine.inside.names()) == 2)
    loop.keeper.look_after()
    loop.names.publish("id3", record("webapp3", "10.5.0.13"))
    until(lambda: len(engine.inside.names()) == 3)
    assert engine.made() == 1
    assert loop.keeper.problem() == ""


def test_what_is_withdrawn_is_out_of_the_answers_when_that_returns(loop: Loop, engine: Engine, until: Until) -> None:
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    loop.acknowledged.withdraw("id1")
    assert engine.inside.names() == {}
    assert loop.acknowledged.published() == {}


def test_nobody_waits_for_a_server_that_is_not_there(loop: Loop) -> None:
    loop.names.publish("id1", record())
    assert not loop.keeper.await_gone("id1", seconds=1_000.0)


def test_a_dead_container_is_noticed_by_its_connection_and_made_anew(loop: Loop, engine: Engine, until: Until) -> None:
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    first = engine.box.id
    engine.crash(first)
    until(lambda: engine.box is not None and engine.box.id != first and loop.keeper.serving)
    assert engine.box.state is EngineState.RUNNING


def test_one_that_takes_connections_and_never_answers_is_made_anew(
    loop: Loop, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeping, "Feed", lambda where: Feed(where, 0.3))
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    first = engine.box.id
    with engine.inside.parts.held._lock:
        until(lambda: engine.box is not None and engine.box.id != first)
    until(lambda: loop.keeper.serving)
    assert any("runs and doesn't answer: it is made anew" in said for said in caplog.messages)


def test_one_that_hangs_stays_where_nothing_better_can_be_made(
    loop: Loop, engine: Engine, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "Feed", lambda where: Feed(where, 0.3))
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    first = engine.box.id
    del engine.known[IMAGE]
    with engine.inside.parts.held._lock:
        until(lambda: loop.keeper._silence.hung == first and not loop.keeper.serving)
        until(lambda: loop.keeper.problem().endswith("runs and doesn't answer"))
    until(lambda: loop.keeper.serving)
    assert engine.box.id == first


def test_one_that_somebody_removes_is_made_anew_without_a_warning(
    loop: Loop, engine: Engine, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    first = engine.box.id
    engine.failures.fail("create", TransientError("the one before it is still being removed", 0.01), times=3)
    engine.remove(first)
    engine.inside.parts.control._feed_from(None)
    until(lambda: engine.box is not None and engine.box.id != first and loop.keeper.serving)
    assert [entry.message for entry in caplog.records if entry.levelname == "WARNING"] == []


def test_a_removal_that_takes_for_ever_is_told_of(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop.keeper._stopped, "wait", lambda _: False)
    busy = system.BeingRemoved("the one before it is still being removed", 0.2)
    for _ in range(10):
        loop.keeper._failed(busy, lasted_seconds=0.0)
    assert loop.keeper.problem() == ""
    monkeypatch.setattr(keeping, "FREED_SECONDS", 0.0)
    for _ in range(2):
        loop.keeper._failed(busy, lasted_seconds=0.0)
    assert loop.keeper.problem().endswith("still being removed")


def test_a_missing_image_is_said_with_what_makes_it_and_comes_right_by_itself(
    loop: Loop, engine: Engine, until: Until
) -> None:
    image = engine.known.pop(IMAGE)
    loop.keeper.look_after()
    until(lambda: "reconciler images build skydns" in loop.keeper.problem())
    engine.known[IMAGE] = image
    until(lambda: loop.keeper.serving)
    assert loop.keeper.problem() == ""


def test_somebody_elses_container_is_left_alone_and_told_of(loop: Loop, engine: Engine, until: Until) -> None:
    theirs = engine.add_foreign(NAME)
    loop.keeper.look_after()
    until(lambda: "isn't ours" in loop.keeper.problem())
    assert engine.box.id == theirs
    assert engine.made() == 0


def test_a_rebuilt_image_replaces_the_container_at_the_next_look(loop: Loop, engine: Engine, until: Until) -> None:
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    first = engine.box.id
    engine.add_image(IMAGE)
    loop.keeper.look_after()
    until(lambda: engine.box is not None and engine.box.id != first and loop.keeper.serving)


def test_an_engine_that_is_away_takes_no_names_away(loop: Loop, engine: Engine, until: Until) -> None:
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    engine.go_away()
    loop.keeper.look_after()
    loop.names.publish("id1", record())
    until(lambda: "id1" in engine.inside.names())
    assert loop.keeper.problem() == ""


def test_the_next_loop_reads_back_what_is_answered_and_makes_nothing(loop: Loop, engine: Engine, until: Until) -> None:
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: engine.inside.names() == {"id1": record()})
    loop.keeper.stop()
    following = Loop(engine)
    assert following.keeper.recall() == {"id1": record()}
    following.names.replace({"id1": record()})
    following.keeper.look_after()
    until(lambda: following.keeper.serving)
    assert engine.made() == 1
    following.keeper.stop()


def test_where_nothing_stands_nothing_is_read_back(loop: Loop, engine: Engine) -> None:
    assert loop.keeper.recall() == {}
    engine.failures.fail("find", TransientError("made to fail"))
    assert loop.keeper.recall() == {}


def test_another_version_of_the_code_takes_the_place_of_the_one_before(
    loop: Loop, engine: Engine, until: Until
) -> None:
    loop.keeper.look_after()
    until(lambda: loop.keeper.serving)
    loop.keeper.stop()
    first = engine.box.id
    following = Loop(engine, files=(File(path="/opt/reconciler/new.py", content=b"1"),))
    following.keeper.look_after()
    until(lambda: following.keeper.serving)
    assert engine.box.id != first
    following.keeper.stop()


def test_what_the_server_left_out_by_itself_is_said_again(loop: Loop, engine: Engine, until: Until) -> None:
    """It was alone for a while: the loop's process was frozen, say."""
    loop.names.publish("id1", record())
    loop.keeper.look_after()
    until(lambda: "id1" in engine.inside.names())
    engine.inside.parts.held.leave_out({"id1"}, quiet_for=0.0)
    until(lambda: "id1" in engine.inside.names())


def test_what_others_registered_is_kept_and_given_to_the_next_container(
    loop: Loop, engine: Engine, until: Until
) -> None:
    engine.inside.parts.held._notebook.note("skydns:1", "one")
    loop.notes.note("skydns:old", "dropped meanwhile")
    loop.notes.note("other", "another's note")
    loop.keeper.look_after()
    until(lambda: loop.notes.notes() == {"skydns:1": "one", "other": "another's note"})
    engine.inside.parts.held._notebook.note("skydns:2", "two")
    until(lambda: "skydns:2" in loop.notes.notes())
    engine.crash(engine.box.id)
    until(lambda: loop.keeper.serving and engine.box is not None and engine.box.state is EngineState.RUNNING)
    assert json.loads(engine.box.files[NOTES_PATH].content) == {"skydns:1": "one", "skydns:2": "two"}


def test_one_that_ends_again_and_again_is_made_less_and_less_often(
    loop: Loop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(loop.keeper._stopped, "wait", waits.append)
    for _ in range(11):
        loop.keeper._failed(TransientError("container dev_system_skydns ended with code 1"), lasted_seconds=0.5)
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    loop.keeper._failed(TransientError("ended with code 137"), lasted_seconds=3_600.0)
    assert len(waits) == 10  # and that one at once
    assert loop.keeper.problem().endswith("ended with code 1")


def test_an_engine_that_was_away_for_long_is_asked_again_within_a_second(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(loop.keeper._stopped, "wait", waits.append)
    for _ in range(100):
        loop.keeper._failed(EngineUnavailable("looking: the engine does not answer"), lasted_seconds=0.0)
    assert set(waits) == {1.0}
