"""Acme Air's page as a customer's hands and eyes have it: sign in, search, choose, book, cancel.

Before: browser. After: tests in a browser, screenshots. Never here: what ought to come of it, but for the view that an
action leads to.
"""

import time
from collections.abc import Callable

from playwright.sync_api import Error, Locator, Page, expect

SECONDS_TO_ANSWER = 20


class Site:
    """One window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.message = page.locator("#message")
        self.booked = page.get_by_test_id("booked")
        self.user = page.get_by_test_id("user")

    def open(self, view: str = "") -> None:
        """Load the page; without a session it asks for one."""
        self._patiently(lambda: self.page.goto(f"/#/{view}" if view else "/"))
        expect(self.page.locator("section.view:visible")).to_have_count(1)

    def reload(self) -> None:
        """As the browser's button does."""
        self._patiently(self.page.reload)

    def _patiently(self, navigate: Callable[[], object]) -> None:
        """A browser breaks off what it fetches when a container starts, since that changes the networks."""
        until = time.monotonic() + SECONDS_TO_ANSWER
        while True:
            try:
                navigate()
            except Error as error:
                if "ERR_NETWORK_CHANGED" not in error.message or time.monotonic() > until:
                    raise
            else:
                return

    def sign_in(self, customer: str, password: str = "password") -> None:
        """Fill in the form and send it."""
        self.page.get_by_label("E-mail", exact=True).fill(customer)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def enter(self, customer: str) -> None:
        """Open the page, sign in, and wait for the search to be usable."""
        self.open()
        self.sign_in(customer)
        expect(self.user).to_have_text(customer)
        expect(self.page.locator("#to option")).not_to_have_count(0)

    def sign_out(self) -> None:
        """As the button does."""
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.locator("#view-signin")).to_be_visible()

    def search(self, *, one_way: bool) -> None:
        """With the airports and days that the page offers by itself."""
        self.page.get_by_label("One way").set_checked(one_way)
        self.page.get_by_role("button", name="Search flights").click()
        expect(self.flights("out").first).to_be_visible()
        if not one_way:
            expect(self.flights("back").first).to_be_visible()

    def flights(self, leg: str) -> Locator:
        """Those on offer: `out` or `back`."""
        return self.page.get_by_test_id(leg).get_by_test_id("flight")

    def choose(self, *, one_way: bool) -> None:
        """The last flight of each leg."""
        self.flights("out").last.click()
        if not one_way:
            self.flights("back").last.click()

    @property
    def book(self) -> Locator:
        """The button."""
        return self.page.get_by_test_id("book")

    def numbers_booked(self) -> list[str]:
        """The numbers that the page shows after booking, once it does."""
        expect(self.booked).to_be_visible()
        return _numbers(self.booked.locator("[data-number]"))

    def bookings(self) -> list[str]:
        """Numbers of the bookings listed, after a fresh look."""
        with self.page.expect_response("**/rest/api/bookings/byuser/**"):
            self.open_bookings()
        expect(self.page.get_by_test_id("bookings")).not_to_have_attribute("aria-busy", "true")
        return _numbers(self.page.get_by_test_id("booking"))

    def open_bookings(self) -> None:
        """Through the navigation, from any other view."""
        if self.page.locator("#view-bookings").is_visible():
            self.page.get_by_role("link", name="My account").click()
        self.page.get_by_role("link", name="My bookings", exact=True).click()

    def booking(self, number: str) -> Locator:
        """One row of the list."""
        return self.page.locator(f'[data-testid="booking"][data-number="{number}"]')

    def cancel(self, number: str) -> None:
        """Press, confirm, and wait for the row to be gone."""
        self.booking(number).get_by_test_id("cancel").click()
        self.page.get_by_test_id("cancel-yes").click()
        expect(self.booking(number)).to_have_count(0)


def _numbers(rows: Locator) -> list[str]:
    return [row.get_attribute("data-number") or "" for row in rows.all()]
