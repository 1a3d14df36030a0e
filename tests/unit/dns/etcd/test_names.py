"""The port on a small etcd that can fail in every way; tests/e2e/test_names_etcd.py asks a real one."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from reconciler.dns.etcd import keeper, watching
from reconciler.dns.etcd.layout import Layout
from reconciler.dns.etcd.names import EtcdNames
from reconciler.engine.logs import masked
from reconciler.engine.names import EmbeddedNames
from reconciler.errors import PermanentError
from reconciler.state.records import Record
from tests.support.fake_etcd import FakeEtcd

RECORD = Record(instance="webapp1", cluster="webapp", zone="az1", revision="v001", address="10.5.0.11", ready=True)
LAYOUT = Layout(env="dev", domain="docker", host="box")
FULL = "/skydns/docker/dev/webapp/v001/az1/box/webapp1"
KEYS = frozenset(LAYOUT.values("id1", RECORD))


class Loop:
    """What a loop does with its names, and how often it was told to look."""

    def __init__(self, etcd: FakeEtcd, account: str = "") -> None:
        self.told = threading.Event()
        self.inner = EmbeddedNames("dev", "box")
        self.names = EtcdNames(
            f"etcd://{account}127.0.0.1:{etcd.port}",
            env="dev", domain="docker", host="box", inner=self.inner, on_change=self.told.set,
        )  # fmt: skip

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Look again whenever there is news, as the loop does."""
        deadline_at = time.monotonic() + seconds
        while not condition():
            left = deadline_at - time.monotonic()
            assert left > 0, f"not within {seconds:g} s; {self.names.problem()}"
            self.told.wait(min(left, 0.05))
            self.told.clear()

    def connected(self) -> "Loop":
        self.names.start()
        self.until(lambda: self.names.problem() == "")
        return self


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(keeper, "MEND_SECONDS", 0.02)
    monkeypatch.setattr(keeper, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(keeper, "LAST_RETRY_SECONDS", 0.05)


@pytest.fixture
def etcd() -> Iterator[FakeEtcd]:
    made = FakeEtcd()
    yield made
    made.silent = False
    if not made.away:
        made.hang_up()


@pytest.fixture
def loop(etcd: FakeEtcd) -> Iterator[Loop]:
    made = Loop(etcd)
    yield made
    made.names.close()


def test_what_is_published_is_in_etcd_under_a_lease_when_the_call_is_back(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    assert set(etcd.keys) == KEYS
    assert {kept.lease for kept in etcd.keys.values()} == etcd.leases
    assert loop.names.published() == {"id1": RECORD}


def test_what_is_withdrawn_is_gone_when_the_call_is_back(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    loop.names.withdraw("id1")
    assert etcd.keys == {}
    assert loop.names.published() == {}
    assert loop.inner.published() == {}


def test_an_address_that_is_none_is_refused(etcd: FakeEtcd, loop: Loop) -> None:
    with pytest.raises(PermanentError, match="is no IPv4 address"):
        loop.connected().names.publish("id1", replace(RECORD, address="webapp"))
    assert etcd.keys == {}


def test_without_etcd_names_are_kept_and_the_problem_says_what_to_do(etcd: FakeEtcd, loop: Loop) -> None:
    etcd.hang_up()
    loop.names.start()
    loop.until(lambda: "can't be reached" in loop.names.problem())
    loop.names.publish("id1", RECORD)
    assert loop.names.published() == {"id1": RECORD}
    assert f"etcd at 127.0.0.1:{etcd.port}" in loop.names.problem()
    assert "start it" in loop.names.problem()


def test_what_was_published_without_etcd_is_written_when_it_comes(etcd: FakeEtcd, loop: Loop) -> None:
    etcd.hang_up()
    loop.names.start()
    loop.names.publish("id1", RECORD)
    etcd.listen()
    etcd.until(lambda: set(etcd.keys) == KEYS)


def test_after_a_wipe_everything_is_put_back(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected()
    records = {f"id{n}": replace(RECORD, instance=f"webapp{n}", address=f"10.5.0.{n}") for n in range(1, 101)}
    for id, record in records.items():
        loop.names.publish(id, record)
    before = set(etcd.keys)
    etcd.hang_up()
    etcd.wipe()
    etcd.listen()
    etcd.until(lambda: set(etcd.keys) == before)
    loop.until(lambda: loop.names.problem() == "")
    assert loop.names.published() == records


def test_what_was_withdrawn_while_etcd_was_away_does_not_come_back(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    etcd.hang_up()
    loop.until(lambda: loop.names.problem() != "")
    loop.names.withdraw("id1")
    etcd.listen()
    etcd.until(lambda: not etcd.keys)
    loop.until(lambda: loop.names.problem() == "")
    assert loop.names.published() == {}


def test_what_others_delete_is_told_and_put_back(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    loop.told.clear()
    etcd.delete(FULL)
    etcd.until(lambda: FULL in etcd.keys)
    assert loop.told.wait(10)
    loop.until(lambda: loop.names.published() == {"id1": RECORD})


def test_ones_own_writing_is_no_news(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected()
    loop.told.clear()
    for number in range(20):
        loop.names.publish("id1", replace(RECORD, ready=bool(number % 2)))
    loop.names.withdraw("id1")
    assert not loop.told.is_set()


def test_a_lost_lease_is_replaced_and_all_is_put_under_the_new_one(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    (lost,) = etcd.leases
    etcd.forget_leases()
    etcd.until(lambda: set(etcd.keys) == KEYS)
    assert {kept.lease for kept in etcd.keys.values()} == etcd.leases
    assert lost not in etcd.leases


def test_the_next_run_takes_over_what_it_finds_without_a_gap(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected().names.publish("id1", RECORD)
    loop.names.close()
    versions = {key: kept.version for key, kept in etcd.keys.items()}
    after = Loop(etcd).connected()
    assert after.names.published() == {"id1": RECORD}
    assert after.inner.published() == {"id1": RECORD}
    assert {key: kept.version - 1 for key, kept in etcd.keys.items()} == versions
    after.names.withdraw("id1")
    assert etcd.keys == {}
    after.names.close()


def test_keys_of_others_are_left_alone(etcd: FakeEtcd, loop: Loop) -> None:
    others = {
        "/skydns/docker/dev/webapp/x1": '{"host":"1.2.3.4"}',
        "/skydns/docker/prod/webapp/x1": "no json",
        **Layout(env="dev", domain="docker", host="elsewhere").values("id9", replace(RECORD, address="10.9.0.9")),
        **Layout(env="dev", domain="other", host="box").values("id8", replace(RECORD, address="10.9.0.8")),
    }
    for key, value in others.items():
        etcd.put(key, value)
    loop.connected().names.publish("id1", RECORD)
    loop.names.withdraw("id1")
    assert set(etcd.keys) == set(others)
    assert {kept.version for kept in etcd.keys.values()} == {1}
    assert loop.names.problem() == ""


def test_a_foreign_value_in_our_place_is_told_and_left(etcd: FakeEtcd, loop: Loop) -> None:
    etcd.put(FULL, '{"host":"1.2.3.4"}')
    loop.connected().names.publish("id1", RECORD)
    assert etcd.value(FULL) == {"host": "1.2.3.4"}
    assert FULL in loop.names.problem()
    assert f"etcdctl del {FULL}" in loop.names.problem()
    assert loop.names.published() == {"id1": RECORD}
    etcd.delete(FULL)
    etcd.until(lambda: FULL in etcd.keys)
    loop.until(lambda: loop.names.problem() == "")


def test_a_silent_etcd_is_noticed_and_delays_nobody_then(
    etcd: FakeEtcd, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.connected()
    etcd.silent = True
    loop.until(lambda: "does not answer in time" in loop.names.problem())
    waited: list[str] = []
    condition = loop.names._keeper.changed
    real = condition.wait

    def wait(timeout: float | None = None) -> bool:
        waited.append(threading.current_thread().name)
        return real(timeout)

    with monkeypatch.context() as patched:
        patched.setattr(condition, "wait", wait)
        loop.names.publish("id1", RECORD)
    assert threading.current_thread().name not in waited
    etcd.silent = False
    with etcd.changed:
        etcd.changed.notify_all()
    etcd.until(lambda: set(etcd.keys) == KEYS)


def test_an_etcd_that_takes_nothing_more_is_a_problem_in_its_own_words(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected()
    etcd.refuses = "etcdserver: mvcc: database space exceeded"
    loop.names.publish("id1", RECORD)
    loop.until(lambda: "database space exceeded" in loop.names.problem())
    assert loop.names.published() == {"id1": RECORD}
    etcd.refuses = ""
    etcd.until(lambda: set(etcd.keys) == KEYS)


def test_a_program_that_is_no_etcd_is_said(etcd: FakeEtcd, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etcd, "_call_kv_txn", lambda _body: (200, {"hello": "world"}))
    loop.names.start()
    loop.until(lambda: "answers as no etcd does" in loop.names.problem())


def test_a_user_says_who_it_is(etcd: FakeEtcd) -> None:
    etcd.user = ("root", "secret")
    known, stranger = Loop(etcd, "root:secret@"), Loop(etcd, "root:wrong@")
    known.connected().names.publish("id1", RECORD)
    assert set(etcd.keys) == KEYS
    stranger.names.start()
    stranger.until(lambda: "authentication failed" in stranger.names.problem())
    assert "wrong" not in stranger.names.problem()
    known.names.close()
    stranger.names.close()


def test_what_was_put_into_the_embedded_names_by_others_is_wanted_here_too(etcd: FakeEtcd, loop: Loop) -> None:
    """A DNS server in a container gives back what it answered before the loop came."""
    loop.inner.replace({"id1": RECORD})
    loop.connected()
    etcd.until(lambda: set(etcd.keys) == KEYS)
    loop.inner.replace({})
    loop.until(lambda: not loop.names.published() and not etcd.keys)


def test_the_second_member_is_used_where_the_first_does_not_answer(etcd: FakeEtcd) -> None:
    loop = Loop(etcd, "127.0.0.1:1,").connected()
    loop.names.publish("id1", RECORD)
    assert set(etcd.keys) == KEYS
    loop.names.close()


def test_a_watch_that_was_silent_for_long_goes_on_where_it_was(
    etcd: FakeEtcd, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SILENT_SECONDS", 0.05)
    loop.connected().names.publish("id1", RECORD)
    etcd.until(lambda: etcd.watches >= 3)
    etcd.delete(FULL)
    etcd.until(lambda: FULL in etcd.keys)
    assert etcd.calls.count("lease/grant") == 1, "it was one session all along"


@pytest.mark.parametrize("seed", range(6))
def test_after_any_disorder_etcd_has_what_is_wanted_and_nothing_else_of_ours(
    etcd: FakeEtcd, loop: Loop, seed: int
) -> None:
    rng = random.Random(seed)
    loop.connected()
    foreign = {"/skydns/docker/dev/webapp/x1": '{"host":"1.2.3.4"}'}
    etcd.put(*next(iter(foreign.items())))
    wanted: dict[str, Record] = {}
    disorder: list[Callable[[], None]] = [
        etcd.forget_leases, etcd.break_streams, etcd.hang_up,
        lambda: etcd.delete(*rng.choices([*etcd.keys, FULL], k=3)),
    ]  # fmt: skip
    for _ in range(40):
        number = rng.randrange(8)
        id, address = f"id{number}", f"10.5.0.{rng.choice([number, 99])}"
        if rng.random() < 0.3:
            loop.names.withdraw(id)
            wanted.pop(id, None)
        else:
            ports = rng.choice([(), (80,), (80, 443)])
            wanted[id] = replace(
                RECORD, instance=f"webapp{number}", address=address, ports=ports, ready=rng.random() < 0.6
            )
            loop.names.publish(id, wanted[id])
        if rng.random() < 0.3:
            rng.choice(disorder)()
        if etcd.away and rng.random() < 0.5:
            etcd.listen()
    if etcd.away:
        etcd.listen()
    keys = {key for id, record in wanted.items() for key in LAYOUT.values(id, record)}
    etcd.until(lambda: set(etcd.keys) - foreign.keys() == keys)
    loop.until(lambda: loop.names.problem() == "" and loop.names.published() == wanted)


def test_several_publish_at_once_and_nothing_is_lost(etcd: FakeEtcd, loop: Loop) -> None:
    loop.connected()
    records = {f"id{n}": replace(RECORD, instance=f"webapp{n}", address=f"10.5.0.{n}") for n in range(1, 41)}

    def publish(start: int) -> None:
        for n in range(start, 41, 8):
            loop.names.publish(f"id{n}", records[f"id{n}"])

    threads = [threading.Thread(target=publish, args=(start,)) for start in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loop.names.published() == records
    assert len(etcd.keys) == 3 * len(records) + 1


def test_a_wrong_password_is_told_in_the_log_without_a_word_missing(
    etcd: FakeEtcd, caplog: pytest.LogCaptureFixture
) -> None:
    etcd.user = ("root", "right")
    loop = Loop(etcd, "root:wrong@")
    try:
        with caplog.at_level("WARNING", logger="reconciler"):
            loop.names.start()
            loop.until(lambda: "authentication failed" in loop.names.problem())
            loop.until(lambda: any("authentication failed" in message for message in caplog.messages))
    finally:
        loop.names.close()
    told = next(message for message in caplog.messages if "authentication failed" in message)
    assert masked(told) == told
