"""What `run` is told of names: every mistake is named, and what to write instead."""

import pytest

from reconciler.cli.name_options import Server, name_settings
from reconciler.errors import UsageError
from reconciler.loop.settings import NameSettings


def read(
    backend: str = "embedded",
    server: Server = Server.AUTO,
    nameservers: list[str] | None = None,
    port: int = 8080,
    secret: str | None = None,
    ttl_seconds: float = 5.0,
) -> NameSettings:
    return name_settings(backend, server, nameservers, ttl_seconds=ttl_seconds, skydns_port=port, skydns_secret=secret)


def test_without_any_names_are_embedded_and_the_api_needs_no_secret() -> None:
    assert read() == NameSettings()


def test_an_etcd_is_named_by_its_address() -> None:
    assert read("etcd://127.0.0.1:2379").backend == "etcd://127.0.0.1:2379"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "consul://x"}, "--names 'consul://x': there is embedded, none or etcd://HOST:PORT"),
        ({"nameservers": ["dns.example"]}, "--nameserver 'dns.example' is no IPv4 address"),
        ({"nameservers": ["127.0.0.1"]}, "a container's loopback is its own"),
        ({"nameservers": ["10.0.0.2"]}, "with `--names embedded` no other server can know our names"),
        ({"nameservers": ["10.0.0.2"], "backend": "etcd://e", "server": Server.LOOP}, "choose one"),
        ({"ttl_seconds": 0.5}, "--ttl 0.5s: give whole seconds, from 1 to 3600"),
        ({"ttl_seconds": 86_400.0}, "from 1 to 3600"),
        ({"secret": ""}, "at least one character"),
        ({"secret": "a\nb"}, "all of them printable"),
    ],
)
def test_what_cannot_be_is_a_usage_error(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(**options)  # type: ignore[arg-type]
    assert said in str(caught.value)


@pytest.mark.parametrize("backend", ["etc://u:geheim@h", "etcd:/u:geheim@h", "u:ge/heim@h"])
def test_the_password_of_what_is_no_backend_is_not_repeated(backend: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(backend)
    assert "…@h" in str(caught.value)
    assert "heim" not in str(caught.value)


def test_a_secret_is_not_shown() -> None:
    assert "hush" not in repr(read(secret="hush"))
