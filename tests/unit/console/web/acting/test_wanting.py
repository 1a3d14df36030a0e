"""Forms become wishes, and what is wrong in them is told at the field."""

import pytest

from reconciler.changes.wishes import (
    Delete,
    GoOn,
    NextGroup,
    Pause,
    Promote,
    Resize,
    Restart,
    Resume,
    Suspend,
    Traffic,
    Undo,
    Wish,
    Write,
)
from reconciler.console.web.acting.fields import FormError
from reconciler.console.web.acting.wanting import wish_of


@pytest.mark.parametrize(
    ("form", "wish"),
    [
        ({"kind": "resize", "name": "web", "size": " 5 "}, Resize(name="web", size=5)),
        ({"kind": "resize", "name": "web", "size": "5", "step": "1"}, Resize(name="web", size=6)),
        ({"kind": "resize", "name": "web", "size": "0", "step": "-1"}, Resize(name="web", size=0)),
        ({"kind": "suspend", "name": "web"}, Suspend(name="web")),
        ({"kind": "resume", "name": "web"}, Resume(name="web")),
        ({"kind": "restart", "name": "web"}, Restart(name="web")),
        ({"kind": "pause", "name": "web"}, Pause(name="web")),
        ({"kind": "go-on", "name": "web"}, GoOn(name="web")),
        ({"kind": "promote", "name": "web"}, Promote(name="web")),
        ({"kind": "traffic", "name": "web", "on": "no"}, Traffic(name="web", on=False)),
        ({"kind": "traffic", "name": "web", "on": "yes"}, Traffic(name="web", on=True)),
        ({"kind": "undo", "name": "web"}, Undo(name="web")),
        ({"kind": "undo", "name": "web", "to": "v002"}, Undo(name="web", to="v002")),
        ({"kind": "delete", "name": "web"}, Delete(names=("web",))),
        (
            {"kind": "write", "file": "web.yaml", "text": "name: web\r\nsize: 1\r\n"},
            Write(file="web.yaml", text="name: web\nsize: 1\n"),
        ),
    ],
)
def test_each_kind_of_form_is_a_wish(form: dict[str, str], wish: Wish) -> None:
    """What was typed is what is wished; line ends are a file's, not a browser's."""
    assert wish_of(form) == wish


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "resize", "name": "web", "size": ""}, "size"),
        ({"kind": "resize", "name": "web", "size": "-1"}, "size"),
        ({"kind": "resize", "name": "web", "size": "1.5"}, "size"),
        ({"kind": "resize", "name": "web", "size": "٣"}, "size"),
        ({"kind": "resize", "name": "web", "size": "9" * 5000}, "size"),
        ({"kind": "suspend", "name": " "}, "name"),
        ({"kind": "traffic", "name": "web"}, "on"),
        ({"kind": "next-group", "name": "web", "image": ""}, "image"),
        ({"kind": "write", "file": "", "text": ""}, "file"),
        ({"kind": "apply"}, "kind"),
        ({}, "kind"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(form: dict[str, str], field: str) -> None:
    """One sentence for the field, nothing for the others."""
    with pytest.raises(FormError) as refused:
        wish_of(form)
    assert list(refused.value.errors) == [field]


def group(**more: str) -> dict[str, str]:
    """The next group's form of a cluster with LOG=info, as it was opened."""
    opened = {
        "kind": "next-group", "name": "web", "image": "web:1", "image-had": "web:1", "strategy": "canary",
        "strategy-had": "canary", "env-name-0": "LOG", "env-value-0": "info", "env-was-0": "LOG", "env-had-0": "info",
        "env-name-1": "", "env-value-1": "", "env-was-1": "", "env-had-1": "",
    }  # fmt: skip
    return opened | {name.replace("_", "-"): value for name, value in more.items()}


def test_a_group_s_form_wishes_only_what_was_changed_in_it() -> None:
    """Else a file edited meanwhile would be set back unseen."""
    assert wish_of(group()) == NextGroup(name="web")
    assert wish_of(group(image="web:2")) == NextGroup(name="web", image="web:2")
    assert wish_of(group(strategy="rolling")) == NextGroup(name="web", strategy="rolling")
    assert wish_of(group(env_value_0="debug")) == NextGroup(name="web", environment={"LOG": "debug"})


def test_variables_are_added_removed_and_renamed() -> None:
    """An emptied name removes; another name removes the old one and adds the new one."""
    assert wish_of(group(env_name_1="PORT", env_value_1=" 80 ")) == NextGroup(name="web", environment={"PORT": " 80 "})
    assert wish_of(group(env_name_0="")) == NextGroup(name="web", environment={"LOG": None})
    renamed = {"LOG": None, "LEVEL": "info"}
    assert wish_of(group(env_name_0="LEVEL")) == NextGroup(name="web", environment=renamed)


def test_variables_that_make_no_sense_are_told_at_their_row() -> None:
    """A value without a name, a name twice."""
    with pytest.raises(FormError) as nameless:
        wish_of(group(env_value_1="80"))
    assert list(nameless.value.errors) == ["env-name-1"]
    with pytest.raises(FormError) as twice:
        wish_of(group(env_value_0="debug", env_name_1="LOG", env_value_1="trace"))
    assert list(twice.value.errors) == ["env-name-1"]
