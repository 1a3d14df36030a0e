"""Sessions are signed cookies: they outlive a loop, and end with the token, with time, or by a person's word."""

import pytest

from reconciler.console.web.session import LIFETIME_SECONDS, Sessions, own_path, same


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def sessions(token: str = "token-one", env: str = "dev", clock: Clock | None = None) -> Sessions:
    return Sessions(env=env, port=8600, token=lambda: token, clock=clock or Clock())


def test_a_session_outlives_a_restart_of_the_loop() -> None:
    cookie = sessions().open()
    before, after = sessions().read(cookie), sessions().read(cookie)
    assert before is not None
    assert before == after


def test_two_sessions_have_different_form_tokens_and_neither_holds_the_token() -> None:
    its = sessions()
    cookies = [its.open(), its.open()]
    opened = [its.read(cookie) for cookie in cookies]
    assert all(opened)
    assert len({one.form_token for one in opened if one}) == 2
    assert not any("token-one" in cookie for cookie in cookies)


def test_another_token_or_another_environment_ends_it() -> None:
    cookie = sessions().open()
    assert sessions(token="token-two").read(cookie) is None
    assert sessions(env="prod").read(cookie) is None


def test_it_ends_after_thirty_days() -> None:
    clock = Clock()
    its = sessions(clock=clock)
    cookie = its.open()
    clock.now += LIFETIME_SECONDS
    assert its.read(cookie) is not None
    clock.now += 2
    assert its.read(cookie) is None


def test_who_has_signed_out_stays_out() -> None:
    its = sessions()
    cookie = its.open()
    session = its.read(cookie)
    assert session is not None
    its.end(session)
    assert its.read(cookie) is None


@pytest.mark.parametrize("cookie", ["", None, "x", "a.b.c", "é.é.é", "a" * 5000, "\x00"])
def test_what_was_not_signed_here_is_nobody(cookie: str | None) -> None:
    assert sessions().read(cookie) is None


def test_a_cookie_that_somebody_has_touched_is_nobodys() -> None:
    cookie = sessions().open()
    assert sessions().read(f"x{cookie}") is None
    assert sessions().read(f"{cookie[:-1]}!") is None


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/clusters/webapp?x=1", "/clusters/webapp?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
        ("/sign-out", "/"),
    ],
)
def test_the_way_on_from_the_sign_in_stays_in_the_console(wanted: str, leads_to: str) -> None:
    assert own_path(wanted) == leads_to


def test_secrets_are_compared_as_they_are() -> None:
    assert same("abc", "abc")
    assert not same("abd", "abc")
    assert not same("\ud800é", "abc")
    assert not same("", ""), "no secret is no key"
