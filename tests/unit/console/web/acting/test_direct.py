"""What changes no file: instances, held deletions, zones, the directory; and tasks."""

from dataclasses import replace

import pytest

from reconciler.api.operations import Reporter
from reconciler.changes.following import WAITS_FOR_A_PERSON
from reconciler.console.web.acting import tasks
from reconciler.console.web.acting.direct import close_zone, confirm_held, open_zone, rescan, terminate
from reconciler.console.web.page import NotThereError
from tests.support.fake_services import Fake, fake_services
from tests.unit.console.web.acting.scenes import led_to, page, scene


def test_an_instance_is_terminated_only_after_its_page_was_seen() -> None:
    """The page says what would happen; its form does it."""
    fake = fake_services()
    answer = page(terminate(scene(fake, {"instance": "auth-1"})))
    assert (answer.template, answer.status, answer.values["others"]) == ("terminate.html", 200, 1)
    assert fake.backend.calls == []
    form = {"instance": "auth-1", "id": answer.values["instance"].id, "sure": "yes"}
    assert led_to(terminate(scene(fake, form))) == "/tasks/1"
    assert fake.backend.calls == [("terminate", "auth-1", "console")]


def test_another_container_under_the_number_is_not_terminated() -> None:
    """Only the one that was seen is meant."""
    fake = fake_services()
    answer = page(terminate(scene(fake, {"instance": "auth-1", "id": "another", "sure": "yes"})))
    assert answer.status == 422
    assert "another container" in answer.values["lack"]
    assert fake.backend.calls == []


def test_an_instance_that_cannot_be_terminated_says_why() -> None:
    """Nothing would take the place of a suspended cluster's."""
    answer = page(terminate(scene(fake_services(), {"instance": "quiet-1"})))
    assert "quiet is suspended" in answer.values["lack"]


@pytest.mark.parametrize("name", ["", "auth-9", "nobody-1", "auth"])
def test_there_is_nothing_to_terminate_of_a_name_that_nobody_has(name: str) -> None:
    """404."""
    with pytest.raises(NotThereError):
        terminate(scene(fake_services(), {"instance": name}))


def test_held_deletions_are_shown_before_they_go_on() -> None:
    """Who would be removed; then they are, by name or all."""
    fake = fake_services()
    answer = page(confirm_held(scene(fake, {})))
    assert [cluster.name for cluster in answer.values["held"]] == ["ledger"]
    assert fake.backend.calls == []
    done = page(confirm_held(scene(fake, {"sure": "yes"})))
    assert done.values["sentences"] == ["ledger is being removed."]
    again = page(confirm_held(scene(fake, {"sure": "yes", "name": "ledger"})))
    assert again.values["sentences"] == ["Nothing was held any more."]
    assert fake.backend.calls == [("confirm", None), ("confirm", ("ledger",))]


def test_a_zone_is_closed_for_a_while_and_opened_again() -> None:
    """With the reason that was given."""
    fake = fake_services()
    assert led_to(close_zone(scene(fake, {"zone": "az1", "seconds": "10m", "why": "a new disk"}))) == "/zones/az1"
    assert led_to(close_zone(scene(fake, {"zone": "az1", "seconds": "", "why": ""}))) == "/zones/az1"
    assert led_to(open_zone(scene(fake, {"zone": "az1"}))) == "/zones/az1"
    assert fake.backend.calls == [
        ("close_zone", "az1", 600.0, "a new disk"), ("close_zone", "az1", None, ""), ("open_zone", "az1"),
    ]  # fmt: skip


def test_what_a_person_should_know_of_a_closed_zone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences of the loop have a page of their own."""
    fake = fake_services()
    monkeypatch.setattr(type(fake.backend), "close_zone", lambda *_: ("db stays: it has a volume",))
    answer = page(close_zone(scene(fake, {"zone": "az1"})))
    assert (answer.template, answer.values["sentences"]) == ("done.html", ["db stays: it has a volume"])


@pytest.mark.parametrize(
    ("form", "field"), [({"zone": "az1", "seconds": "soon"}, "seconds"), ({"zone": "az9", "seconds": ""}, "")]
)
def test_what_is_wrong_with_a_zone_s_form_comes_back_with_it(form: dict[str, str], field: str) -> None:
    """What was typed stays."""
    answer = page(close_zone(scene(fake_services(), form)))
    assert (answer.template, answer.status, list(answer.values["errors"])) == ("zone_form.html", 422, [field])
    assert answer.values["form"] == form


def test_the_directory_is_read_anew() -> None:
    """At once, and back to the environment."""
    fake = fake_services()
    assert led_to(rescan(scene(fake))) == "/"
    assert fake.backend.calls == [("rescan",)]


def begun(fake: Fake) -> str:
    """A task that runs until it is stopped."""

    def work(reporter: Reporter) -> str:
        reporter.say("in force")
        reporter.stopping.wait(20)
        return "healed"

    return str(fake.operations.begin("chaos", "freeze web", "console", work).id)


def test_tasks_are_listed_and_each_has_its_page_with_its_log() -> None:
    """While it runs it can be stopped."""
    fake = fake_services()
    id = begun(fake)
    assert [one.says for one in tasks.tasks(scene(fake)).values["operations"]] == ["freeze web"]
    values = tasks.task(scene(fake, id=id)).values
    assert (values["running"], values["follows"]) == (True, False)
    assert led_to(tasks.stop(scene(fake, {"id": id}))) == f"/tasks/{id}"
    ended = fake.operations.wait(int(id), 20)
    assert ended is not None
    values = tasks.task(scene(fake, id=id)).values
    assert not values["running"]
    assert [line.text for line in values["log"]][:1] == ["in force"]


def test_of_a_long_log_the_page_has_the_newest_lines() -> None:
    """And says how many there are before."""
    fake = fake_services()

    def work(reporter: Reporter) -> str:
        for number in range(700):
            reporter.say(f"line {number}")
        return "done"

    id = fake.operations.begin("images", "build", "api", work).id
    assert fake.operations.wait(id, 20) is not None
    values = tasks.task(scene(fake, id=str(id))).values
    assert (len(values["log"]), values["earlier"], values["log"][-1].text) == (500, 200, "line 699")


def test_a_change_that_waits_for_a_person_leads_to_the_judgment_while_there_is_one() -> None:
    """Its cluster's page; afterwards it is a task like others."""
    fake = fake_services()
    outcome = f"{WAITS_FOR_A_PERSON}: shop: the canary of v001 awaits its promotion"
    task = fake.operations.begin("next-group", "next group of shop", "console", lambda _: outcome, clusters=("shop",))
    assert fake.operations.wait(task.id, 20) is not None
    assert tasks.task(scene(fake, id=str(task.id))).values["waiting"] == ("shop",)
    assert tasks.tasks(scene(fake)).values["waiting"] == {task.id}
    calm = tuple(replace(one, rollout=None) for one in fake.backend.state.clusters)
    fake.backend.state = replace(fake.backend.state, clusters=calm)
    assert tasks.task(scene(fake, id=str(task.id))).values["waiting"] == ()


@pytest.mark.parametrize("id", ["", "0", "x", "²", "9" * 5000])
def test_a_task_that_is_not_there_is_said(id: str) -> None:
    """404, whatever stands in the address."""
    with pytest.raises(NotThereError):
        tasks.task(scene(fake_services(), id=id))


def test_a_loop_that_is_away_still_lets_a_refusal_be_told() -> None:
    """A zone that nobody has any more leads back to the environment."""
    fake = fake_services()
    fake.backend.state = replace(fake.backend.state, clusters=(), closed_zones=())
    assert page(open_zone(scene(fake, {"zone": "az1"}))).values["back"] == "/"
