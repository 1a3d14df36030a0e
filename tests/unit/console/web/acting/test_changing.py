"""A change by forms: shown before it is done, done only as it was shown, refused where it was typed."""

import pytest

from reconciler.changes.wishes import Delete, Resize, Undo, Write
from reconciler.console.web.acting.changing import carry_out, propose
from reconciler.errors import ReconcilerError
from tests.support.fake_services import Fake, fake_services
from tests.unit.console.web.acting.scenes import led_to, page, scene

RESIZE = {"kind": "resize", "name": "auth", "size": "3", "form_token": "secret"}


def shown(fake: Fake, form: dict[str, str]) -> dict[str, str]:
    """The fields of the form that carries out what was proposed."""
    values = page(propose(scene(fake, form))).values
    return {**values["fields"], "base": values["proposal"].base}


def test_a_proposal_shows_the_difference_and_the_plan_and_changes_nothing() -> None:
    """Only the second form does it; the form token isn't among the fields that are sent again."""
    fake = fake_services()
    before = dict(fake.changes.files)
    answer = page(propose(scene(fake, RESIZE)))
    proposal = answer.values["proposal"]
    assert (answer.template, answer.status, proposal.says) == ("propose.html", 200, "resize auth to 3")
    assert "+size: 3" in proposal.files[0].difference
    assert proposal.plans[0].actions[0].cause == "size 2 -> 3"
    assert answer.values["fields"] == {"kind": "resize", "name": "auth", "size": "3"}
    assert answer.values["back"] == "/clusters/auth"
    assert fake.changes.files == before


def test_nothing_to_change_is_said() -> None:
    """No form to carry it out with."""
    answer = page(propose(scene(fake_services(), {**RESIZE, "size": "2"})))
    assert not answer.values["proposal"].changed


def test_it_is_carried_out_as_it_was_shown_and_leads_to_its_task() -> None:
    """With the base that was shown, in the name of the console."""
    fake = fake_services()
    form = shown(fake, RESIZE)
    assert led_to(carry_out(scene(fake, form))) == "/tasks/1"
    assert fake.changes.wished == [(Resize(name="auth", size=3), form["base"], "console")]


@pytest.mark.parametrize("form", [RESIZE, {"kind": "write", "file": "auth.yaml", "text": "name: auth\n"}])
def test_without_a_base_nothing_is_carried_out(form: dict[str, str]) -> None:
    """It is only proposed, or refused: nothing is done that nobody saw."""
    fake = fake_services()
    page(carry_out(scene(fake, form)))
    assert fake.changes.wished == []


def test_a_file_edited_meanwhile_is_a_conflict() -> None:
    """It says what differs and what was wanted, and leads on to a new proposal or the editor."""
    fake = fake_services()
    form = shown(fake, RESIZE)
    fake.changes.files["auth.yaml"] += "# mine\n"
    answer = page(carry_out(scene(fake, form)))
    assert (answer.template, answer.status) == ("conflict.html", 409)
    assert answer.values["wanted"].says == "resize auth to 3"
    assert answer.values["difference"]
    assert answer.values["edit"] == "/clusters/auth/edit"
    assert "base" not in answer.values["fields"]
    assert fake.changes.wished == []
    again = shown(fake, answer.values["fields"])
    led_to(carry_out(scene(fake, again)))
    assert "# mine" in fake.changes.files["auth.yaml"]


def test_a_file_edited_while_the_editor_was_open_is_a_conflict_at_once() -> None:
    """The editor's form knows the file that it was opened with."""
    fake = fake_services()
    read = fake.changes.spec("auth").base
    text = fake.changes.files["auth.yaml"].replace("size: 2", "size: 9")
    form = {"kind": "write", "file": "auth.yaml", "text": text, "read": read}
    assert page(propose(scene(fake, form))).template == "propose.html"
    fake.changes.files["auth.yaml"] += "# mine\n"
    answer = page(propose(scene(fake, form)))
    assert (answer.template, answer.status) == ("conflict.html", 409)
    assert "read" not in answer.values["fields"]


def test_what_was_typed_stays_where_a_text_is_wrong() -> None:
    """Each problem has its place, and the line as it was typed."""
    fake = fake_services()
    form = {"kind": "write", "file": "auth.yaml", "text": "name: auth\r\nimage: x\r\nsize: many\r\n", "read": "r"}
    answer = page(propose(scene(fake, form)))
    assert (answer.template, answer.status) == ("edit.html", 422)
    assert answer.values["text"] == "name: auth\nimage: x\nsize: many\n"
    assert [(mark.line, mark.text) for mark in answer.values["marked"]] == [(3, "size: many")]
    assert answer.values["read"] == "r"


def test_back_from_a_proposal_opens_the_form_with_what_was_typed() -> None:
    """That is no mistake, so nothing is called one."""
    form = {"kind": "write", "file": "auth.yaml", "text": "size: 1", "edit": "yes"}
    answer = page(propose(scene(fake_services(), form)))
    assert (answer.template, answer.status, answer.values["text"]) == ("edit.html", 200, "size: 1")


def test_a_wrong_size_comes_back_with_its_form() -> None:
    """What was typed stays, the sentence is at the field."""
    answer = page(propose(scene(fake_services(), {**RESIZE, "size": "lots"})))
    assert (answer.template, answer.status) == ("wish.html", 422)
    assert answer.values["form"]["size"] == "lots"
    assert list(answer.values["errors"]) == ["size"]


def test_a_wish_that_cannot_be_is_told_with_its_reason() -> None:
    """A cluster that isn't there; the way back leads to a page that is."""
    answer = page(propose(scene(fake_services(), {**RESIZE, "name": "gone"})))
    assert answer.status == 422
    assert "no spec of a cluster 'gone'" in answer.values["errors"][""]
    assert answer.values["back"] == "/"


def test_a_cluster_is_deleted_only_where_its_name_was_typed() -> None:
    """Asked once, on the page that shows what goes."""
    fake = fake_services()
    form = shown(fake, {"kind": "delete", "name": "auth"})
    for typed in ("", "aut", "AUTH"):
        answer = page(carry_out(scene(fake, {**form, "typed": typed})))
        assert (answer.template, answer.status) == ("propose.html", 422)
        assert list(answer.values["errors"]) == ["typed"]
    assert fake.changes.wished == []
    led_to(carry_out(scene(fake, {**form, "typed": " auth "})))
    assert [wish for wish, _, _ in fake.changes.wished] == [Delete(names=("auth",))]


def test_an_earlier_group_is_gone_back_to() -> None:
    """By its label, through the same two steps."""
    fake = fake_services()
    led_to(carry_out(scene(fake, shown(fake, {"kind": "undo", "name": "shop", "to": "v000"}))))
    assert fake.changes.wished[0][0] == Undo(name="shop", to="v000")


def test_a_new_file_is_written() -> None:
    """It has no base of its own but that of its absence."""
    fake = fake_services()
    form = shown(fake, {"kind": "write", "file": "new.yaml", "text": "name: new\nimage: nginx\nsize: 1\n", "read": ""})
    led_to(carry_out(scene(fake, form)))
    assert isinstance(fake.changes.wished[0][0], Write)
    assert "new.yaml" in fake.changes.files


def test_a_refusal_while_it_is_carried_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that can't be written to: the reason, and nothing else has happened."""
    fake = fake_services()
    form = shown(fake, RESIZE)

    def refuse(*_: object) -> None:
        raise ReconcilerError("auth.yaml is read-only: chmod u+w it")

    monkeypatch.setattr(type(fake.changes), "carry_out", refuse)
    answer = page(carry_out(scene(fake, form)))
    assert answer.status == 422
    assert answer.values["errors"] == {"": "auth.yaml is read-only: chmod u+w it"}
