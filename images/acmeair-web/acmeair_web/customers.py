"""A customer's own data: shown, and changed by who knows the password."""

from typing import Any

from acmeair import fields
from acmeair.asgi import Request, Response, answer
from acmeair.errors import Refusal, bad
from acmeair.ports import UNSET, Kind, Row, Statement, Store
from acmeair_web.signing import Signing, own

LONGEST = 100
# Column, field, and whether it is in the address.
CHANGEABLE = (
    ("phone_number", "phoneNumber", False),
    ("phone_number_type", "phoneNumberType", False),
    ("street_address1", "streetAddress1", True),
    ("street_address2", "streetAddress2", True),
    ("city", "city", True),
    ("state_province", "stateProvince", True),
    ("country", "country", True),
    ("postal_code", "postalCode", True),
)
SETTERS = ", ".join(f"{column} = ?" for column, _, _ in CHANGEABLE)

STATEMENTS = {
    "customer.get": Statement("SELECT * FROM acmeair.customer WHERE id = ?", Kind.READ),
    "customer.set": Statement(f"UPDATE acmeair.customer SET {SETTERS} WHERE id = ?", Kind.WRITE),  # noqa: S608
}


class Customers:
    """The handlers."""

    def __init__(self, store: Store, signing: Signing) -> None:
        self._store = store
        self._signing = signing

    async def get(self, request: Request) -> Response:
        """`GET /rest/api/customer/byid/{userid}`."""
        own(request, request.params["userid"])
        return answer(shape(await self._row(request.customer)))

    async def change(self, request: Request) -> Response:
        """`POST /rest/api/customer/byid/{userid}`."""
        own(request, request.params["userid"])
        given = request.fields()
        password = fields.text(given, "password")
        changes = wanted(given)
        if not await self._signing.is_password(request.customer, password):
            raise Refusal(403, "wrong_password", "The password is wrong, so nothing was changed.")
        row = await self._row(request.customer)
        if changes:
            # Only these columns: somebody else may be changing the others at this moment.
            values = [changes.get(column, UNSET) for column, _, _ in CHANGEABLE]
            await self._store.run("customer.set", *values, request.customer)
        return answer(shape({**row, **changes}))

    async def _row(self, customer: str) -> Row:
        rows = await self._store.run("customer.get", customer)
        if not rows:
            raise Refusal(404, "unknown_customer", "There is no such customer.")
        return rows[0]


def wanted(given: dict[str, Any]) -> dict[str, str]:
    """The columns that are to change; raises Refusal. A form, which has no objects, has the address's fields flat."""
    address = given.get("address", {})
    if not isinstance(address, dict):
        raise bad("bad_field", "address has to be an object.")
    changes = {}
    for column, name, inside in CHANGEABLE:
        value = address.get(name, given.get(name)) if inside else given.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
            raise bad("bad_field", f"{name} has to be a text of at most {LONGEST} printable characters.")
        changes[column] = value
    return changes


def shape(row: Row) -> dict[str, Any]:
    """A customer as the API writes it: never with the password."""
    return {
        "id": row["id"],
        "status": row["status"],
        "total_miles": row["total_miles"],
        "miles_ytd": row["miles_ytd"],
        **{name: row[column] or "" for column, name, inside in CHANGEABLE if not inside},
        "address": {name: row[column] or "" for column, name, inside in CHANGEABLE if inside},
    }
