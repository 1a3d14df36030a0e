"""The environments of the examples are right as a whole, and the autoscaled site is the same site."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.spec.parse import Parsed, parse
from reconciler.spec.policy import Policy
from reconciler.spec.world import check_together

EXAMPLES = Path(__file__).parents[3] / "examples"
ENVIRONMENTS = sorted({file.parent for file in EXAMPLES.glob("*/*.yaml")})


def parsed(file: Path) -> Parsed:
    return parse(file.read_bytes(), file=str(file), policy=Policy())


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=[folder.name for folder in ENVIRONMENTS])
def test_an_environment_has_no_problems(environment: Path) -> None:
    specs = {str(file): parsed(file) for file in environment.glob("*.yaml")}
    assert check_together(specs, strict=True) == ()


def test_the_autoscaled_site_is_the_site_with_autoscale() -> None:
    site, scaled = parsed(EXAMPLES / "acmeair/web.yaml").spec, parsed(EXAMPLES / "acmeair/autoscale/web.yaml").spec
    assert scaled.autoscale is not None
    assert replace(scaled, autoscale=None) == site
