"""Faults by forms: on the leash first, then unleashed as they were shown."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.chaos.eligible import insist_on_quiet
from reconciler.chaos.faults import Monkey
from reconciler.chaos.situation import Situation
from reconciler.console import web
from reconciler.console.web.acting.chaos import chaos, heal, preview, unleash
from reconciler.console.web.acting.faulting import KINDS, request_of
from reconciler.console.web.acting.fields import FormError
from reconciler.errors import ChaosRefused, UsageError
from tests.support.fake_services import fake_services
from tests.unit.console.web.acting.scenes import led_to, page, scene

TEMPLATES = Path(web.__file__).parent / "templates"


@pytest.mark.parametrize(
    ("form", "request_"),
    [
        ({"kind": "monkey", "name": "", "zone": "", "seed": ""}, {}),
        ({"kind": "monkey", "name": "web", "seed": "7"}, {"cluster": "web", "seed": 7}),
        (
            {"kind": "gorilla", "zone": "az1", "keep_down": "yes", "seconds": "1m30s"},
            {"zone": "az1", "keep_down": True, "seconds": 90.0, "spare": False},
        ),
        (
            {"kind": "split-brain", "shape": "halves", "side-az2": "2", "side-az1": "1", "side-az3": "2"},
            {"shape": "halves", "sides": [["az1"], ["az2", "az3"]], "spare": False},
        ),
        (
            {"kind": "freeze", "name": "web-1", "seconds": "10", "anyway": "yes"},
            {"name": "web-1", "one": False, "seconds": 10.0, "spare": False, "anyway": True},
        ),
        (
            {"kind": "loss", "name": "web", "percent": "20 %", "one": "yes", "seed": "3"},
            {"name": "web", "one": True, "seed": 3, "percent": 20.0, "spare": False},
        ),
        ({"kind": "burn", "zone": "az1", "workers": "2"}, {"zone": "az1", "one": False, "workers": 2, "spare": False}),
        (
            {"kind": "fill", "name": "web", "size": "1GiB", "path": "/data", "seed": "3", "spare": "yes"},
            {"name": "web", "one": False, "size": "1GiB", "path": "/data", "spare": True},
        ),
    ],
)
def test_a_form_is_the_request_of_a_fault(form: dict[str, str], request_: dict[str, Any]) -> None:
    """What is empty is left out, so that the service's own default holds."""
    assert request_of(form) == {"kind": form["kind"], **request_}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "meteor"}, "kind"),
        ({"kind": "freeze"}, "name"),
        ({"kind": "freeze", "name": "web", "seconds": "soon"}, "seconds"),
        ({"kind": "loss", "name": "web", "percent": "nan"}, "percent"),
        ({"kind": "burn", "name": "web", "workers": "0"}, "workers"),
        ({"kind": "gorilla"}, "zone"),
        ({"kind": "split-brain", "shape": "halves", "side-az1": "99"}, "side-az1"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(form: dict[str, str], field: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(FormError) as refused:
        request_of(form)
    assert list(refused.value.errors) == [field]


def test_the_leash_shows_who_would_be_hit_and_does_nothing() -> None:
    """What was chosen at random is chosen so again: its seed is among the fields."""
    fake = fake_services()
    answer = page(preview(scene(fake, {"kind": "monkey", "name": "webapp", "form_token": "t"})))
    assert answer.template == "leashed.html"
    assert answer.values["preview"].victims == ("webapp-1",)
    assert answer.values["fields"] == {"kind": "monkey", "name": "webapp", "seed": "7"}
    assert fake.backend.calls == []


def test_it_is_unleashed_as_it_was_shown_and_leads_to_its_task() -> None:
    """In the name of the console."""
    fake = fake_services()
    fields = page(preview(scene(fake, {"kind": "monkey", "name": "webapp"}))).values["fields"]
    assert led_to(unleash(scene(fake, fields))) == "/tasks/1"
    assert fake.backend.calls[0] == ("unleash", {"kind": "monkey", "cluster": "webapp", "seed": 7}, "console")


@pytest.mark.parametrize("action", [preview, unleash])
def test_a_refusal_is_a_sentence_at_the_form(action: Any) -> None:
    """The form stays open with what was typed."""
    fake = fake_services()
    fake.faults.refused = "auth isn't opted in"
    answer = page(action(scene(fake, {"kind": "freeze", "name": "auth-1"})))
    assert (answer.template, answer.status) == ("chaos.html", 422)
    assert answer.values["errors"] == {"": "auth isn't opted in"}
    assert (answer.values["open_kind"], answer.values["form"]["name"]) == ("freeze", "auth-1")


def test_the_service_s_words_about_a_field_are_told_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each, `field: sentence`; what names no field of the form is told above it."""
    fake = fake_services()

    def refuse(*_: object) -> None:
        raise UsageError("seconds: 9000 is more than an hour\ncluster: no cluster 'x'\nit can't be")

    monkeypatch.setattr(type(fake.faults), "leashed", refuse)
    answer = page(preview(scene(fake, {"kind": "monkey", "name": "x"})))
    assert answer.values["errors"] == {
        "seconds": "9000 is more than an hour", "name": "no cluster 'x'", "": "it can't be",
    }  # fmt: skip


def test_one_fault_is_healed_or_all() -> None:
    """And it is said which."""
    fake = fake_services()
    answer = page(heal(scene(fake, {"fault": "k3f9"})))
    assert "freeze webapp-3" in answer.values["told"][0]
    assert answer.values["faults"] == ()
    page(heal(scene(fake, {})))
    assert fake.backend.calls == [("heal", "k3f9"), ("heal", None)]


def test_the_page_has_a_form_for_each_kind_and_opens_the_one_that_is_asked_for() -> None:
    """With every zone, and everybody who can be named."""
    values = chaos(scene(fake_services(), query={"kind": "freeze", "name": "webapp-1"})).values
    assert {kind.kind for kind in values["kinds"]} == {kind.kind for kind in KINDS}
    assert values["zones"] == ("az1", "az2", "az3")
    assert {"webapp", "webapp-1"} <= set(values["targets"])
    assert (values["open_kind"], values["form"]["name"]) == ("freeze", "webapp-1")
    assert values["allowed"] == ["shop", "webapp"]


def test_a_refusal_says_what_to_tick_not_what_to_type() -> None:
    """The sentences are chaos' own; the forms have ticks for what the command line has options for."""
    ill = Situation(env="dev", troubles=("the engine is away",))
    with pytest.raises(ChaosRefused) as refused:
        insist_on_quiet(Monkey(), ill)
    fake = fake_services()
    fake.faults.refused = str(refused.value)
    said = page(preview(scene(fake, {"kind": "monkey", "name": "web"}))).values["errors"][""]
    assert "“Also during a hold or an outage”" in said
    assert "--" not in said
    template = (TEMPLATES / "forms/fault_fields.html").read_text(encoding="utf-8")
    assert "Also during a hold or an outage" in template
    assert "Leave alone who doesn't allow it" in template
