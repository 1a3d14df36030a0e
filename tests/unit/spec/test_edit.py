"""Changing one value keeps the rest of the text; what can't be done so is said."""

import pytest

from reconciler.errors import SpecError, UsageError
from reconciler.spec.edit import new_spec, set_key
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("size: 3", "size: 5"),
        ("size: 3 # three\n", "size: 5 # three\n"),
        ("size:   3\r\nimage: a\r\n", "size:   5\r\nimage: a\r\n"),
        ("size:\nimage: a\n", "size: 5\nimage: a\n"),
        ("size: # to do\nimage: a\n", "size: 5 # to do\nimage: a\n"),
        ("size:", "size: 5"),
        ("size: '3'\n", "size: 5\n"),
        ("{image: a, size: 3}  # x\n", "{image: a, size: 5}  # x\n"),
        ('{"image": "a", "size":3}', '{"image": "a", "size":5}'),
        ("\ufeffsize: 3\n", "\ufeffsize: 5\n"),
        ("? size\n: 3\n", "? size\n: 5\n"),
        (
            "# size: 1\nimage: a\nstop: {grace: 1s}\nsize: 3\n",
            "# size: 1\nimage: a\nstop: {grace: 1s}\nsize: 5\n",
        ),
    ],
)
def test_a_value_is_exchanged_at_its_place(before: str, after: str) -> None:
    assert set_key(before, "size", 5) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("size: 3\n", "size: 3\nsuspend: true\n"),
        ("size: 3", "size: 3\nsuspend: true"),
        ("size: 3 # c\n\n# the end\n", "size: 3 # c\nsuspend: true\n\n# the end\n"),
        ("size: 3\r\n", "size: 3\r\nsuspend: true\r\n"),
        ("zones:\n  - a\n  - b # last\n# end\n", "zones:\n  - a\n  - b # last\nsuspend: true\n# end\n"),
        ("stop:\n  grace: 1s\n\n\n", "stop:\n  grace: 1s\nsuspend: true\n\n\n"),
        ("zones: [a,\n  b]\n", "zones: [a,\n  b]\nsuspend: true\n"),
        ("{size: 3}\n", "{size: 3, suspend: true}\n"),
        ("{size: 3, }\n", "{size: 3, suspend: true, }\n"),
        ("size: 3\n...\n", "size: 3\nsuspend: true\n...\n"),
        ("---\nsize: 3\n", "---\nsize: 3\nsuspend: true\n"),
        ("command:\n- |\n  a\n  b\n", "command:\n- |\n  a\n  b\nsuspend: true\n"),
        ("command:\n- |\n  a\nsize: 1\n", "command:\n- |\n  a\nsize: 1\nsuspend: true\n"),
    ],
)
def test_a_missing_key_is_added_behind_the_others(before: str, after: str) -> None:
    assert set_key(before, "suspend", True) == after


def test_a_nested_value_is_exchanged_or_added_in_its_mapping() -> None:
    assert set_key("stop:\n  grace: 1s # c\nsize: 1\n", ("stop", "grace"), "20s") == (
        "stop:\n  grace: 20s # c\nsize: 1\n"
    )
    assert set_key("stop:\n    grace: 1s # c\nsize: 1\n", ("stop", "drain"), "2s") == (
        "stop:\n    grace: 1s # c\n    drain: 2s\nsize: 1\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("size: 1\n", "size: 1\nrollout: {paused: true}\n"),
        ("{size: 1}\n", "{size: 1, rollout: {paused: true}}\n"),
        ("rollout:\nsize: 1\n", "rollout: {paused: true}\nsize: 1\n"),
        ("rollout: # none yet\nsize: 1\n", "rollout: {paused: true} # none yet\nsize: 1\n"),
        ("rollout: null\nsize: 1\n", "rollout: {paused: true}\nsize: 1\n"),
        ("rollout: {}\nsize: 1\n", "rollout: {paused: true}\nsize: 1\n"),
        ("rollout:\n  surge: 2\n", "rollout:\n  surge: 2\n  paused: true\n"),
    ],
)
def test_a_missing_mapping_is_made(before: str, after: str) -> None:
    assert set_key(before, ("rollout", "paused"), True) == after


def test_setting_what_is_there_already_changes_nothing() -> None:
    assert set_key("size: 0x3\n", "size", 3) == "size: 0x3\n"


def test_text_that_yaml_would_read_otherwise_is_quoted() -> None:
    assert set_key("image: a\n", "image", "b:1.0") == "image: b:1.0\n"
    assert set_key("image: a\n", "image", "b: 1") == 'image: "b: 1"\n'
    assert set_key("dns: a\n", "dns", "12:30") == 'dns: "12:30"\n'
    assert set_key("dns: a\n", "dns", "€ ☃ 😀") == 'dns: "€ ☃ 😀"\n'
    assert set_key("dns: a\n", "dns", "true") == 'dns: "true"\n'


def test_a_broken_file_is_not_edited() -> None:
    with pytest.raises(SpecError):
        set_key("size: [1\n", "size", 3)


@pytest.mark.parametrize("text", ["size: |\n  3\n", "size: [1]\n", "- a\n"])
def test_what_would_change_more_is_left_to_a_person(text: str) -> None:
    with pytest.raises(UsageError, match="edit by hand"):
        set_key(text, "size", 3)


def test_a_new_spec_is_valid_and_leads_editors_to_the_schema() -> None:
    text = new_spec("webapp", "nginx:1.27")
    spec = parse_cluster(text.encode(), file="webapp.yaml", policy=Policy())
    assert (spec.name, spec.image, spec.size) == ("webapp", "nginx:1.27", 1)
    assert text.startswith("# yaml-language-server: $schema=.reconciler-schema.json\n")


def test_what_a_new_spec_offers_in_comments_is_valid_too() -> None:
    lines = new_spec("webapp", "nginx:1.27").splitlines()
    offered = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    keys = [line for line in offered if line.startswith("  ") or line.split(":")[0].isidentifier()]
    # A volume implies in-place; the offered rollout is the other way.
    text = "\n".join(["image: a", "size: 1", *(line for line in keys if not line.startswith("volumes"))])
    spec = parse_cluster(text.encode(), file="webapp.yaml", policy=Policy())
    assert (spec.depends_on, spec.environment) == (("database",), {"LOG_LEVEL": "info"})
    assert spec.health.probe is not None
