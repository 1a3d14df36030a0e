"""The page of events: what the address asks for, newest first, a page at a time."""

from reconciler.console.web.page import Scene
from reconciler.console.web.pages.events import PER_PAGE, events, filter_of
from reconciler.console.web.samples import Samples
from tests.support.fake_services import fake_services
from tests.support.fake_world import NOW, demo_events


def shown(query: dict[str, str], count: int = 60) -> list[int]:
    fake = fake_services(events=demo_events(count))
    page = events(Scene(services=fake.services, samples=Samples(), now=NOW, query=query))
    return [event.id for event in page.values["events"]]


def test_newest_first() -> None:
    assert shown({}) == list(range(60, 0, -1))


def test_of_one_cluster_and_kind() -> None:
    fake = fake_services(events=demo_events(60))
    page = events(
        Scene(services=fake.services, samples=Samples(), now=NOW, query={"cluster": "auth", "kind": "create"})
    )

    assert {(event.cluster, event.kind) for event in page.values["events"]} == {("auth", "create")}


def test_by_text_in_any_case() -> None:
    assert shown({"text": "NO SPACE"}) == [51, 34, 17]


def test_pages_follow_one_another_without_a_gap() -> None:
    fake = fake_services(events=demo_events(PER_PAGE + 5))
    first = events(Scene(services=fake.services, samples=Samples(), now=NOW))
    last = first.values["events"][-1].id

    assert first.values["older"] == f"/events?before={last}"
    assert shown({"before": str(last)}, PER_PAGE + 5) == [5, 4, 3, 2, 1]


def test_what_is_no_number_is_no_place() -> None:
    assert [filter_of({"before": text}).before for text in ("", "x", "-1", "٣", "9" * 40)] == [0, 0, 0, 0, 0]
