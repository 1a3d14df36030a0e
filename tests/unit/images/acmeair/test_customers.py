"""A customer's own data on a fake store: only what was asked for changes, however it was sent."""

import asyncio
import json
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from acmeair.asgi import Request
from acmeair.errors import Refusal
from acmeair.ports import UNSET, Row
from acmeair_web.customers import CHANGEABLE, Customers
from acmeair_web.signing import Signing

ME = "uid0@email.com"
COLUMNS = [column for column, _, _ in CHANGEABLE]


class FakeStore:
    """One customer."""

    def __init__(self) -> None:
        self.row: Row = {"id": ME, "status": "GOLD", "total_miles": 1, "miles_ytd": 1, **dict.fromkeys(COLUMNS, "old")}
        self.written: list[dict[str, Any]] = []

    async def run(self, name: str, *values: Any) -> list[Row]:
        if name == "customer.get":
            return [dict(self.row)]
        assert values[-1] == ME
        self.written.append(
            {column: value for column, value in zip(COLUMNS, values, strict=False) if value is not UNSET}
        )
        self.row.update(self.written[-1])
        return []


class FakeSigning:
    """Knows one password."""

    async def is_password(self, _customer: str, password: str) -> bool:
        return password == "right"


def change(store: FakeStore, kind: str, body: str) -> dict[str, Any]:
    request = Request("POST", "/", {"content-type": kind}, {"userid": ME}, body.encode(), ME)
    customers = Customers(store, cast("Signing", FakeSigning()))
    told: dict[str, Any] = json.loads(asyncio.run(customers.change(request)).body)
    return told


def change_json(store: FakeStore, **fields: Any) -> dict[str, Any]:
    return change(store, "application/json", json.dumps({"password": "right", **fields}))


def change_form(store: FakeStore, **fields: str) -> dict[str, Any]:
    return change(store, "application/x-www-form-urlencoded", urlencode({"password": "right", **fields}))


def test_only_what_was_sent_is_written() -> None:
    store = FakeStore()
    told = change_json(store, phoneNumber="1", address={"city": "Bonn"})
    assert store.written == [{"phone_number": "1", "city": "Bonn"}]
    assert (told["address"]["city"], told["address"]["country"]) == ("Bonn", "old")


def test_a_form_changes_the_address_by_flat_fields() -> None:
    store = FakeStore()
    assert change_form(store, city="Bonn", phoneNumber="1")["address"]["city"] == "Bonn"
    assert store.written == [{"phone_number": "1", "city": "Bonn"}]


def test_a_text_may_be_emptied() -> None:
    store = FakeStore()
    assert change_json(store, address={"streetAddress2": ""})["address"]["streetAddress2"] == ""
    assert store.written == [{"street_address2": ""}]


def test_without_a_change_nothing_is_written() -> None:
    store = FakeStore()
    assert change_json(store)["phoneNumber"] == "old"
    assert store.written == []


def test_an_address_that_is_no_object_and_a_wrong_password_change_nothing() -> None:
    store = FakeStore()
    with pytest.raises(Refusal, match="address has to be an object"):
        change_form(store, address="Bonn")
    with pytest.raises(Refusal, match="password is wrong"):
        change_json(store, password="wrong", phoneNumber="1")
    assert store.written == []
