"""What `--names etcd://…` may say."""

import pytest

from reconciler.dns.etcd.address import parse_address
from reconciler.errors import UsageError


def test_one_member_several_and_the_port_left_out() -> None:
    assert parse_address("etcd://127.0.0.1:2379").members == (("127.0.0.1", 2379),)
    assert parse_address("etcd://a.example.org,b:4001/").members == (("a.example.org", 2379), ("b", 4001))
    assert parse_address("etcd://[::1]:2379").members == (("::1", 2379),)


def test_a_user_and_a_password_are_read_and_never_shown() -> None:
    address = parse_address("etcd://root:p%40ss@db:2379")
    assert (address.user, address.password) == ("root", "p@ss")
    assert str(address) == "db:2379"
    assert "p@ss" not in repr(address)


def test_the_address_is_shown_as_it_is_written() -> None:
    assert str(parse_address("etcd://a:1,[::1]:2")) == "a:1,[::1]:2"


def test_tls_is_asked_for_by_the_scheme() -> None:
    assert parse_address("etcds://db").tls
    assert not parse_address("etcd://db").tls


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http://127.0.0.1:2379", "no address of etcd"),
        ("etcd://", "is no host and port"),
        ("etcd://a,,b", "is no host and port"),
        ("etcd://a:0", "port 0 is out of range"),
        ("etcd://a:70000", "port 70000 is out of range"),
        ("etcd://a:port", "is no host and port"),
        ("etcd://user@a", "a user needs a password"),
        ("etcd://a/b", "no address of etcd"),
    ],
)
def test_what_is_no_address_is_answered_with_how_to_write_one(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as raised:
        parse_address(text)
    assert "etcd" in str(raised.value)


def test_an_error_does_not_repeat_the_password() -> None:
    with pytest.raises(UsageError) as raised:
        parse_address("etcd://root:secret@a:99999")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "etcd://u:ge/heim@h",
        "etcd://u:ge@heim@h",
        "etc://u:geheim@h",
        "etcd:/u:ge/heim@h",
        "etcd:u:geheim@h",
        "u:geheim://heim@h",
        "u:geheim@h",
    ],
)
def test_what_may_be_a_password_is_masked_wherever_the_slip_is(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address(text)
    said = str(raised.value).partition("; write ")[0]
    assert "…@h" in said
    assert "u:" not in said
    assert "heim" not in said
