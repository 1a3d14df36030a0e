"""The engine's stream of events, told as hints to look; the engine here is a list of messages."""

import threading
from typing import Any, cast

import pytest

from reconciler.engine.docker import events
from reconciler.engine.docker.api import Api
from reconciler.state import labels as keys


class Said:
    """An engine that tells what it is given; `order` is what happened, in order."""

    base_url, tls_directory = "unix:///nowhere", None

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *messages: dict[str, Any]) -> None:
        self.order: list[str] = []
        monkeypatch.setattr(events, "dial", lambda *_: self)
        monkeypatch.setattr(events, "send_head", lambda *_: (None, b""))
        monkeypatch.setattr(events, "json_lines", lambda *_: iter(messages))

    def version(self, _doing: str) -> str:
        return "1.41"

    def close(self) -> None:
        self.order.append("closed")

    def follow(self) -> list[str]:
        for event in events.follow(cast("Api", self), "dev", threading.Event()):
            self.order.append(f"{event.action} {event.id}" if event else "subscribed")
        return self.order


def message(action: str, id: str, env: str = "dev") -> dict[str, Any]:
    return {
        "Type": "container",
        "Action": action,
        "Actor": {"ID": id, "Attributes": {keys.ENV: env, keys.CLUSTER: "web"}},
    }


def test_ends_are_told_one_after_the_other_without_asking_anything_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked about a container that it is putting away, the engine would keep us until it has done so."""
    said = Said(monkeypatch, message("start", "a"), message("die", "a"), message("die", "b"))
    assert said.follow() == ["subscribed", "start a", "die a", "die b", "closed"]


def test_what_happens_in_another_environment_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Said(monkeypatch, message("die", "a", env="other")).follow() == ["subscribed", "closed"]
