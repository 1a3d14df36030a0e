"""What a run under load can be told."""

import pytest

from images.load.settings import MOST_SECONDS, Settings, read


def settings(*arguments: str, **environment: str) -> Settings:
    return read(arguments, environment)


def test_the_defaults_are_a_light_run_through_zuul() -> None:
    default = settings()
    assert (default.host, default.users, default.seconds) == ("http://zuul:8080", 10, 30.0)
    assert not default.allow_failures


def test_a_spec_can_say_everything_in_its_environment() -> None:
    said = settings(LOAD_HOST="http://zuul1:8080/", LOAD_USERS="3", LOAD_PAUSE_SECONDS="0", LOAD_ALLOW_FAILURES="true")
    assert (said.host, said.users, said.pause_seconds, said.allow_failures) == ("http://zuul1:8080", 3, 0.0, True)


def test_an_option_goes_before_the_environment() -> None:
    assert settings("--users", "4", LOAD_USERS="3").users == 4


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--host", "zuul"], "'zuul' is no address such as http://zuul:8080"),
        (["--users", "many"], "'many' is no number"),
        (["--users", "0"], "0 is not within 1 to 500"),
        (["--seconds", str(MOST_SECONDS + 1)], "is not within 1 to 3600"),
        (["--seconds", "nan"], "nan is not within"),
        (["--first-customer", "5", "--last-customer", "4"], "--last-customer is before --first-customer"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_what_makes_no_sense_is_said_and_exits_64(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(*arguments)
    assert ended.value.code == 64
    assert problem in capsys.readouterr().err


def test_a_wrong_variable_is_a_wrong_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(LOAD_USERS="-1")
    assert ended.value.code == 64
    assert "--users: -1 is not within 1 to 500" in capsys.readouterr().err
