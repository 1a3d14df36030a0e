"""Whatever a file looks like: a wish leaves all other values, all comments and all line ends as they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.changes import wishes
from reconciler.changes.spec_text import understood
from reconciler.changes.texts import Known, OneCluster, make
from reconciler.errors import ReconcilerError
from reconciler.plan.status import WorldStatus
from reconciler.spec.extents import read_tree
from reconciler.spec.nodes import plain
from reconciler.spec.policy import Policy

KNOWN = Known(
    revisions=lambda _name: (), status=lambda: WorldStatus(environment="dev", domain="docker"), now=lambda: 1.8e9
)
PATH = Path("web.yaml")
NAMES = st.sampled_from(["A", "LOG_LEVEL", "b", "Z9"])
VALUES = st.one_of(st.text(max_size=8), st.sampled_from(["true", "010", "a: b", "# c", "é ☃ 😀", "{", "null", "12:30"]))
VARIABLES: st.SearchStrategy[dict[str, str]] = st.dictionaries(
    NAMES, st.sampled_from(["1", '"x # y"', "'é'"]), max_size=3
)
COMMENT = st.sampled_from(["", "# é: [", "   # two", "#"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Specs in several layouts, with a comment wherever one may stand."""
    lines = ["image: shop:3  # the image", f"size:   {draw(st.integers(0, 9))} # so many"]
    variables = draw(VARIABLES)
    in_braces: bool = draw(st.booleans())
    if variables and in_braces:
        lines.append("environment: {" + ", ".join(f"{k}: {v}" for k, v in variables.items()) + "}  # braces")
    elif variables:
        lines.append("environment:  # lines")
        for name, value in variables.items():
            lines += [f"  {name}: {value}  # of {name}", f"    {draw(COMMENT)}".rstrip()]
    lines += draw(st.sampled_from([[], ["rollout: {bake: 2s}"], ["rollout:", "  bake: 2s # b"], ["suspend: false"]]))
    spread = [part for line in lines for part in (draw(COMMENT), line)] + [draw(COMMENT)]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "\ufeff"])) + newline.join(spread) + draw(st.sampled_from(["", newline]))


ANY_WISH = st.one_of(
    st.integers(0, 50).map(lambda size: wishes.Resize(name="web", size=size)),
    st.builds(
        wishes.NextGroup,
        name=st.just("web"),
        image=st.sampled_from(["", "shop:4", "r:5000/a/b:c"]),
        environment=st.dictionaries(NAMES, st.one_of(st.none(), VALUES), max_size=3),
        strategy=st.sampled_from(["", "canary", "rolling"]),
    ),
    st.sampled_from(
        [wishes.Suspend(name="web"), wishes.Resume(name="web"), wishes.Restart(name="web"), wishes.Pause(name="web")]
    ),
)


def wanted(data: Mapping[str, Any], wish: OneCluster) -> dict[str, Any]:
    """The file's values with those of the wish."""
    rollout = dict(data.get("rollout") or {})
    made = dict(data)
    match wish:
        case wishes.Resize():
            made["size"] = wish.size
        case wishes.NextGroup():
            variables = {**(data.get("environment") or {}), **wish.environment}
            made["environment"] = {name: str(value) for name, value in variables.items() if value is not None}
            made["image"] = wish.image or data["image"]
            if wish.strategy not in ("", "rolling"):
                rollout["strategy"] = wish.strategy
        case wishes.Restart():
            rollout["restarted"] = "2027-01-15T08:00:00Z"
        case wishes.Pause():
            rollout["paused"] = True
        case wishes.Suspend():
            made["suspend"] = True
    return made | {"rollout": rollout}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts(), wish=ANY_WISH)
def test_a_wish_sets_its_values_and_leaves_the_rest(text: str, wish: OneCluster) -> None:
    before = understood(PATH, text.encode(), Policy())
    try:
        after = make(wish, before, KNOWN).text
        understood(PATH, after.encode(), Policy())
    except ReconcilerError:
        return  # a value that no container takes, or a place that only a person can edit: said so, and nothing done
    old, new = (plain(read_tree(said.removeprefix("\ufeff"), "").root) for said in (text, after))
    new = {**new, "rollout": new.get("rollout") or {}}
    old_wanted = wanted(old, wish)
    for each in (new, old_wanted):
        each["environment"] = {name: str(value) for name, value in (each.get("environment") or {}).items()}
    assert new == old_wanted
    assert ("\r\n" in after, after.startswith("\ufeff")) == ("\r\n" in text, text.startswith("\ufeff"))
    gone = wish.environment.values() if isinstance(wish, wishes.NextGroup) else ()
    if None not in gone:  # with a variable goes the comment above it
        kept = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        assert [line for line in after.splitlines() if line.lstrip().startswith("#")] == kept


def test_the_property_meets_what_it_is_about() -> None:
    """A wish that is refused says nothing: that most are not is shown here."""
    text = "\ufeff# é\r\nimage: shop:3  # the image\r\nsize: 3\r\nenvironment: {A: 1}  # braces\r\n"
    wish = wishes.NextGroup(name="web", image="shop:4", environment={"A": "12:30", "Z9": "é ☃ 😀"})
    made = make(wish, understood(PATH, text.encode(), Policy()), KNOWN).text
    assert made == text.replace("shop:3", "shop:4").replace("A: 1}", 'A: "12:30", Z9: "é ☃ 😀"}')


def test_a_value_that_cannot_be_kept_whole_is_refused() -> None:
    before = understood(PATH, b"image: a\nsize: 1\nenvironment:\n  A: |\n    x\n", Policy())
    with pytest.raises(ReconcilerError, match="edit by hand"):
        make(wishes.NextGroup(name="web", environment={"A": "y"}), before, KNOWN)
