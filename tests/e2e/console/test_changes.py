"""Every change that the console makes is an edit of a file: seen in git, and in the containers that follow it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from reconciler.plan.status import InstanceStatus
from tests.support.console import Console, Repository
from tests.support.console_specs import CANARY, JUDGED, QUICK, text
from tests.support.loop_process import LoopProcess

pytestmark = pytest.mark.engine
Begin = Callable[..., None]


@pytest.fixture
def begin(loop: LoopProcess, git: Repository) -> Begin:
    """A cluster that is ready, whose file is known to git."""

    def made(name: str, size: int = 2, more: str = QUICK) -> None:
        loop.save(name, text(name, size, more))
        loop.until_ready(name, size)
        git.commit()

    return made


def test_a_size_is_set_in_the_file_and_its_comment_stays(console: Console, begin: Begin, git: Repository) -> None:
    begin("sized", 1)
    console.open("/clusters/sized")
    console.page.get_by_label("Size", exact=True).fill("3")
    console.press("Resize")
    expect(console.main).to_contain_text("create")
    expect(console.main.locator(".diff")).to_contain_text("size: 3        # how many")
    assert git.changes() == []
    console.do_it()
    console.until_over()
    assert git.changes() == ["-size: 1        # how many", "+size: 3        # how many"]
    assert console.loop.numbers("sized") == [1, 2, 3]


def test_one_more_and_one_less(console: Console, begin: Begin, git: Repository) -> None:
    begin("steps", 1)
    assert _change(console, git, "/clusters/steps", "One more") == [
        "-size: 1        # how many",
        "+size: 2        # how many",
    ]
    assert _change(console, git, "/clusters/steps", "One less") == [
        "-size: 2        # how many",
        "+size: 1        # how many",
    ]


def test_a_cluster_is_left_alone_and_taken_up_again(console: Console, begin: Begin, git: Repository) -> None:
    begin("alone", 1)
    assert _change(console, git, "/clusters/alone", "Suspend") == ["+suspend: true"]
    console.loop.until(lambda: "True" in console.loop.condition("alone", "Suspended"), what="it is suspended")
    assert _change(console, git, "/clusters/alone", "Resume") == ["-suspend: true", "+suspend: false"]


def test_traffic_goes_off_and_comes_on_again(console: Console, begin: Begin, git: Repository) -> None:
    begin("served", 1)
    assert _change(console, git, "/clusters/served", "Traffic off") == ["+traffic: false"]
    console.loop.until(lambda: _serving(console.loop, "served") == 0, what="nobody gets traffic")
    assert _change(console, git, "/clusters/served", "Traffic on") == ["-traffic: false", "+traffic: true"]
    console.loop.until(lambda: _serving(console.loop, "served") == 1, what="it gets traffic again")


def test_the_next_group_takes_over_and_an_earlier_one_comes_back(
    console: Console, begin: Begin, git: Repository
) -> None:
    begin("pushed", 2)
    console.open("/clusters/pushed")
    console.press("Next group")
    console.page.get_by_label("Name of variable 1", exact=True).fill("GREETING")
    console.page.get_by_label("Value of variable 1", exact=True).fill("hello: all")
    console.press("Show what would change")
    console.do_it()
    console.until_over()
    changed = "\n".join(git.changes())
    assert "GREETING" in changed
    assert not [line for line in changed.splitlines() if line.startswith("-")]
    _until_all_are_of(console.loop, "pushed", "v001")
    assert _change(console, git, "/clusters/pushed/groups/v000", "Go back to v000") == [
        f"-{line[1:]}" for line in changed.splitlines()
    ]
    _until_all_are_of(console.loop, "pushed", "v000")


def test_everybody_is_replaced_by_a_restart(console: Console, begin: Begin, git: Repository) -> None:
    begin("again", 1)
    before = console.loop.containers("again")
    console.open("/clusters/again")
    console.press("Restart")
    console.do_it()
    console.until_over()
    (line_before, line_after) = git.changes()
    assert line_before.startswith("-rollout:")
    assert "restarted:" in line_after
    assert not set(before.values()) & set(console.loop.containers("again").values())


def test_a_canary_is_judged_by_a_person(console: Console, begin: Begin, git: Repository) -> None:
    begin("judged", 2, CANARY)
    console.loop.save("judged", text("judged", 2, CANARY).replace("infinity", "12345"))
    git.commit()
    console.open("/clusters/judged")
    expect(console.page.get_by_role("heading", name="Your judgment of v001")).to_be_visible(timeout=30_000)
    console.press("Promote")
    console.do_it()
    console.until_over()
    assert [line for line in git.changes() if "promoted: v001" in line]
    _until_all_are_of(console.loop, "judged", "v001")


def test_a_canary_that_is_no_good_is_taken_back(console: Console, begin: Begin, git: Repository) -> None:
    begin("doubted", 2, CANARY)
    console.loop.save("doubted", text("doubted", 2, CANARY).replace("infinity", "12345"))
    git.commit()
    console.open("/clusters/doubted")
    expect(console.page.get_by_role("heading", name="Your judgment of v001")).to_be_visible(timeout=30_000)
    console.press("Take it back")
    console.do_it()
    console.until_over()
    assert git.changes() == ["-command: [sleep, 12345]", "+command: [sleep, infinity]"]
    _until_all_are_of(console.loop, "doubted", "v000")


def test_a_whole_next_group_gets_the_traffic_by_a_persons_word(console: Console, begin: Begin, git: Repository) -> None:
    begin("switched", 1, JUDGED)
    console.loop.save("switched", text("switched", 1, JUDGED).replace("infinity", "12345"))
    git.commit()
    console.open("/clusters/switched")
    expect(console.page.get_by_role("heading", name="Your judgment of v001")).to_be_visible(timeout=30_000)
    assert _traffic(console.loop, "switched") == {"v000"}
    console.press("Promote")
    console.do_it()
    console.until_over()
    console.loop.until(lambda: _traffic(console.loop, "switched") == {"v001"}, what="the traffic moved")
    git.commit()
    back = _change(console, git, "/clusters/switched/groups/v000", "Go back to v000")
    judged = JUDGED.removesuffix("\n")  # the promotion goes, too: v001 is judged anew should it come again
    assert sorted(back) == sorted([
        "-command: [sleep, 12345]", "+command: [sleep, infinity]",
        f"-{judged.removesuffix('}')}, promoted: v001}}", f"+{judged}",
    ])  # fmt: skip
    console.loop.until(lambda: _traffic(console.loop, "switched") == {"v000"}, what="the traffic came back")


def test_a_rollout_pauses_and_goes_on(console: Console, begin: Begin, git: Repository) -> None:
    bake = "rollout: {strategy: rolling, bake: 4s}\n"
    begin("slow", 2, bake)
    console.loop.save("slow", text("slow", 2, bake).replace("infinity", "12345"))
    git.commit()
    assert "paused: true" in "".join(_change(console, git, "/clusters/slow", "Pause", "up to you"))
    assert "paused: false" in "".join(_change(console, git, "/clusters/slow", "Go on"))
    _until_all_are_of(console.loop, "slow", "v001")


def test_a_new_cluster_is_written_and_deleted(console: Console, git: Repository) -> None:
    console.open("/new")
    console.page.get_by_label("Name", exact=True).fill("fresh")
    console.page.get_by_label("Image", exact=True).fill("reconciler/base:latest")
    console.press("Go on to its file")
    console.page.get_by_label("fresh.yaml").fill(text("fresh", 1))
    console.press("Show what would change")
    console.do_it()
    console.until_over()
    assert git.changes() == [f"+{line}" for line in text("fresh", 1).splitlines()]
    console.loop.until_ready("fresh", 1)
    console.open("/clusters/fresh")
    console.press("Delete")
    console.press("Do it")
    expect(console.page.get_by_role("alert").first).to_contain_text("fresh")
    console.page.get_by_label("Type fresh to delete it").fill("fresh")
    console.do_it()
    console.until_over()
    assert git.changes() == [f"-{line}" for line in text("fresh", 1).splitlines()]
    console.loop.until_gone("fresh")


def test_a_file_with_problems_is_not_written_and_says_where(console: Console, begin: Begin, git: Repository) -> None:
    begin("broken", 1)
    console.open("/clusters/broken/edit")
    field = console.page.get_by_label("broken.yaml")
    field.fill(field.input_value().replace("size: 1", "sise: 1"))
    console.press("Show what would change")
    expect(console.main).to_contain_text("broken.yaml:4:1")
    expect(console.main).to_contain_text("sise")
    expect(console.page.get_by_label("broken.yaml")).to_have_value(re.compile("sise: 1"))
    assert git.changes() == []


def test_a_file_that_was_edited_meanwhile_is_refused_with_the_difference(
    console: Console, begin: Begin, git: Repository
) -> None:
    begin("crossed", 1)
    console.open("/clusters/crossed")
    console.page.get_by_label("Size", exact=True).fill("2")
    console.press("Resize")
    console.loop.save("crossed", text("crossed", 1) + "# somebody was here\n")
    console.press("Do it")
    expect(console.main).to_contain_text("+# somebody was here")
    assert git.changes() == ["+# somebody was here"]


def test_a_read_only_file_is_refused_with_what_to_do(console: Console, begin: Begin, git: Repository) -> None:
    begin("locked", 1)
    (console.loop.specs / "locked.yaml").chmod(0o444)
    git.commit()
    console.open("/clusters/locked")
    console.press("One more")
    if console.page.get_by_role("button", name="Do it", exact=True).count():
        console.press("Do it")
    expect(console.main).to_contain_text("chmod u+w")
    assert git.changes() == []


def _change(console: Console, git: Repository, path: str, button: str, end: str = "done") -> list[str]:
    """What the files have become when the change that this page offers has come to its end."""
    console.open(path)
    console.press(button)
    console.do_it()
    console.until_over(end)
    return git.changes()


def _instances(loop: LoopProcess, name: str) -> tuple[InstanceStatus, ...]:
    row = loop.cluster(name)
    return row.instances if row is not None else ()


def _until_all_are_of(loop: LoopProcess, name: str, revision: str) -> None:
    """The last ones before it may still be ending when a change counts as done."""
    loop.until(lambda: {one.revision for one in _instances(loop, name)} == {revision}, what=f"all are of {revision}")


def _serving(loop: LoopProcess, name: str) -> int:
    return sum(1 for one in _instances(loop, name) if one.serving)


def _traffic(loop: LoopProcess, name: str) -> set[str]:
    return {one.revision for one in _instances(loop, name) if one.serving}
