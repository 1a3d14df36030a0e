"""Pages and their living regions: the same blocks, rendered alone, with what the template sets at its top."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, UndefinedError

from reconciler.console.web.page import Page
from reconciler.console.web.rendering import Renderer, Setting
from reconciler.console.web.static_files import read_static

TEMPLATES = {
    "page.html": (
        '{% extends "base.html" %}{% import "macros.html" as show %}{% set word = "set" %}'
        "{% macro twice(text) %}{{ text }}{{ text }}{% endmacro %}"
        '{% block content %}<h1>{{ title }}</h1><section id="live-a" data-live>{% block live_a %}'
        "{{ word }} {{ twice(name) }} {{ show.loud(name) }}{{ csrf() }}{% endblock %}</section>"
        '<p id="still">{{ name }}</p><section id="live-b-c" data-live>{% block live_b_c %}{{ is_live }}{% endblock %}'
        "</section>{% endblock %}"
    ),
    "macros.html": "{% macro loud(text) %}{{ text|upper }}{% endmacro %}",
    "plain.html": '{% extends "base.html" %}{% block content %}{{ missing }}{% endblock %}',
}
HOSTILE = "<b onclick='x'>"


def renderer() -> Renderer:
    values = {"env": "dev", "domain": "docker", "read_only": False, "version": "1"}
    return Renderer(values, read_static(), DictLoader(TEMPLATES))


def page(template: str = "page.html") -> Page:
    return Page(template=template, title="A <title>", values={"name": HOSTILE})


def setting(token: str = "") -> Setting:
    return Setting(path="/", now=0.0, form_token=token)


def test_regions_are_rendered_alone_with_what_their_template_sets_and_imports() -> None:
    escaped = "&lt;b onclick=&#39;x&#39;&gt;"
    assert renderer().regions(page(), setting()) == {
        "live-a": f'set {escaped * 2} &lt;B ONCLICK=&#39;X&#39;&gt;<input type="hidden" name="form_token" value="">',
        "live-b-c": "True",
    }


def test_the_whole_page_is_escaped_and_holds_the_token_of_its_session() -> None:
    whole = renderer().page(page(), setting("f" * 64))
    assert "<b onclick" not in whole
    assert "<title>A &lt;title&gt;" in whole
    assert f'name="form_token" value="{"f" * 64}"' in whole
    assert "False</section>" in whole


def test_a_name_that_a_template_does_not_get_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="missing"):
        renderer().page(page("plain.html"), setting())


def test_a_page_without_regions_does_not_live() -> None:
    assert renderer().lives(page())
    assert not renderer().lives(page("plain.html"))


def test_whatever_a_page_loads_is_the_consoles_own_and_known_by_its_content() -> None:
    whole = renderer().page(page(), setting())
    assert "://" not in whole
    assert f"/static/console.css?v={read_static()['console.css'].digest}" in whole


def test_templates_of_another_version_that_is_installed_meanwhile_are_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text("this one's")
    made = Renderer({}, {}, folder=tmp_path)
    (tmp_path / "base.html").write_text("{{ another | ones }}")
    assert made.page(page("base.html"), setting()) == "this one's"
