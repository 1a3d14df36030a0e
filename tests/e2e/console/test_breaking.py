"""What the console does to instances, zones and by chaos; and what becomes of it when the loop goes away."""

import signal

import pytest
from playwright.sync_api import expect

from tests.support.console import Console, Repository, address
from tests.support.console_specs import CHAOS, QUICK, text
from tests.support.loop_process import LoopProcess

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def web(loop: LoopProcess, git: Repository) -> str:
    """A cluster of two in two zones that may be broken."""
    loop.save("web", text("web", 2, QUICK + CHAOS))
    loop.until_ready("web", 2)
    git.commit()
    return "web"


def test_one_instance_is_terminated_and_another_takes_its_number(console: Console, web: str, git: Repository) -> None:
    before = console.loop.containers(web)[f"{console.loop.env}-web-1"]
    console.open("/clusters/web/instances/1")
    console.press("Terminate web1")
    expect(console.main).to_contain_text("web-1")
    console.do_it()
    console.until_over()
    assert console.loop.containers(web)[f"{console.loop.env}-web-1"] != before
    assert any("terminated by a person" in event.cause for event in console.loop.events(web))
    assert git.changes() == []


def test_an_event_comes_to_the_page_by_itself(console: Console, web: str) -> None:
    console.open("/clusters/web")
    console.loop.docker.kill(f"{console.loop.env}-web-2")
    expect(console.page.locator("[data-event]", has_text="web-2").first).to_be_visible()
    console.loop.until_ready(web, 2)


def test_what_an_instance_writes_is_shown_as_text(console: Console, loop: LoopProcess) -> None:
    command = "command: [sh, -c, 'echo \"<script>document.title=1</script>\"; exec sleep infinity']\n"
    loop.save("loud", text("loud", 1).replace("command: [sleep, infinity]\n", command))
    loop.until_ready("loud", 1)
    console.open("/clusters/loud/instances/1")
    expect(console.main).to_contain_text("<script>document.title=1</script>")
    expect(console.page).not_to_have_title("1")


def test_a_zone_is_closed_and_opened(console: Console, web: str) -> None:
    console.open("/zones/az2")
    console.page.get_by_label("For how long").fill("10m")
    console.page.get_by_label("Why", exact=True).fill("a <b>disk</b>")
    console.press("Close zone")
    console.loop.until(lambda: [z.zone for z in console.loop.status().closed_zones] == ["az2"], what="az2 is closed")
    console.open("/zones/az2")
    expect(console.main).to_contain_text("a <b>disk</b>")
    console.press("Open zone")
    console.loop.until(lambda: not console.loop.status().closed_zones, what="az2 is open")
    console.loop.until_ready(web, 2)


def test_a_fault_is_shown_first_then_made_and_healed(console: Console, web: str) -> None:
    _ask_for(console, "freeze", "web-1")
    expect(console.main).to_contain_text("web-1")
    assert console.loop.status().faults == ()
    console.press("Unleash")
    console.loop.until(lambda: len(console.loop.status().faults) == 1, what="it is in force")
    console.open("/chaos")
    console.page.locator("#live-faults").get_by_role("button").first.click()
    console.loop.until(lambda: console.loop.status().faults == (), what="it is healed")
    console.loop.until_ready(web, 2)


def test_a_fault_ends_when_its_task_is_stopped(console: Console, web: str) -> None:
    _ask_for(console, "loss", "web")
    console.press("Unleash")
    console.loop.until(lambda: len(console.loop.status().faults) == 1, what="it is in force")
    console.press("Stop")
    console.until_over("stopped")
    assert console.loop.status().faults == ()
    console.loop.until_ready(web, 2)


def test_a_held_mass_deletion_goes_on_when_it_is_confirmed(console: Console, loop: LoopProcess) -> None:
    names = ("held1", "held2", "held3", "held4")
    for name in names:
        loop.save(name, text(name, 1))
    for name in names:
        loop.until_ready(name, 1)
    for name in names:
        (loop.specs / f"{name}.yaml").unlink()
    loop.until(lambda: bool(loop.status().held), what="the deletion is held")
    console.open("/")
    expect(console.main).to_contain_text("Held deletions")
    console.press("Confirm")
    console.press("Do it")
    for name in names:
        loop.until_gone(name)


def test_the_page_says_that_the_loop_is_gone_and_comes_back_by_itself(console: Console, web: str) -> None:
    loop = console.loop
    port = address(loop).rpartition(":")[2]
    console.open("/clusters/web")
    expect(console.page.locator("#live-state")).to_contain_text("live")
    loop.stop()
    expect(console.page.locator("#away")).to_be_visible()
    loop.options = ("--console", f"127.0.0.1:{port}")
    loop.start()
    expect(console.page.locator("#away")).to_be_hidden(timeout=30_000)
    expect(console.page).to_have_url(f"{address(loop)}/clusters/web")
    console.loop.docker.kill(f"{loop.env}-web-1")
    expect(console.page.locator("[data-event]", has_text="web-1").first).to_be_visible()
    loop.until_ready(web, 2)


def test_a_loop_that_is_killed_is_missed_too(console: Console, web: str) -> None:
    loop = console.loop
    console.open("/")
    expect(console.page.locator("#live-state")).to_contain_text("live")
    loop._end(signal.SIGKILL)
    expect(console.page.locator("#away")).to_be_visible()
    loop.start()
    expect(console.page.locator("#away")).to_be_hidden(timeout=30_000)
    loop.until_ready(web, 2)


def _ask_for(console: Console, kind: str, whom: str) -> None:
    """Fill in a fault's form, up to the page that says who would be hit."""
    console.open("/chaos")
    console.main.get_by_text(kind, exact=True).click()
    form = console.page.locator(f"#make-{kind}")
    form.get_by_label("Whom").fill(whom)
    form.get_by_label("How long").fill("40s")
    form.get_by_role("button", name="Show who would be hit").click()
