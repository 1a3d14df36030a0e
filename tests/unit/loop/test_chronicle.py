"""A state is told when it begins, when its reason changes and when it is over; numbers in it are no news."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.engine.store import Store
from reconciler.loop.chronicle import Chronicle
from reconciler.plan.plan import Wait
from reconciler.plan.world import Decision
from reconciler.spec.wanted import WantedWorld
from reconciler.state.observed import Channel, Observed

CHANNEL = Channel(since=0.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state.db", lambda _: None)
    yield made
    made.close()


def conclude(chronicle: Chronicle, channel: Channel = CHANNEL, **held: Wait) -> None:
    decision = Decision(plans=(), judgements={}, channel=channel, held=held)
    chronicle.conclusions(WantedWorld(), Observed(channel=channel), decision)


def test_a_held_deletion_is_told_once_however_its_numbers_change(store: Store) -> None:
    chronicle = Chronicle(store)
    for count in (5, 4, 3):
        conclude(chronicle, web=Wait(reason="MassDeletion", message=f"{count} clusters"))
    conclude(chronicle, web=Wait(reason="DirectoryUntrusted", message="gone"))
    conclude(chronicle)
    assert [event.cause for event in store.events()] == ["5 clusters", "gone", "not held any more"]


def test_a_suspected_channel_is_told_once_however_many_are_silent(store: Store) -> None:
    chronicle = Chronicle(store)
    for reason in ("3 of 9 instances fell silent", "4 of 9 instances fell silent", "zone a fell silent"):
        conclude(chronicle, Channel(since=0.0, blind_since=1.0, reason=reason))
    conclude(chronicle)
    assert [event.cause.split(":")[0] for event in store.events()] == [
        "3 of 9 instances fell silent", "zone a fell silent", "trusted again",
    ]  # fmt: skip
