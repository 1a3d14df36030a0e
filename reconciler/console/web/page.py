"""What views and actions are given, and what they give back; the frame turns it into HTTP, HTML and a live stream.

Before: the frame (routes, sessions, checks). After: views (GET, change nothing) and actions (POST). Values only.
A template is one file of `templates/`; its blocks named `live_…` are rendered again when the world changes, and sent to
whoever has the page open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reconciler.api.services import Services
from reconciler.console.web.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One request: `params` are of the path (`/clusters/{name}`), `query` and `form` hold the last value of each key.
    `now` is Unix seconds.
    """

    services: Services
    samples: Samples
    now: float
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A template with its values (escaped by the template), to be answered with `status`.

    `every_seconds`: its live blocks are rendered so often although nothing is known to have changed (logs, plots).
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    every_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Go there (a path of the console) with a GET."""

    to: str


class NotThereError(LookupError):
    """What the path names isn't there (any more): becomes a page with 404 that says so and leads on."""


View: TypeAlias = Callable[[Scene], Page]
Action: TypeAlias = Callable[[Scene], Page | Redirect]
