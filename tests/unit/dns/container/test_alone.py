"""While nobody speaks: who gives no sign of life is left out, until the loop has its say."""

import errno
import socket
from collections.abc import Collection
from contextlib import ExitStack
from threading import Event

import pytest

from reconciler.dns.container.alone import QUIET_SECONDS, Alone, silent
from reconciler.dns.container.held import DOCKER_RESOLVER, Held
from reconciler.dns.container.notebook import Notebook
from reconciler.dns.container.protocol import NOTHING, Table
from reconciler.engine.names import EmbeddedNames
from reconciler.state.records import Record
from tests.unit.dns.container.conftest import record

RECORDS = {"id1": record(), "id2": record("webapp2", "10.5.0.12")}


class Situation:
    """What is held, a clock that tests move, and who is silent in each look."""

    def __init__(self) -> None:
        self.now = 100.0
        self.names = EmbeddedNames("dev", "host1")
        self.held = Held(self.names, Notebook({}), lambda: self.now)
        self.held.take(Table(version=1, records=RECORDS))
        self.silence: list[set[str]] = []
        self.sounded: list[set[str]] = []
        self.failing = False
        self.meanwhile: Table | None = None
        self.alone = Alone(self.held, self._sound)

    def _sound(self, addresses: Collection[str]) -> set[str]:
        self.sounded.append(set(addresses))
        if self.failing:
            raise OSError(errno.EMFILE, "Too many open files")
        if self.meanwhile is not None:
            self.held.take(self.meanwhile)
        return self.silence.pop(0) if self.silence else set()

    @property
    def answered(self) -> dict[str, Record]:
        return dict(self.names.published())


def test_nobody_is_asked_while_the_loop_speaks() -> None:
    here = Situation()
    here.now += QUIET_SECONDS - 0.1
    here.alone.look()
    assert here.sounded == []


def test_what_is_silent_twice_is_left_out_of_all_its_names() -> None:
    here = Situation()
    here.now += QUIET_SECONDS
    here.silence = [{"10.5.0.11"}, {"10.5.0.11"}]
    here.alone.look()
    assert here.sounded == [{"10.5.0.11", "10.5.0.12"}, {"10.5.0.11"}]
    assert here.answered == {"id2": RECORDS["id2"]}


def test_what_answers_the_second_time_stays() -> None:
    here = Situation()
    here.now += QUIET_SECONDS
    here.silence = [{"10.5.0.11"}, set()]
    here.alone.look()
    assert here.answered == RECORDS


def test_what_was_left_out_comes_back_by_the_loops_word_only() -> None:
    here = Situation()
    here.now += QUIET_SECONDS
    here.silence = [{"10.5.0.11"}, {"10.5.0.11"}]
    here.alone.look()
    here.alone.look()
    assert here.answered == {"id2": RECORDS["id2"]}
    assert here.held.contact().version == NOTHING  # so the loop says all again
    here.held.take(Table(version=2, records=RECORDS))
    assert here.answered == RECORDS


def test_the_loop_that_comes_back_during_a_look_knows_better() -> None:
    here = Situation()
    here.now += QUIET_SECONDS
    here.silence = [{"10.5.0.11"}, {"10.5.0.11"}]
    here.meanwhile = Table(version=2, records=RECORDS)
    here.alone.look()
    assert here.answered == RECORDS


def test_other_names_go_to_dockers_own_resolver_where_the_host_has_none_in_reach() -> None:
    here = Situation()
    assert here.held.upstreams() == (DOCKER_RESOLVER,)
    here.held.take(Table(version=2, upstreams=("10.0.0.53",)))
    assert here.held.upstreams() == ("10.0.0.53",)


def test_a_refused_and_an_accepted_connection_are_signs_of_life() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert silent(["127.0.0.1"], port) == set()
    assert silent(["127.0.0.1"], port) == set()


def test_who_says_nothing_at_all_is_silent() -> None:
    """A queue that is full takes no further connection, and doesn't say so: like an address that nobody has."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(("127.0.0.1", port))
        assert silent({f"127.0.0.{number}" for number in range(1, 40)}, port, seconds=0.2) == {"127.0.0.1"}


def test_without_a_socket_to_look_with_nobody_is_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Situation()
    here.now += QUIET_SECONDS
    looks = iter([False, False, True])
    stopped = Event()
    monkeypatch.setattr(stopped, "wait", lambda _: next(looks))
    here.failing = True
    here.alone.run(stopped)
    assert len(here.sounded) == 2
    assert here.answered == RECORDS
