"""Acme Air in a real browser, through Zuul: what a customer sees and does.

Each test has a customer of its own, so that they can run beside load. ACMEAIR_URL names a site that runs already, as
`make acmeair` starts one; without it this folder's own cloud is used.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from tests.support.acmeair import Cloud
from tests.support.acmeair_page import SECONDS_TO_ANSWER, Site
from tests.support.browser import DESKTOP, PHONE, Watched, chromium

pytestmark = [pytest.mark.acmeair, pytest.mark.timeout(300)]

UNREACHABLE = '{"error": {"code": "auth_unavailable", "message": "No auth instance answers."}}'
BOOK = "**/rest/api/bookings/bookflights"
LIST = "**/rest/api/bookings/byuser/**"


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """Where the site is."""
    named = os.environ.get("ACMEAIR_URL", "").rstrip("/")
    if named:
        return named
    running: Cloud = request.getfixturevalue("running")
    return f"http://127.0.0.1:{running.site}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=SECONDS_TO_ANSWER * 1000)
    with chromium() as started:
        yield started


@pytest.fixture
def window(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Watched]:
    """A window of its own; the page must not have made a mistake in it. Give `size` as a parameter for a phone's."""
    watched = Watched(browser, url, size=getattr(request, "param", DESKTOP))
    try:
        yield watched
    finally:
        watched.close()
    assert watched.faults == []


@pytest.fixture
def site(window: Watched) -> Site:
    return Site(window.page)


def test_a_customer_signs_in_searches_books_both_ways_cancels_and_signs_out(site: Site) -> None:
    site.enter("uid80@email.com")
    site.search(one_way=False)
    site.choose(one_way=False)
    expect(site.page.get_by_test_id("summary")).to_contain_text("$")
    expect(site.page.get_by_test_id("served")).to_contain_text("Answered by web")
    site.book.click()
    numbers = site.numbers_booked()
    assert len(numbers) == 2
    assert set(numbers) <= set(site.bookings())
    site.cancel(numbers[0])
    expect(site.message).to_contain_text("Cancelled")
    left = site.bookings()
    assert numbers[0] not in left
    assert numbers[1] in left
    site.cancel(numbers[1])
    site.sign_out()
    expect(site.page.locator("#message-text")).to_have_text("You have signed out.")


def test_a_wrong_password_is_said_and_nobody_is_signed_in(site: Site) -> None:
    site.open()
    site.sign_in("uid81@email.com", "not the password")
    expect(site.message).to_contain_text("The e-mail or the password is wrong.")
    expect(site.page.locator("#view-signin")).to_be_visible()
    expect(site.user).to_be_hidden()


def test_without_a_session_every_view_asks_for_one_and_then_is_shown(site: Site) -> None:
    site.open("bookings")
    expect(site.page.locator("#view-signin")).to_be_visible()
    site.sign_in("uid82@email.com")
    expect(site.page.locator("#view-bookings")).to_be_visible()


def test_a_double_click_books_once(site: Site) -> None:
    site.enter("uid83@email.com")
    before = set(site.bookings())
    site.page.get_by_role("link", name="Flights", exact=True).click()
    site.search(one_way=True)
    site.choose(one_way=True)
    keys: set[str] = set()

    def note(request: Request) -> None:
        if "bookflights" in request.url:
            keys.add(request.headers["idempotency-key"])

    site.page.on("request", note)
    site.book.dblclick()
    numbers = site.numbers_booked()
    after = set(site.bookings())
    assert after - before == set(numbers)
    assert len(numbers) == len(keys) == 1
    site.cancel(numbers[0])


def test_a_booking_whose_answer_got_lost_is_sent_again_under_its_key_and_is_one_booking(site: Site) -> None:
    site.enter("uid84@email.com")
    before = set(site.bookings())
    site.page.get_by_role("link", name="Flights", exact=True).click()
    site.search(one_way=True)
    site.choose(one_way=True)
    keys: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key", ""))
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    site.page.route(BOOK, lose_the_first_answer)
    site.book.click()
    numbers = site.numbers_booked()
    assert len(keys) >= 2
    assert len(set(keys)) == 1
    assert keys[0]
    assert set(site.bookings()) - before == set(numbers)
    site.cancel(numbers[0])


def test_two_bookings_of_one_flight_are_two(site: Site) -> None:
    site.enter("uid85@email.com")
    booked: list[str] = []
    for _ in range(2):
        site.search(one_way=True)
        site.choose(one_way=True)
        site.book.click()
        booked += site.numbers_booked()
    assert len(set(booked)) == 2
    assert set(booked) <= set(site.bookings())
    for number in booked:
        site.cancel(number)


def test_a_site_that_cannot_answer_says_so_and_trying_again_helps(site: Site) -> None:
    site.enter("uid86@email.com")
    site.page.route(LIST, lambda route: route.fulfill(status=503, body=UNREACHABLE, content_type="application/json"))
    site.open_bookings()
    expect(site.message).to_contain_text(
        "The sign-in service can't be reached. Nothing was lost; try again in a moment."
    )
    site.page.unroute(LIST)
    site.page.get_by_role("button", name="Try again").click()
    expect(site.message).to_be_hidden()
    expect(site.user).to_have_text("uid86@email.com")


def test_a_booking_that_cannot_be_made_now_is_made_once_by_trying_again(site: Site) -> None:
    site.enter("uid87@email.com")
    before = set(site.bookings())
    site.page.get_by_role("link", name="Flights", exact=True).click()
    site.search(one_way=True)
    site.choose(one_way=True)
    keys: list[str] = []

    def refuse(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key", ""))
        route.fulfill(status=503, body="", content_type="text/html")

    site.page.route(BOOK, refuse)
    site.book.click()
    expect(site.message).to_contain_text("Acme Air can't answer right now.")
    site.page.unroute(BOOK)
    with site.page.expect_request(BOOK) as again:
        site.page.get_by_role("button", name="Try again").click()
    assert {*keys} == {again.value.headers["idempotency-key"]}
    numbers = site.numbers_booked()
    assert set(site.bookings()) - before == set(numbers)
    site.cancel(numbers[0])


def test_an_ended_session_leads_to_the_sign_in_and_shows_nothing_of_the_customer(window: Watched, site: Site) -> None:
    site.enter("uid88@email.com")
    window.context.clear_cookies()
    site.page.get_by_role("link", name="My account").click()
    expect(site.message).to_contain_text("Your session has ended. Please sign in again.")
    expect(site.page.locator("#view-signin")).to_be_visible()
    expect(site.user).to_be_hidden()
    expect(site.page.get_by_test_id("standing")).to_be_empty()


def test_a_reload_keeps_who_is_signed_in_and_where(site: Site) -> None:
    site.enter("uid89@email.com")
    site.bookings()
    site.reload()
    expect(site.page.locator("#view-bookings")).to_be_visible()
    expect(site.user).to_have_text("uid89@email.com")


def test_a_customer_changes_the_telephone_number_with_the_password_only(site: Site) -> None:
    site.enter("uid90@email.com")
    site.page.get_by_role("link", name="My account").click()
    number = site.page.get_by_label("Number")
    expect(number).not_to_be_empty()
    wanted = "555-0100" if number.input_value() == "555-0199" else "555-0199"
    number.fill(wanted)
    site.page.get_by_label("Your password, to confirm").fill("not the password")
    site.page.get_by_role("button", name="Save changes").click()
    expect(site.message).to_contain_text("password is wrong")
    site.page.get_by_label("Your password, to confirm").fill("password")
    site.page.get_by_role("button", name="Save changes").click()
    expect(site.message).to_contain_text("Saved.")
    site.reload()
    expect(number).to_have_value(wanted)


def test_everything_can_be_done_with_the_keyboard(site: Site) -> None:
    site.open()
    keys = site.page.keyboard
    site.page.get_by_label("E-mail").focus()
    keys.press("Control+A")
    keys.type("uid91@email.com")
    keys.press("Tab")
    keys.type("password")
    keys.press("Enter")
    expect(site.user).to_have_text("uid91@email.com")
    expect(site.page.locator("#flights-title")).to_be_focused()
    expect(site.page.locator("#to option")).not_to_have_count(0)
    site.page.get_by_label("One way").focus()
    keys.press("Space")
    keys.press("Tab")
    keys.press("Enter")
    expect(site.flights("out").first).to_be_visible()
    keys.press("Tab")
    keys.press("Space")
    expect(site.flights("out").first.get_by_role("radio")).to_be_checked()
    keys.press("Enter")
    numbers = site.numbers_booked()
    expect(site.page.locator("#booked-title")).to_be_focused()
    site.bookings()
    site.cancel(numbers[0])


def test_skipping_to_the_content_stays_in_the_view(site: Site) -> None:
    site.enter("uid94@email.com")
    site.bookings()
    site.page.get_by_role("link", name="Skip to content").focus()
    site.page.keyboard.press("Enter")
    expect(site.page.locator("#main")).to_be_focused()
    expect(site.page.locator("#view-bookings")).to_be_visible()


@pytest.mark.parametrize("part", ["js/main.js", "js/choice.js", "style.css"])
def test_a_part_of_the_page_that_got_lost_is_fetched_again(site: Site, part: str) -> None:
    """A browser breaks off what it fetches when this machine's networks change, as they do with each container."""
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.abort()

    site.page.route(f"**/static/{part}", lose_once)
    site.enter("uid93@email.com")
    expect(site.page.locator("header.bar")).to_have_css("border-bottom-style", "solid")
    assert len(lost) == 1


@pytest.mark.parametrize("window", [PHONE], indirect=True)
def test_on_a_phone_nothing_is_wider_than_the_screen(site: Site) -> None:
    site.enter("uid92@email.com")
    site.search(one_way=False)
    site.choose(one_way=False)
    for view in ("Flights", "My bookings", "My account"):
        site.page.get_by_role("link", name=view, exact=True).click()
        expect(site.page.locator("section.view:visible h1")).to_be_visible()
        assert site.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
