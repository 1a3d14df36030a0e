"""Words that several pages use, and texts of containers."""

from dataclasses import replace

from reconciler.console.web.page import Scene
from reconciler.console.web.pages.finding import logs_of
from reconciler.console.web.pages.health import health
from reconciler.console.web.pages.showing import doing_of, rollout_words, traffic_of
from reconciler.console.web.samples import Samples
from reconciler.plan.status import Verdict
from tests.support.fake_services import fake_services
from tests.support.fake_world import canary, cluster, healthy_world, instance, rolling, task


def test_traffic_is_counted_and_taken_away_by_the_file() -> None:
    silent = replace(instance("web", 1), serving=False)

    assert traffic_of(cluster("web", 2)) == "2 of 2"
    assert traffic_of(cluster("web", 1, silent)) == "none"
    assert traffic_of(cluster("web", 1, silent, traffic=False)) == "off: its file says so"
    assert traffic_of(task("loader", Verdict.READY, "completed", 0)) == ""


def test_a_cluster_without_traffic_is_told_of_though_all_are_ready() -> None:
    quiet = cluster("web", 1, replace(instance("web", 1), serving=False), traffic=False)

    found = health(replace(healthy_world(), clusters=(quiet,)))

    assert (found.tone, [notice.text for notice in found.notices]) == ("info", ["it has no traffic: its file says so"])


def test_each_word_of_a_rollout_is_said_once() -> None:
    ways = [one.rollout for one in (canary(), rolling()) if one.rollout is not None]

    assert [rollout_words(way) for way in ways] == ["canary", "rolling, progressing"]


def test_what_the_steps_say_is_not_said_again() -> None:
    waiting = replace(canary(), doing=("CanaryWaiting: 1 canary of v001 stands", "creating shop-5"))

    assert doing_of(waiting) == ("creating shop-5",)


def test_a_line_without_an_end_is_cut_on_the_page() -> None:
    fake = fake_services()
    fake.containers.lines = ("short", "x" * 100_000, "last")
    scene = Scene(services=fake.services, samples=Samples(), now=0.0)

    assert logs_of(scene, "webapp-1", 200).text == f"short\n{'x' * 2000}…\nlast\n"
