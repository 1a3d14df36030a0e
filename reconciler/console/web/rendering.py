"""Templates to HTML: a whole page, or only those regions of it that live.

Before: views, which make a Page. After: app, which answers with it; the hub, which sends the regions. Everything is
escaped, and a name that a template doesn't get is an error, never an empty place.

A region is a block called `live_…` of a page's own template. For it the base page is an empty one: what the template
sets and imports at its top runs, nothing around the blocks is rendered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from reconciler.console.web.acting import offers
from reconciler.console.web.filters import FILTERS
from reconciler.console.web.page import Page
from reconciler.console.web.static_files import StaticFile

FOLDER = Path(__file__).parent / "templates"
LIVE = "live_"
_BASE = "base.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the frame adds to a page's own values. `live_path` is what to watch for it, empty where nothing lives.

    `form_token` is empty where nobody is signed in. `names` are the clusters that there are, to be found by name.
    """

    path: str
    now: float
    form_token: str = ""
    live_path: str = ""
    names: tuple[str, ...] = ()


class Renderer:
    """The pages of one console."""

    def __init__(
        self,
        values: Mapping[str, Any],
        static: Mapping[str, StaticFile],
        extra: BaseLoader | None = None,
        folder: Path = FOLDER,
    ) -> None:
        # Read now: another version that is installed beside this process has templates that don't suit it.
        texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.html")}
        folders: list[BaseLoader] = [DictLoader(texts)] + ([extra] if extra else [])
        self._whole = _environment(ChoiceLoader(folders), values, static)
        self._bare = _environment(ChoiceLoader([DictLoader({_BASE: ""}), *folders]), values, static)

    def page(self, page: Page, setting: Setting) -> str:
        """The whole document."""
        template = self._whole.get_template(page.template)
        return template.render(page.values, **_of_frame(page, setting), is_live=False)

    def regions(self, page: Page, setting: Setting) -> dict[str, str]:
        """The living regions: the id of each region's element to its HTML."""
        template = self._bare.get_template(page.template)
        context = template.new_context({**page.values, **_of_frame(page, setting), "is_live": True})
        for _ in template.root_render_func(context):  # runs what the template sets and imports; prints nothing
            pass
        return {
            name.replace("_", "-"): "".join(render(context))
            for name, render in template.blocks.items()
            if name.startswith(LIVE)
        }

    def lives(self, page: Page) -> bool:
        """Whether any region of it does."""
        return any(name.startswith(LIVE) for name in self._whole.get_template(page.template).blocks)


def _environment(loader: BaseLoader, values: Mapping[str, Any], static: Mapping[str, StaticFile]) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(values)
    environment.globals["static"] = lambda name: f"/static/{name}?v={static[name].digest}"
    environment.globals["csrf"] = _form_field
    environment.globals["offers"] = offers
    # The console's own sheet first, so that those of pages and forms can go on from it.
    sheets = sorted((name for name in static if name.endswith(".css")), key=lambda name: (name != "console.css", name))
    environment.globals["style_sheets"] = tuple(sheets)
    return environment


def _of_frame(page: Page, setting: Setting) -> dict[str, Any]:
    return {
        "title": page.title,
        "path": setting.path,
        "now": setting.now,
        "form_token": setting.form_token,
        "live_path": setting.live_path,
        "cluster_names": setting.names,
    }


@pass_context
def _form_field(context: Context) -> Markup:
    """What every form holds; a live render leaves it empty for the script, because it is for all sessions."""
    return Markup('<input type="hidden" name="form_token" value="{}">').format(context["form_token"])
