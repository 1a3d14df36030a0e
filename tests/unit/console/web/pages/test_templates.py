"""Every looking page over an environment with a bit of everything: rendered whole and live, whatever people wrote."""

import re
from html.parser import HTMLParser

import pytest

from reconciler.console.web.page import NotThereError, Page, Scene
from reconciler.console.web.rendering import Renderer, Setting
from reconciler.console.web.sampler import samples_of
from reconciler.console.web.samples import Samples
from reconciler.console.web.static_files import read_static
from reconciler.console.web.views import VIEWS
from reconciler.plan.status import WorldStatus
from tests.support.fake_services import Fake, fake_services
from tests.support.fake_world import HOSTILE, NOW, demo_world, healthy_world

CLUSTERS = tuple(cluster.name for cluster in demo_world().clusters)
ASKED = (
    ("/", {}, {}),
    ("/events", {}, {"text": HOSTILE}),
    ("/events", {}, {"cluster": "auth", "kind": HOSTILE}),
    ("/names", {}, {}),
    ("/names", {}, {"name": "webapp"}),
    ("/names", {}, {"name": HOSTILE}),
    ("/zones/{zone}", {"zone": "az3"}, {}),
    *(("/clusters/{name}", {"name": name}, {}) for name in CLUSTERS),
    ("/clusters/{name}/groups/{revision}", {"name": "webapp", "revision": "v001"}, {}),
    ("/clusters/{name}/groups/{revision}", {"name": "webapp", "revision": "v000"}, {}),
    ("/clusters/{name}/instances/{number}", {"name": "webapp", "number": "3"}, {}),
    ("/clusters/{name}/instances/{number}", {"name": "migrate", "number": "1"}, {}),
)
RENDERER = Renderer({"env": "dev", "domain": "docker", "read_only": False, "version": "1"}, read_static())
SETTING = Setting(path="/", now=NOW, form_token="f0", live_path="/")


def samples(world: WorldStatus) -> Samples:
    """A minute of them."""
    taken = Samples()
    for seconds in range(-60, 0, 2):
        taken.add(samples_of(world.clusters, NOW + seconds))
    return taken


def seen(fake: Fake, path: str, params: dict[str, str], query: dict[str, str]) -> Page:
    scene = Scene(
        services=fake.services, samples=samples(fake.backend.state), now=NOW, params=params, query=query
    )  # fmt: skip
    return VIEWS[path](scene)


@pytest.mark.parametrize(("path", "params", "query"), ASKED)
def test_what_people_wrote_never_becomes_markup(path: str, params: dict[str, str], query: dict[str, str]) -> None:
    fake = fake_services()

    page = seen(fake, path, params, query)
    whole, living = RENDERER.page(page, SETTING), RENDERER.regions(page, SETTING)

    for html in (whole, *living.values()):
        assert "<script>" not in html
        assert "<img src=x" not in html
        assert "\x1b" not in html


@pytest.mark.parametrize(("path", "params", "query"), ASKED)
def test_each_living_region_begins_where_its_place_begins(
    path: str, params: dict[str, str], query: dict[str, str]
) -> None:
    """A difference in white space would have the script make the region anew, and take the focus from whoever is in
    it.
    """
    fake = fake_services()

    page = seen(fake, path, params, query)
    whole, living = RENDERER.page(page, SETTING), RENDERER.regions(page, SETTING)

    assert living
    for id, html in living.items():
        found = re.search(rf'<section id="{id}" data-live[^>]*>(.*)', whole, re.DOTALL)
        assert found is not None, id
        assert found[1].startswith(html[:20])


class Keys(HTMLParser):
    """What the script matches elements by, seen twice below one parent."""

    VOID = frozenset({"input", "br", "img", "meta", "link", "line", "path", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[set[str]] = [set()]
        self.twice: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        key = given.get("id") or given.get("data-key") or given.get("data-event")
        if key and key in self.open[-1]:
            self.twice.append(key)
        self.open[-1].add(key or "")
        if tag not in self.VOID:
            self.open.append(set())

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.open.pop()


@pytest.mark.parametrize(("path", "params", "query"), ASKED)
def test_no_two_siblings_have_one_key(path: str, params: dict[str, str], query: dict[str, str]) -> None:
    for html in RENDERER.regions(seen(fake_services(), path, params, query), SETTING).values():
        keys = Keys()
        keys.feed(html)
        assert keys.twice == []
        assert len(keys.open) == 1


@pytest.mark.parametrize("id", ["auth", "booking", "webapp"])
def test_a_page_of_the_same_world_is_the_same(id: str) -> None:
    fake = fake_services()

    first, second = (RENDERER.regions(seen(fake, "/clusters/{name}", {"name": id}, {}), SETTING) for _ in range(2))

    assert first == second


def test_each_instance_is_a_dot_with_its_verdict() -> None:
    fake = fake_services(healthy_world())

    html = RENDERER.page(seen(fake, "/", {}, {}), SETTING)

    dots = re.findall(r'class="dot dot-(\w+)" href="([^"]+)" data-key="([^"]+)"', html)
    assert ("ready", "/clusters/webapp/instances/4", "webapp-4") in dots
    assert len(dots) == 6


def test_events_can_be_found_by_their_ids() -> None:
    fake = fake_services()

    html = RENDERER.page(seen(fake, "/events", {}, {}), SETTING)

    assert [int(id) for id in re.findall(r'data-event="(\d+)"', html)] == list(range(60, 0, -1))


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/clusters/{name}", {"name": HOSTILE}),
        ("/clusters/{name}/groups/{revision}", {"name": "auth", "revision": "v099"}),
        ("/clusters/{name}/instances/{number}", {"name": "auth", "number": "99"}),
        ("/clusters/{name}/instances/{number}", {"name": "auth", "number": "one"}),
        ("/zones/{zone}", {"zone": "az9"}),
    ],
)
def test_what_is_not_there_says_so(path: str, params: dict[str, str]) -> None:
    with pytest.raises(NotThereError):
        seen(fake_services(), path, params, {})


def test_a_cluster_whose_file_is_gone_still_has_its_page() -> None:
    fake = fake_services()
    del fake.changes.files["auth.yaml"]

    page = seen(fake, "/clusters/{name}", {"name": "auth"}, {})

    assert page.values["file"].problem
    assert page.values["file"].problem in RENDERER.page(page, SETTING).replace("&#39;", "'").replace("&#34;", '"')
