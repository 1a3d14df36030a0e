"""Which of the two places a DNS server gets when nobody says."""

import pytest

from reconciler.dns import placing
from reconciler.dns.listen import CannotListen, Reason
from reconciler.engine.ports import Engine, Network

NETWORK = Network(id="n", name="reconciler-dev", subnet="127.0.0.0/8", gateway="127.0.0.1")


class Freed:
    """What the loop before still has is let go of at the third try."""

    def __init__(self) -> None:
        self.tries = 0

    def close(self) -> None:
        pass

    def __call__(self, address: str, port: int) -> "Freed":
        self.tries += 1
        if self.tries < 3:
            raise CannotListen(f"{address}:{port} is taken", "taken")
        return self


def place(monkeypatch: pytest.MonkeyPatch, bind: object, *, stands: bool = False) -> bool:
    monkeypatch.setattr(placing, "bind", bind)
    monkeypatch.setattr(placing, "stands", lambda *_: stands)
    engine: Engine = None  # type: ignore[assignment]  # only handed on to `stands`
    return placing.belongs_in_container(engine, "dev", NETWORK)


def refusing(reason: Reason) -> object:
    def bind(address: str, port: int) -> object:
        raise CannotListen(f"{address}:{port}", reason)

    return bind


@pytest.mark.parametrize(("reason", "container"), [("denied", True), ("taken", True), ("missing", False)])
def test_a_port_that_cannot_be_ours_means_a_container(
    monkeypatch: pytest.MonkeyPatch, reason: Reason, container: bool
) -> None:
    monkeypatch.setattr(placing, "_PATIENCE_SECONDS", 0.0)
    assert place(monkeypatch, refusing(reason)) is container


def test_a_port_that_is_let_go_of_in_a_moment_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_AGAIN_SECONDS", 0.0)
    freed = Freed()
    assert place(monkeypatch, freed) is False
    assert freed.tries == 3


def test_where_a_container_stands_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert place(monkeypatch, Freed(), stands=True)
