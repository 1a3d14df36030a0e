"""What an open page is sent: the regions that changed and no others, to each as fast as it takes them."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import enumerate as enumerate_threads

import pytest
from jinja2 import DictLoader

from reconciler.api.services import Services
from reconciler.console.web import hub, live
from reconciler.console.web.app import Parts
from reconciler.console.web.looking import look
from reconciler.console.web.page import NotThereError, Page, Scene
from tests.support.fake_services import Fake, fake_services
from tests.support.served_console import Served, messages, served_console, until
from tests.support.waiting import eventually

TEMPLATE = """{% extends "base.html" %}{% block content %}
<section id="live-size" data-live>{% block live_size %}{{ cluster.desired }}{{ long }}{% endblock %}</section>
<section id="live-beats" data-live>
{% block live_beats %}{% for one in cluster.instances %}{{ one|beat }}{% endfor %}{% endblock %}
</section>
<section id="live-events" data-live>{% block live_events %}{{ events[-1].cause }}{% endblock %}</section>
{% endblock %}"""


class LONG:
    """What else stands in the region; a browser that takes nothing is soon full of it."""

    text = ""


def a_cluster(scene: Scene) -> Page:
    found = [one for one in scene.services.loop.status().clusters if one.name == scene.params["name"]]
    if not found:
        raise NotThereError(f"there is no cluster {scene.params['name']}")
    events = scene.services.loop.events(0, None, 1)
    return Page(template="a.html", title="x", values={"cluster": found[0], "events": events, "long": LONG.text})


PARTS = Parts(views={"/clusters/{name}": a_cluster}, actions={}, templates=DictLoader({"a.html": TEMPLATE}))
PAGE = "/live?page=/clusters/webapp"


@pytest.fixture
def served() -> Iterator[Served]:
    with served_console(fake_services(), PARTS) as console:
        yield console


def resize(fake: Fake, size: int) -> None:
    world = fake.backend.state
    clusters = tuple(replace(one, desired=size) if one.name == "webapp" else one for one in world.clusters)
    fake.backend.state = replace(world, clusters=clusters)


def age(fake: Fake, seconds: float) -> None:
    world = fake.backend.state
    clusters = tuple(
        replace(one, instances=tuple(replace(each, heartbeat_age=seconds) for each in one.instances))
        for one in world.clusters
    )
    fake.backend.state = replace(world, clusters=clusters)


def test_first_all_regions_come_and_then_only_those_that_changed(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = messages(answer)
        assert next(stream) == ("hello", {"version": until_version(served)})
        assert {region["id"] for region in until(stream, "regions")} == {"live-size", "live-beats", "live-events"}
        resize(served.fake, 41)
        assert until(stream, "regions") == [{"id": "live-size", "html": "41"}]
        served.fake.backend.happens("webapp", "create", "webapp-9", "a <new> one")
        assert until(stream, "regions") == [{"id": "live-events", "html": "a &lt;new&gt; one"}]


def until_version(served: Served) -> str:
    with served.visitor() as client:
        return client.get("/sign-in").text.split('<meta name="version" content="')[1].split('"')[0]


def test_ages_come_as_beats_and_change_no_region(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        age(served.fake, 7.0)
        told = [next(stream) for _ in range(2)]
    assert [event for event, _ in told] == ["beats", "beats"]
    assert set(told[-1][1].values()) == {7.0}


def test_who_is_not_signed_in_gets_no_stream_and_there_is_one_of_pages_only(served: Served) -> None:
    with served.visitor() as nobody, served.signed_in() as client:
        assert nobody.get(PAGE).status_code == 401
        for page in (
            "",
            "/nowhere",
            "//evil",
            "/live",
            "/clusters/",
            "http://[",
            "//[::1",
            "http://evil/clusters/webapp",
        ):
            assert client.get("/live", params={"page": page}).status_code == 404, page
        assert client.post(PAGE).status_code == 405


def test_a_stream_ends_when_its_session_does(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.05)
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        served.token.text = "another-token-of-a-test-0123"
        assert [event for event, _ in stream if event == "regions"] == []
        assert client.get(PAGE).status_code == 401


def test_what_a_page_shows_may_be_gone_and_come_back(served: Served) -> None:
    before = served.fake.backend.state
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        served.fake.backend.state = replace(before, clusters=())
        assert until(stream, "trouble") == {"text": "there is no cluster webapp", "gone": True}
        served.fake.backend.state = before
        assert until(stream, "trouble") == {"text": "", "gone": False}


def test_a_loop_that_answers_no_more_makes_the_page_say_so(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        served.fake.backend.gone = True
        assert "no loop answers" in until(stream, "trouble")["text"]
        served.fake.backend.gone = False
        assert until(stream, "trouble")["text"] == ""


def test_a_browser_that_reads_nothing_holds_up_nobody(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LONG, "text", "x" * 4_000_000)
    with served.signed_in() as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        request = f"GET {PAGE} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {cookie}\r\n\r\n"
        slow = socket.create_connection(("127.0.0.1", served.port))
        slow.sendall(request.encode())
        eventually(lambda: served.app.hub.watched == 1)
        with client.stream("GET", PAGE) as answer:
            stream = messages(answer)
            until(stream, "regions")
            for size in (101, 102, 103):
                resize(served.fake, size)
                assert until(stream, "regions")[0]["html"].startswith(str(size))
        slow.close()
    eventually(lambda: served.app.hub.watched == 0)


def test_too_many_open_pages_are_told_that_they_do_not_live(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_WATCHES", 1)
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        refused = client.get(PAGE)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")


def test_nobody_looks_while_nobody_watches(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        assert hub_threads()
    eventually(lambda: not hub_threads())


def hub_threads() -> list[str]:
    return [thread.name for thread in enumerate_threads() if thread.name == "console-hub"]


def test_closing_ends_all_streams(served: Served) -> None:
    with served.signed_in() as client, client.stream("GET", PAGE) as answer:
        stream = messages(answer)
        until(stream, "regions")
        served.app.close()
        assert [event for event, _ in stream if event == "regions"] == []
        assert client.get(PAGE).status_code == 503


def test_a_look_at_the_same_world_is_the_same_and_figures_are_no_fact() -> None:
    fake = fake_services()
    services: Services = fake.services
    first = look(services, None)
    assert look(services, first).facts == first.facts
    age(fake, 3.0)
    assert look(services, first).facts == first.facts
    resize(fake, 77)
    assert look(services, first).facts != first.facts
    assert hub.LOOK_SECONDS <= 0.25, "an event is on the page within half a second"
