"""The named boundaries: all from one place, and none but those."""

import inspect
import re
from typing import get_args

import pytest

from reconciler.cli.wiring import crash_boundary
from reconciler.engine import steps
from reconciler.engine.steps import BOUNDARIES, Effect, no_boundary
from reconciler.errors import UsageError


def test_every_effect_goes_through_its_named_boundary() -> None:
    source = inspect.getsource(steps)
    assert set(re.findall(r'self\._call\("([a-z-]+)"', source)) == set(get_args(Effect))
    effects = re.findall(r"self\.(?:engine|names|registries)\.[a-z]+\(", source)
    bare = [line for line in source.splitlines() if re.search(r"self\.(engine|names|registries)\.[a-z]+\(", line)]
    assert len(effects) == len(get_args(Effect))
    assert all("self._call(" in line for line in bare)


def test_each_effect_has_a_boundary_before_and_after() -> None:
    assert len(BOUNDARIES) == len(set(BOUNDARIES)) == 2 * len(get_args(Effect))


def test_without_the_variable_no_boundary_does_anything() -> None:
    assert crash_boundary("") is no_boundary


@pytest.mark.parametrize("text", ["create:middle", "creat:after", "create:after@x"])
def test_a_boundary_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no such boundary"):
        crash_boundary(text)
