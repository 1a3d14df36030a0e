"""Requests as the frame makes them, over services in memory."""

from collections.abc import Mapping

from reconciler.console.web.page import Page, Redirect, Scene
from reconciler.console.web.samples import Samples
from tests.support.fake_services import Fake
from tests.support.fake_world import NOW


def scene(
    fake: Fake,
    form: Mapping[str, str] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    **params: str,
) -> Scene:
    """One request of somebody who is signed in."""
    return Scene(
        services=fake.services, samples=Samples(), now=NOW, params=params, query=query or {}, form=form or {}
    )  # fmt: skip


def page(outcome: Page | Redirect) -> Page:
    """It is a page."""
    assert isinstance(outcome, Page), outcome
    return outcome


def led_to(outcome: Page | Redirect) -> str:
    """It leads somewhere else."""
    assert isinstance(outcome, Redirect), outcome
    return outcome.to
