"""Groups: a cluster's instances by revision, with who has the traffic."""

from dataclasses import replace

from reconciler.console.web.pages.groups import group_of, groups
from tests.support.fake_world import canary, cluster, instance, rolled_back, rolling


def test_newest_first_and_everybody_in_one() -> None:
    found = groups(rolling())

    assert [(group.name, group.role) for group in found] == [("webapp-v001", "next"), ("webapp-v000", "former")]
    assert sorted(row.status.number for group in found for row in group.rows) == [1, 2, 3, 4, 5]


def test_who_has_traffic_is_said_in_words() -> None:
    web = cluster("web", 2, replace(instance("web", 1), serving=False), instance("web", 2))

    assert [group.traffic for group in groups(web)] == ["1 of 2 have traffic"]
    assert [group.traffic for group in groups(cluster("web", 2))] == ["has traffic"]
    assert group_of(web, "v007").traffic == "nobody there"


def test_the_next_group_is_there_before_its_first_instance() -> None:
    way = canary().rollout
    assert way is not None
    found = groups(replace(cluster("shop", 2), rollout=replace(way, revision="v001")))

    assert [(group.revision, group.size) for group in found] == [("v001", 0), ("v000", 2)]


def test_one_that_failed_is_not_made_up() -> None:
    assert [group.revision for group in groups(rolled_back())] == ["v000"]


def test_later_than_v999_is_newer() -> None:
    web = cluster("web", 2, instance("web", 1, revision="v999"), instance("web", 2, revision="v1000"))

    assert [group.revision for group in groups(web)] == ["v1000", "v999"]


def test_without_a_file_nothing_is_in_it() -> None:
    orphan = replace(cluster("ledger", 2), generation=0)

    assert [(group.wanted, group.rows[0].old) for group in groups(orphan)] == [(False, False)]
