"""Zones by instances: each instance is one dot, in its cluster's row and its zone's column."""

from dataclasses import replace

from reconciler.console.web.pages.matrix import matrix
from reconciler.plan.status import Verdict
from tests.support.fake_world import cluster, demo_world, healthy_world, instance, large_world


def test_every_instance_is_one_dot_in_its_zone() -> None:
    world = demo_world()

    found = matrix(world)

    shown = {dot.key for line in found.lines for cell in line.cells for dot in cell.dots}
    assert shown == {f"{c.name}-{i.number}" for c in world.clusters for i in c.instances}
    zones = [column.row.zone for column in found.columns]
    for line, one in zip(found.lines, world.clusters, strict=True):
        assert [cell.zone for cell in line.cells] == zones
        for cell in line.cells:
            assert {dot.key for dot in cell.dots} == {
                f"{one.name}-{i.number}" for i in one.instances if i.zone == cell.zone
            }


def test_a_closed_zone_says_so_in_its_column_and_cells() -> None:
    found = matrix(demo_world())

    assert [column.row.zone for column in found.columns if column.row.closed] == ["az3"]
    assert all(cell.closed == (cell.zone == "az3") for line in found.lines for cell in line.cells)


def test_a_cell_tells_the_oldest_heartbeat_of_those_who_should_have_one() -> None:
    beating = replace(instance("web", 1), zone="az1", heartbeat_age=0.4)
    late = replace(instance("web", 2, Verdict.SUSPECT), zone="az1", heartbeat_age=4.2)
    dead = replace(instance("web", 3, Verdict.DEAD), zone="az1", heartbeat_age=99.0)
    mute = replace(instance("web", 4), zone="az2", heartbeat_age=None)
    found = matrix(replace(healthy_world(), clusters=(cluster("web", 4, beating, late, dead, mute),)))

    assert {cell.zone: cell.oldest for cell in found.lines[0].cells if cell.dots} == {"az1": 4.2, "az2": None}


def test_sign_and_words_tell_what_colour_repeats() -> None:
    web = cluster("web", 2, instance("web", 1), instance("web", 2, Verdict.DEAD, revision="v000"), revision="v000")
    found = matrix(replace(healthy_world(), clusters=(web,)))

    dots = [dot for cell in found.lines[0].cells for dot in cell.dots]
    assert [(dot.sign, dot.words) for dot in dots] == [("●", "web1, ready"), ("✖", "web2, dead")]


def test_who_has_no_traffic_by_its_file_is_idle() -> None:
    web = cluster("web", 1, replace(instance("web", 1), serving=False), traffic=False)

    (found,) = matrix(replace(healthy_world(), clusters=(web,))).lines[0].cells[0].dots

    assert (found.idle, found.words, found.verdict) == (True, "web1, idle", "ready")


def test_an_instance_of_an_old_revision_says_which() -> None:
    found = matrix(demo_world())

    words = {dot.key: dot.words for line in found.lines for cell in line.cells for dot in cell.dots}
    assert words["webapp-2"] == "webapp2, ready, v000"
    assert words["webapp-1"] == "webapp1, ready"


def test_who_has_no_zone_yet_has_a_column() -> None:
    pending = replace(instance("web", 1, Verdict.STARTING), zone="", id="", phase="pending")
    found = matrix(replace(healthy_world(), clusters=(cluster("web", 1, pending),)))

    assert found.nowhere
    assert [dot.key for dot in found.lines[0].cells[-1].dots] == ["web-1"]


def test_crowded_cells_are_dense_and_count() -> None:
    cell = matrix(large_world(50)).lines[0].cells[0]

    assert cell.dense
    assert (cell.ready, len(cell.dots)) == (16, 17)
