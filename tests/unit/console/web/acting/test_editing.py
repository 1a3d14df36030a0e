"""The long forms open with what the file says."""

import pytest

from reconciler.console.web.acting.editing import edit, new, next_group
from reconciler.console.web.page import NotThereError
from tests.support.fake_services import fake_services
from tests.unit.console.web.acting.scenes import scene


def test_the_editor_opens_with_the_file_and_what_stands_for_it() -> None:
    """So that a change by somebody else is noticed."""
    fake = fake_services()
    values = edit(scene(fake, name="auth")).values
    spec = fake.changes.spec("auth")
    assert (values["file"], values["text"], values["read"]) == ("auth.yaml", spec.text, spec.base)


def test_the_editor_of_a_file_that_cannot_be_read_says_where_and_why() -> None:
    """Before anything is typed: that is why somebody came."""
    fake = fake_services()
    values = edit(scene(fake, name="booking")).values
    assert [(mark.line, mark.says.split(";")[0][:21]) for mark in values["unread"]] == [(4, "booking.yaml:4:7: siz")]
    assert edit(scene(fake, name="auth")).values["unread"] == ()


@pytest.mark.parametrize("view", [edit, next_group])
def test_there_is_nothing_to_edit_of_a_cluster_that_is_not_there(view: object) -> None:
    """404, not an empty form."""
    with pytest.raises(NotThereError, match="gone"):
        view(scene(fake_services(), name="gone"))  # type: ignore[operator]


def test_the_next_group_s_form_is_filled_from_the_file() -> None:
    """Values as they are written: 010 stays 010; some empty rows at the end."""
    fake = fake_services()
    fake.changes.files["auth.yaml"] = (
        "name: auth\nimage: acmeair/auth:1.0\nsize: 1\n"
        "environment:\n  LEVEL: 010\n  NOTE: 'a: b'\nrollout: {strategy: canary}\n"
    )
    values = next_group(scene(fake, name="auth")).values
    assert (values["image"], values["strategy"]) == ("acmeair/auth:1.0", "canary")
    assert [(row.name, row.value, row.was) for row in values["rows"]] == [
        ("LEVEL", "010", "LEVEL"), ("NOTE", "a: b", "NOTE"), ("", "", ""), ("", "", ""), ("", "", ""),
    ]  # fmt: skip


def test_a_file_that_cannot_be_read_opens_an_empty_group_form() -> None:
    """What is wrong with it is said when it is proposed."""
    fake = fake_services()
    fake.changes.files["auth.yaml"] = "a: [\n"
    assert next_group(scene(fake, name="auth")).values["image"] == ""


def test_a_cluster_that_lost_its_file_begins_with_what_that_said_last() -> None:
    fake = fake_services()
    fake.backend.texts = lambda name: f"# {name}, as it was\nimage: ledger:1\nsize: 2\n"
    answer = new(scene(fake, query={"name": "ledger"}))
    assert answer.values["file"] == "ledger.yaml"
    assert answer.values["text"] == "# ledger, as it was\nimage: ledger:1\nsize: 2\n"


def test_a_new_cluster_begins_with_name_and_image_and_goes_on_in_the_editor() -> None:
    """Its first text is a good spec that teaches the format."""
    fake = fake_services()
    assert new(scene(fake)).template == "new.html"
    opened = new(scene(fake, query={"name": "web", "image": "nginx:1.27"}))
    assert (opened.template, opened.values["file"], opened.values["read"]) == ("edit.html", "web.yaml", "")
    assert "image: nginx:1.27" in opened.values["text"]
    task = new(scene(fake, query={"name": "load", "image": "nginx", "task": "yes"}))
    assert "kind: TaskSpec" in task.values["text"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"name": "Web", "image": "nginx"}, "name"),
        ({"name": "../etc", "image": "nginx"}, "name"),
        ({"name": "auth", "image": "nginx"}, "name"),
        ({"name": "web", "image": ""}, "image"),
        ({"name": "web", "image": "a b"}, "image"),
    ],
)
def test_a_new_cluster_s_name_and_image_are_checked_before(query: dict[str, str], field: str) -> None:
    """The sentence is at the field, and what was typed stays."""
    answer = new(scene(fake_services(), query=query))
    assert (answer.template, answer.status) == ("new.html", 400)
    assert list(answer.values["errors"]) == [field]
    assert answer.values["name"] == query["name"]
