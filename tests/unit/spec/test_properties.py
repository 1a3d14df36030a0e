"""Whatever comes in at the door: a spec or a SpecError, soon, and with little memory."""

import json
import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SpecError
from reconciler.spec.edit import set_key
from reconciler.spec.parse import parse, parse_cluster
from reconciler.spec.policy import Policy
from tests.support.counting import lines_run

PIECES = st.sampled_from(
    [
        *(
            "image: a",
            "size: 3",
            "name: webapp",
            "zones: [a, b]",
            "ports:",
            "  - 80",
            "health: {http: {port: 1}}",
        ),
        *(
            "\n",
            "\n",
            "\n",
            "  ",
            "\t",
            ": ",
            "- ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a",
            "!!x ",
            "<<: ",
            "#",
        ),
        *(
            "|",
            ">",
            "'",
            '"',
            "\\",
            "---",
            "...",
            "%YAML 1.1",
            "\r",
            "\x85",
            "\u2028",
            "\ufeff",
            "\0",
            "é",
            "~",
            "0",
        ),
    ]
)


def door(data: bytes) -> None:
    try:
        parse(data, file="specs/webapp.yaml", policy=Policy())
    except SpecError as refused:
        problems = refused.problems
    else:
        return
    assert problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_spec_or_a_spec_error(data: bytes) -> None:
    door(data)


@given(st.text(max_size=400))
def test_any_text_is_a_spec_or_a_spec_error(text: str) -> None:
    door(text.encode("utf-8", "surrogatepass"))


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=3 * settings().max_examples)
def test_anything_like_yaml_is_a_spec_or_a_spec_error(text: str) -> None:
    door(text.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    *(
        "apiVersion",
        "kind",
        "name",
        "image",
        "pull",
        "size",
        "zones",
        "dns",
        "ports",
        "command",
        "environment",
    ),
    *(
        "secrets",
        "volumes",
        "resources",
        "depends_on",
        "start",
        "health",
        "rollout",
        "autoscale",
        "discovery",
        "ssh",
        "stop",
        "suspend",
        "traffic",
    ),
]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_any_value_under_any_key_is_a_spec_or_a_spec_error(data: dict[str, object]) -> None:
    door(json.dumps(data).encode())


# What stands before the repeated part, that part by its number, what stands behind.
BOMBS: dict[str, tuple[str, Callable[[int], str], str]] = {
    "aliases": ("a: &a [x]\n", lambda n: f"b{n}: &b{n} [*a, *a, *a]\n", ""),
    "brackets": ("a: ", lambda _: "[", ""),
    "braces": ("", lambda _: "{a: ", ""),
    "dashes": ("", lambda _: "- ", ""),
    "question marks": ("", lambda _: "? ", ""),
    "a long list": ("zones: [", lambda _: "a,", "]"),
    "many keys": ("", lambda n: f"k{n}: 1\n", ""),
    "one key over and over": ("", lambda _: "a: 1\n", ""),
    "anchors": ("", lambda _: "&a [", ""),
    "long text": ("image: '", lambda _: "x", "'"),
    "a long word": ("", lambda _: "a", ""),
    "empty lines": ("", lambda _: "\n", "a"),
    "comments": ("", lambda _: "# c\n", "a: 1"),
    "quotes": ('a: "', lambda _: "\\n", ""),
}


def bomb(kind: str, *, of_bytes: int) -> bytes:
    """A spec of about that size."""
    head, part, tail = BOMBS[kind]
    return (head + "".join(part(n) for n in range(of_bytes // len(part(1000)))) + tail).encode()


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused(kind: str) -> None:
    refuse(bomb(kind, of_bytes=65_000))


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_takes_little_work_and_twice_the_bomb_no_more_than_twice_as_much(kind: str) -> None:
    """Counted in lines of code that run, also in the parser.

    The most that a byte takes is some 600 (an item of a list that the schema refuses); without the look ahead at
    brackets it was 8000, and what grew with the square would here be four times as much.
    """
    refuse(bomb(kind, of_bytes=400))  # what is loaded or compiled once is not counted
    small, large = (lines_run(partial(refuse, bomb(kind, of_bytes=size))) for size in (600, 1_200))
    assert small < 800 * 600
    assert large < 2.2 * small


def refuse(data: bytes) -> None:
    with pytest.raises(SpecError):
        parse_cluster(data, file="bomb.yaml", policy=Policy())


@pytest.mark.parametrize("kind", ["aliases", "brackets", "a long list", "long text"])
def test_a_bomb_takes_little_memory(kind: str) -> None:
    tracemalloc.start()
    try:
        refuse(bomb(kind, of_bytes=60_000))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 32 * 1024**2


COMMENTS = st.lists(st.sampled_from(["", "# é comment", "   # indented: [", "  ", "#"]), max_size=3)


@st.composite
def texts_around_a_size(draw: st.DrawFn) -> tuple[str, str]:
    """What stands before and behind the number of `size`."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    gap = draw(st.sampled_from(["", " ", "    "]))
    tail = draw(st.sampled_from(["", "  # three of them", " #"]))
    last = newline if draw(st.booleans()) else ""
    head = newline.join([*draw(COMMENTS), "image: a  # the image", f"size: {gap}"])
    return head, newline.join([tail, *draw(COMMENTS), "zones: [ az1,az2 ]" + last])


@given(around=texts_around_a_size(), old=st.integers(0, 1000), new=st.integers(0, 1000))
def test_editing_a_value_keeps_every_other_byte(around: tuple[str, str], old: int, new: int) -> None:
    head, rest = around
    assert set_key(f"{head}{old}{rest}", "size", new) == f"{head}{new}{rest}"


@given(before=COMMENTS, after=COMMENTS, last=st.booleans())
def test_adding_a_key_only_adds_a_line(before: list[str], after: list[str], last: bool) -> None:
    text = "\n".join([*before, "image: a", "size: 1 # c", *after]) + ("\n" if last else "")
    edited = set_key(text, "suspend", True)
    assert edited.replace("suspend: true\n", "").replace("\nsuspend: true", "") == text
    assert parse_cluster(edited.encode(), file="a.yaml", policy=Policy()).suspend is True
