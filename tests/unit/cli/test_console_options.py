"""Where the console listens: what people write, what it means, and its address for a browser."""

import pytest

from reconciler.cli.console_options import console_settings, is_private, url_of
from reconciler.errors import UsageError
from reconciler.loop.settings import ConsoleSettings


def settings(address: str, *names: str) -> ConsoleSettings:
    made = console_settings(address, list(names), read_only=False)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8600", "127.0.0.1", 8600),
        (":8600", "127.0.0.1", 8600),
        ("8600", "127.0.0.1", 8600),
        ("localhost:0", "127.0.0.1", 0),
        ("[::1]:8600", "::1", 8600),
        ("0.0.0.0:80", "0.0.0.0", 80),
        ("[::]:80", "::", 80),
        ("192.0.2.7:65535", "192.0.2.7", 65535),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert (settings(text).host, settings(text).port) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:8600", "cloud.test:80", "http://127.0.0.1:80", "٣", "-1"],
)
def test_what_is_no_address_says_how_one_is_written(text: str) -> None:
    with pytest.raises(UsageError, match="write it like"):
        settings(text)


def test_no_address_is_no_console() -> None:
    assert console_settings(None, None, read_only=False) is None
    with pytest.raises(UsageError, match="go with --console"):
        console_settings(None, ["cloud.test"], read_only=False)
    with pytest.raises(UsageError, match="go with --console"):
        console_settings(None, None, read_only=True)


def test_names_are_host_names() -> None:
    assert settings("8600", "Cloud.Test").names == ("cloud.test",)
    for wrong in ("http://cloud", "cloud:80", "*.test", "", "a b"):
        with pytest.raises(UsageError, match="is no host name"):
            settings("8600", wrong)


@pytest.mark.parametrize(
    ("text", "names", "url", "private"),
    [
        ("8600", (), "http://127.0.0.1:4711", True),
        ("[::1]:8600", (), "http://[::1]:4711", True),
        ("0.0.0.0:8600", (), "http://127.0.0.1:4711", False),
        ("0.0.0.0:8600", ("cloud.test",), "http://cloud.test:4711", False),
        ("192.0.2.7:8600", ("cloud.test",), "http://192.0.2.7:4711", False),
    ],
)
def test_its_url_is_one_that_a_browser_can_open(text: str, names: tuple[str, ...], url: str, private: bool) -> None:
    assert url_of(settings(text, *names), 4711) == url
    assert is_private(settings(text)) is private
