"""What the environment's page says first: what is wrong, the gravest before the rest."""

from dataclasses import replace

from reconciler.console.web.pages.health import MOST_CLUSTERS, health, why
from tests.support.fake_world import broken, canary, cluster, condition, demo_world, healthy_world, rolling


def test_all_well_is_one_sentence_and_nothing_else() -> None:
    found = health(healthy_world())

    assert found.tone == "good"
    assert found.sentence == "All 2 clusters are as their files say; 6 of 6 instances are ready."
    assert found.notices == ()


def test_the_gravest_comes_first() -> None:
    found = health(demo_world())

    gravity = {"bad": 0, "warn": 1, "info": 2}
    order = [gravity[notice.tone] for notice in found.notices]
    assert order == sorted(order)
    assert found.tone == "bad"


def test_an_engine_that_is_not_seen_outranks_all() -> None:
    found = health(replace(healthy_world(), engine_problem="connection refused"))

    assert found.tone == "bad"
    assert "engine can't be seen" in found.sentence
    assert found.notices[0].text == "connection refused"


def test_an_empty_environment_says_how_to_begin() -> None:
    found = health(replace(healthy_world(), clusters=()))

    assert found.tone == "good"
    assert "/srv/specs" in found.sentence


def test_clusters_on_the_way_need_no_look() -> None:
    moving = cluster(
        "web",
        2,
        conditions=(condition("Ready", "False", "NotAllReady"), condition("Progressing", "True", "Converging")),
    )

    found = health(replace(healthy_world(), clusters=(moving,)))

    assert found.tone == "info"
    assert "on the way" in found.sentence


def test_many_odd_clusters_are_named_up_to_a_limit() -> None:
    odd = tuple(replace(broken(), name=f"web{number}") for number in range(MOST_CLUSTERS + 3))

    found = health(replace(healthy_world(), clusters=odd))

    assert len(found.notices) == MOST_CLUSTERS + 1
    assert [notice.label for notice in found.notices[:2]] == ["web0", "web1"]
    assert found.notices[-1].text == "3 clusters more are not at rest: see the table"
    assert found.unnamed == 2, "the notice of the three counts as one"


def test_they_stand_in_the_order_of_the_tables() -> None:
    odd = tuple(replace(broken(), name=f"web{number}") for number in (1, 2, 10))

    found = health(replace(healthy_world(), clusters=odd))
    assert [notice.label for notice in found.notices] == ["web1", "web2", "web10"]


def test_why_is_the_first_thing_to_know() -> None:
    assert why(broken()).startswith("booking.yaml:4:7: size:")
    assert why(canary()) == "the canary of v001 awaits its promotion"
    assert why(rolling()) == "webapp-5 is starting"


def test_what_a_file_never_said_does_not_stay_in_force() -> None:
    problem = broken().problems[0]
    held = condition("Held", "True", "SpecUnreadable", "its file can't be read and no earlier version is known")
    new = replace(broken(), name="new", conditions=(held,), problems=(problem, problem))

    before, never = health(replace(healthy_world(), clusters=(broken(), new))).notices
    assert before.todo == "Change the file; what it said before stays in force until then."
    assert never.todo == "Change the file; nothing is made or removed until then."
    assert never.text == f"{problem} (and 1 more)"


def test_a_broken_file_without_a_cluster_leads_to_its_editor() -> None:
    (notice,) = (notice for notice in health(demo_world()).notices if notice.label == "File")

    assert notice.href == "/clusters/db/edit"
