"""The console beside a loop: where it fails the loop goes on, and says that there is none."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from reconciler.cli.console_beside import ConsoleBeside
from reconciler.cli.settings import resolve
from reconciler.errors import UsageError
from reconciler.loop.settings import ConsoleSettings, Settings
from tests.support.fake_backend import FakeBackend
from tests.support.fake_world import healthy_world

WAIT_SECONDS = 20.0


class Beside(FakeBackend):
    """A loop that can be told where its console is."""

    console_url = ""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return resolve(state=tmp_path / "state", specs=tmp_path)


def until(true: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < give_up_at, f"it did not happen in time: {what}"
        time.sleep(0.02)


def begun(settings: Settings, port: int = 0) -> tuple[ConsoleBeside, Beside]:
    console, loop = ConsoleBeside(settings, ConsoleSettings(host="127.0.0.1", port=port)), Beside(healthy_world())
    console.take_port()
    console.begin(cast("Any", loop), cast("Any", None))  # an engine is asked only when somebody looks into containers
    return console, loop


def test_it_answers_where_the_loop_says_that_it_does_until_it_is_closed(settings: Settings) -> None:
    console, loop = begun(settings)
    url = loop.console_url
    assert httpx.get(f"{url}/sign-in", timeout=WAIT_SECONDS, trust_env=False).status_code == 200
    console.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/sign-in", trust_env=False)
    console.close()


def test_a_console_that_cannot_run_is_told_and_refuses_who_comes(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.state.mkdir()
    settings.token_file.write_text("a-token-that-everybody-knows\n")
    settings.token_file.chmod(0o644)
    console, loop = begun(settings)
    until(lambda: "the console does not run" in caplog.text, "it is told")
    until(lambda: not loop.console_url, "the loop says that there is none")
    assert "may be read by others" in caplog.text
    console.close()


def test_a_standby_waits_for_the_port_of_the_loop_before_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as before:
        taken = int(before.getsockname()[1])
        with pytest.raises(UsageError, match="who listens there"):
            begun(settings, taken)
        console, loop = begun(replace(settings, standby=True), taken)
        until(lambda: "waits for its port" in caplog.text, "it waits")
        assert loop.console_url == ""
    until(lambda: loop.console_url, "it has the port")
    console.close()
