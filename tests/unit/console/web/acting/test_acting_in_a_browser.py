"""The acting pages as people use them: by keyboard, without script, on a phone, read aloud."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from reconciler.changes.wishes import Resize
from tests.support.accessible import violations
from tests.support.browser import PHONE, Watched, chromium
from tests.support.fake_services import fake_services
from tests.support.served_console import Served, served_console

BROKEN = "name: auth\nimage: x\nsiez: 3\nsize: many\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all of this file."""
    with chromium() as running:
        yield running


@pytest.fixture
def served() -> Iterator[Served]:
    """A console over an environment on paper."""
    with served_console(fake_services()) as console:
        yield console


@contextmanager
def window(browser: Browser, served: Served) -> Iterator[Page]:
    """Somebody's who has signed in, on a phone; nothing goes wrong in it."""
    watched = Watched(browser, served.url, size=PHONE)
    enter(watched.page, served)
    yield watched.page
    assert watched.faults == []
    watched.close()


def enter(page: Page, served: Served) -> None:
    """Sign in with the token."""
    page.goto("/sign-in")
    page.get_by_label("Token").fill(served.token.text)
    page.get_by_label("Token").press("Enter")
    page.wait_for_url(f"{served.url}/")


def press(page: Page, name: str) -> None:
    """Reach a button with the Tab key alone, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    for _ in range(100):
        if button.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {name}")


def test_a_cluster_is_resized_with_the_keyboard_alone_and_without_script(browser: Browser, served: Served) -> None:
    """Two forms, the difference between them, and a task at the end."""
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    enter(page, served)
    page.goto("/clusters/auth")
    press_without_script(page, "One more")
    assert page.locator(".diff").inner_text().count("+size: 3") == 1
    page.get_by_role("button", name="Do it").press("Enter")
    page.wait_for_url("**/tasks/1")
    assert page.get_by_role("heading", level=1).inner_text() == "Resize auth to 3"
    assert served.fake.changes.wished[0][0] == Resize(name="auth", size=3)
    context.close()


def press_without_script(page: Page, name: str) -> None:
    """A page without script can't be asked what has the focus; the button takes it and is pressed."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/propose")


def test_an_instance_is_terminated_with_the_keyboard_alone(browser: Browser, served: Served) -> None:
    """Nothing is a trap, and the danger is asked about once."""
    with window(browser, served) as page:
        page.goto("/clusters/auth/instances/1")
        press(page, "Terminate auth1")
        page.wait_for_url("**/terminate")
        press(page, "Do it")
        page.wait_for_url("**/tasks/1")
    assert ("terminate", "auth-1", "console") in served.fake.backend.calls


def test_a_broken_text_comes_back_with_the_focus_on_what_is_wrong(browser: Browser, served: Served) -> None:
    """Each problem leads to its line; Tab leaves the editor."""
    with window(browser, served) as page:
        page.goto("/clusters/auth/edit")
        page.locator("#field-text").fill(BROKEN)
        page.locator("#field-text").press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Show what would change"
        page.keyboard.press("Enter")
        page.wait_for_url("**/propose")
        assert page.evaluate("document.activeElement.id") == "errors"
        assert page.locator("#field-text").input_value() == BROKEN
        page.get_by_role("link", name="auth.yaml:4:7").click()
        start = page.evaluate("document.activeElement.selectionStart")
        assert BROKEN[start:] == "many\n"


def test_a_text_comes_through_every_page_as_it_was_typed(browser: Browser, served: Served) -> None:
    """An empty first line, tabs in a comment, quotes, signs of all kinds; there and back, then into the file."""
    typed = "\n# \ta \"b\" 'c' & <d> é 🙂  \n" + served.fake.changes.files["auth.yaml"] + "\n\n"
    with window(browser, served) as page:
        page.goto("/clusters/auth/edit")
        for _ in range(2):
            page.locator("#field-text").fill(typed)
            page.get_by_role("button", name="Show what would change").click()
            page.get_by_role("button", name="Back").click()
            assert page.locator("#field-text").input_value() == typed
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("button", name="Do it").click()
        page.wait_for_url("**/tasks/1")
    assert served.fake.changes.files["auth.yaml"] == typed


def test_one_more_row_appears_for_one_more_variable(browser: Browser, served: Served) -> None:
    """With script; without it three spare rows have to do."""
    with window(browser, served) as page:
        page.goto("/clusters/auth/next-group")
        page.get_by_label("Image").fill("acmeair/auth:2.0")
        page.get_by_label("Name of variable 3").fill("C")
        page.get_by_label("Name of variable 4").fill("D")
        page.get_by_label("Value of variable 4").fill("4")
        page.get_by_role("button", name="Show what would change").click()
        page.wait_for_url("**/propose")
        assert page.locator('input[name="env-name-3"]').first.input_value() == "D"


def test_a_file_edited_by_hand_meanwhile_is_shown_and_proposed_anew(browser: Browser, served: Served) -> None:
    """Nothing of it is lost."""
    with window(browser, served) as page:
        page.goto("/clusters/auth")
        page.get_by_label("Size").fill("7")
        page.get_by_role("button", name="Resize", exact=True).click()
        served.fake.changes.files["auth.yaml"] += "# by hand\n"
        page.get_by_role("button", name="Do it").click()
        assert page.get_by_role("heading", level=1).inner_text() == "The file has changed"
        page.get_by_role("button", name="Propose again").click()
        page.get_by_role("button", name="Do it").click()
        page.wait_for_url("**/tasks/1")
    assert "# by hand" in served.fake.changes.files["auth.yaml"]
    assert "size: 7" in served.fake.changes.files["auth.yaml"]


def sound(page: Page, *, dark: bool = False) -> None:
    """Nothing that axe finds, and nothing beside the screen; `dark`: its colours in the dark, too."""
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], page.url
    if dark:
        page.emulate_media(color_scheme="dark")
        found = violations(page, "color-contrast")
        page.emulate_media(color_scheme="light")
        assert found == []


def test_what_answers_to_a_form_can_be_read_aloud_and_fits_a_phone(browser: Browser, served: Served) -> None:
    """Proposals, refusals, previews: what no address leads to. The pages that have one are tested with all others."""
    with window(browser, served) as page:
        page.goto("/clusters/auth/edit")
        page.locator("#field-text").fill(BROKEN)
        page.get_by_role("button", name="Show what would change").click()
        sound(page, dark=True)
        for path, name in (
            ("/clusters/auth", "Delete"), ("", "Do it"), ("/clusters/auth/instances/1", "Terminate"), ("/", "Confirm"),
        ):  # fmt: skip
            if path:
                page.goto(path)
            page.get_by_role("button", name=name).first.click()
            sound(page)
        page.goto("/zones/az1")
        page.get_by_label("For how long").fill("soon")
        page.get_by_role("button", name="Close zone").click()
        sound(page)
        page.goto("/chaos")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.locator("#make-freeze").get_by_role("button").click()
        sound(page, dark=True)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        sound(page)
        page.locator("#make-freeze").get_by_label("Whom").fill("webapp-1")
        page.locator("#make-freeze").get_by_role("button").click()
        sound(page)
        page.get_by_role("button", name="Unleash").click()
        page.wait_for_url("**/tasks/*")
        sound(page)
        page.get_by_role("button", name="Stop").click()
        # A window that is closed in the middle of a form's answer may never be gone.
        expect(page.locator("#live-task .chip")).to_have_text(re.compile("stopped"))
