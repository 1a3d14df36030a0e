"""The console's frame in a real browser: sign-in, living regions, keys, schemes, and what works without a script."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from jinja2 import DictLoader
from playwright.sync_api import Browser, expect

from reconciler.console.web.app import Parts
from reconciler.console.web.page import Page, Scene
from reconciler.console.web.views import VIEWS
from tests.support.accessible import violations
from tests.support.browser import PHONE, Watched, chromium
from tests.support.fake_services import Fake, fake_services
from tests.support.served_console import TOKEN, Served, served_console

FILLED = {"name": "webapp", "revision": "v001", "number": "1", "zone": "az3", "id": "1"}
PAGES = [re.sub(r"\{(\w+)\}", lambda part: FILLED[part[1]], path) for path in VIEWS if "{id}" not in path]
LIVING = """{% extends "base.html" %}{% block content %}<h1>x</h1>
<section id="live-all" data-live>{% block live_all %}
<ul>{% for one in clusters %}<li data-key="{{ one.name }}">{{ one.name }} {{ one.desired }}</li>{% endfor %}</ul>
<form method="post" action="/go">{{ csrf() }}
<label>Why <input id="why" name="why" value="{{ clusters|length }}"></label>
<label>Size <input id="size" type="number" value="{{ clusters[0].desired }}"></label>
<textarea aria-label="Text" id="text"></textarea><button>Go</button></form>
<details id="more"><summary>More</summary>{{ clusters[0].desired }}</details>
{% for one in clusters[:2] %}<p>{{ one.instances[0]|beat }} {{ 1795921200.0|ago }}</p>{% endfor %}
{% endblock %}</section>{% endblock %}"""


def living(scene: Scene) -> Page:
    return Page(template="x.html", title="x", values={"clusters": scene.services.loop.status().clusters})


def going(scene: Scene) -> Page:
    return Page(template="gone.html", title="gone", values={"why": scene.form["why"]})


PARTS = Parts(
    views={"/": living},
    actions={"/go": going},
    templates=DictLoader(
        {
            "x.html": LIVING,
            "gone.html": '{% extends "base.html" %}{% block content %}<h1>Why: {{ why }}</h1>{% endblock %}',
        }
    ),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as program:
        yield program


@pytest.fixture(scope="module")
def whole() -> Iterator[Served]:
    """All pages of the console."""
    with served_console(fake_services()) as console:
        yield console


@pytest.fixture
def window(browser: Browser) -> Iterator[list[Watched]]:
    """Windows that a test opens; none of them may have met a fault or a breach of the content policy."""
    opened: list[Watched] = []
    yield opened
    for one in opened:
        one.close()
    assert [one.faults for one in opened] == [[] for _ in opened]


def enter(browser: Browser, window: list[Watched], console: Served, **more: object) -> Watched:
    watched = Watched(browser, console.url, **more)  # type: ignore[arg-type]
    window.append(watched)
    watched.page.goto(f"/sign-in#{TOKEN}")
    watched.page.wait_for_url(f"{console.url}/")
    return watched


def resize(fake: Fake, size: int) -> None:
    """The first cluster is wanted in another size; the order of all is turned round."""
    first, *others = fake.backend.state.clusters
    fake.backend.state = replace(fake.backend.state, clusters=(replace(first, desired=size), *others))


def test_the_token_in_the_address_signs_in_and_is_nowhere_afterwards(
    browser: Browser, window: list[Watched], whole: Served
) -> None:
    page = enter(browser, window, whole).page
    expect(page.locator("#live-state")).to_have_text("●live")
    assert TOKEN not in page.content()
    assert page.evaluate("document.cookie") == "", "no script can read the session"
    page.go_back()
    assert TOKEN not in page.url


def test_a_region_changes_under_the_reader_and_leaves_alone_what_is_his(
    browser: Browser, window: list[Watched]
) -> None:
    fake = fake_services()
    with served_console(fake, PARTS) as console:
        page = enter(browser, window, console).page
        expect(page.locator("#live-state")).to_have_text("●live")
        page.get_by_text("More").click()
        page.locator("#text").fill("half a sen")
        page.locator("#why").fill("because it is late")
        page.evaluate("document.getElementById('why').setSelectionRange(3, 7)")
        page.evaluate("window.row = document.querySelector('[data-key=webapp]')")
        resize(fake, 4711)
        expect(page.locator("#more")).to_contain_text("4711")
        assert page.locator("#more").get_attribute("open") is not None
        assert page.locator("#why").input_value() == "because it is late"
        assert page.locator("#size").input_value() == "4711", "what nobody has touched follows the world"
        assert page.locator("#text").input_value() == "half a sen"
        focus = (
            "[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd]"
        )
        assert page.evaluate(focus) == ["why", 3, 7]
        state = fake.backend.state
        fake.backend.state = replace(state, clusters=(*reversed(state.clusters[1:]), state.clusters[0]))
        expect(page.locator("li").last).to_contain_text("4711")
        assert page.evaluate("window.row === document.querySelector('[data-key=webapp]')"), (
            "rows move, they aren't remade"
        )
        expect(page.locator("time").first).to_contain_text("ago")
        expect(page.locator("[data-beat]").first).to_contain_text(" s")
        page.get_by_role("button", name="Go").click()
        expect(page.get_by_role("heading")).to_have_text("Why: because it is late")


def test_a_loop_that_stops_is_said_and_its_return_is_noticed(
    browser: Browser, window: list[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = fake_services()
    with served_console(fake, PARTS) as console:
        page = enter(browser, window, console).page
        expect(page.locator("#live-state")).to_have_text("●live")
    expect(page.locator("#away")).to_contain_text("The loop does not answer")
    assert page.locator("body").get_attribute("class") == "away"
    page.get_by_label("Why").fill("because")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#away")).to_contain_text("Nothing was sent, and what you typed stays.")
    resize(fake, 4712)
    with served_console(fake, PARTS, port=console.port) as again:
        expect(page.locator("#away")).to_be_hidden()
        expect(page.locator("#more")).to_contain_text("4712")
        expect(page.get_by_label("Why")).to_have_value("because")
    page.evaluate("document.documentElement.dataset.before = 1")
    monkeypatch.setattr("reconciler.console.web.app.metadata.version", lambda _: "another one")
    with served_console(fake, PARTS, port=console.port) as again:
        expect(page.locator("html:not([data-before])")).to_be_attached()
        expect(page.locator("#live-state")).to_have_text("●live")
        again.token.text = "another-token-of-a-test-0123"
        page.wait_for_url("**/sign-in?next=%2F")


MORPHS = """async () => {
  const { morph } = await import("/static/morph.js");
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const tree = (depth) => {
    const keys = ["a", "b", "c", "d", "e"].sort(() => random(3) - 1);
    const node = () => {
      const name = ["b", "div", "ul", "span"][random(4)];
      const key = random(2) && keys.length ? ` data-key="${keys.pop()}"` : "";
      const kind = random(2) ? ` class="k${random(3)}"` : "";
      return random(4) ? `<${name}${key}${kind}>${depth ? tree(depth - 1) : "leaf"}</${name}>` : ` text${random(3)} `;
    };
    return Array.from({ length: random(5) }, node).join("\\n");
  };
  const wrong = [];
  for (let turn = 0; turn < 400; turn++) {
    const [present, wanted] = [document.createElement("div"), document.createElement("div")];
    const [before, after] = [tree(2), tree(2)];
    present.innerHTML = before;
    wanted.innerHTML = after;
    morph(present, after);
    if (present.innerHTML !== wanted.innerHTML) wrong.push([before, after, present.innerHTML]);
  }
  return wrong.slice(0, 2);
}"""


def test_whatever_a_region_was_it_becomes_what_it_is_to_be(
    browser: Browser, window: list[Watched], whole: Served
) -> None:
    """400 pairs of random trees, nested, with keys that move between places and kinds."""
    visitor = Watched(browser, whole.url)
    window.append(visitor)
    visitor.page.goto("/sign-in")
    assert visitor.page.evaluate(MORPHS) == []


def test_keys_lead_everywhere(browser: Browser, window: list[Watched], whole: Served) -> None:
    page = enter(browser, window, whole).page
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("To the content")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("v")
    page.wait_for_url("**/events")
    page.keyboard.press("/")
    expect(page.get_by_label("Find a cluster")).to_be_focused()
    page.keyboard.type("webap")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clusters/webapp")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/sign-in")


def test_the_scheme_is_the_systems_until_somebody_chooses(
    browser: Browser, window: list[Watched], whole: Served
) -> None:
    page = enter(browser, window, whole, scheme="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Light colours").click()
    light = page.evaluate(background)
    page.goto("/events")
    assert page.evaluate(background) == light != dark
    assert page.get_by_role("button", name="Dark colours").is_visible()


def test_without_a_script_all_of_it_is_forms_and_links(browser: Browser, whole: Served) -> None:
    context = browser.new_context(base_url=whole.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/clusters/webapp")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("webapp")
    expect(page.get_by_role("link", name="Reload")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frames_own_pages_are_accessible(
    browser: Browser, window: list[Watched], whole: Served, scheme: str
) -> None:
    visitor = Watched(browser, whole.url, scheme=scheme)
    window.append(visitor)
    visitor.page.goto("/sign-in")
    found = {"/sign-in": violations(visitor.page)}
    watched = enter(browser, window, whole, scheme=scheme)
    for path in ("/nowhere", "/find?q=", "/find?q=zzz"):
        watched.page.goto(path)
        found[path] = violations(watched.page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_no_page_is_wider_than_a_phone(browser: Browser, window: list[Watched], whole: Served) -> None:
    page = enter(browser, window, whole, size=PHONE).page
    wide = {}
    for path in [*PAGES, "/nowhere", "/find?q="]:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE[0]:
            wide[path] = width
    assert wide == {}
