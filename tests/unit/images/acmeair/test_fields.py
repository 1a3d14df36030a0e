"""What a request's body may be, and what its fields."""

from datetime import date

import pytest

from acmeair import fields
from acmeair.errors import Refusal

FORM = "application/x-www-form-urlencoded"


def refusal(content_type: str, body: bytes) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        fields.parse_body(content_type, body)
    return caught.value.status, caught.value.code


def test_a_form_and_json_say_the_same() -> None:
    assert fields.parse_body(f"{FORM}; charset=utf-8", b"a=1+2&b=%C3%BC&c=") == {"a": "1 2", "b": "ü", "c": ""}
    assert fields.parse_body("Application/JSON", '{"a":"1 2","b":"ü","c":""}'.encode()) == {
        "a": "1 2",
        "b": "ü",
        "c": "",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"a"', b"1", b"null", b"\xff", b"[" * 10000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    assert refusal("application/json", body) == (400, "bad_json")


@pytest.mark.parametrize("body", [b"a", b"a=%ff", b"a=1&a=2", b"\xff=1", b"&".join(b"f%d=1" % n for n in range(60))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    assert refusal(FORM, body) == (400, "bad_form")


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_another_type_of_body_is_refused(kind: str) -> None:
    assert refusal(kind, b"a=1") == (415, "wrong_type")


@pytest.mark.parametrize("value", [1, True, ["a"], "a" * 201, "a\x00b", "a\nb"])
def test_a_text_is_short_and_printable(value: object) -> None:
    with pytest.raises(Refusal, match="name has to be a text"):
        fields.text({"name": value}, "name")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(Refusal, match="login is missing"):
        fields.text({"login": ""}, "login")


def test_a_flag_is_a_word_or_a_json_boolean() -> None:
    given = {"a": "true", "b": True, "c": "false"}
    assert [fields.flag(given, name) for name in "abcd"] == [True, True, False, False]
    for value in ("yes", "", 1, None):
        with pytest.raises(Refusal, match="has to be true or false"):
            fields.flag({"a": value}, "a")


@pytest.mark.parametrize(
    "value", ["2026-02-30", "2026-2-3", "20260203", "tomorrow", "2026-02-03T00:00:00Z", "٢٠٢٦-٠٢-٠٣"]
)
def test_what_is_no_day_of_the_calendar_is_refused(value: str) -> None:
    with pytest.raises(Refusal) as caught:
        fields.day({"fromDate": value}, "fromDate")
    assert (caught.value.status, caught.value.code) == (400, "bad_date")


def test_days_and_airports_are_read() -> None:
    assert fields.day({"d": "2028-02-29"}, "d") == date(2028, 2, 29)
    assert fields.airport({"a": "lhr"}, "a") == "LHR"
    with pytest.raises(Refusal, match="three letters"):
        fields.airport({"a": "LH1"}, "a")
