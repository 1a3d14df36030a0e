"""A pass with nothing to do, counted in lines of Python: the same on every machine."""

from pathlib import Path

from reconciler.loop.workqueue import ALL
from tests.loop.turning import BASE, Turning
from tests.support.counting import lines_run

SIZE = 4


def lines_of_a_pass(root: Path, clusters: int) -> int:
    root.mkdir()
    turning = Turning(root)
    try:
        for number in range(clusters):
            turning.save(f"web{number}", f"image: {BASE}\nsize: {SIZE}\nzones: [az1, az2]\n")
        turning.start()
        turning.settle()
        assert len(turning.names.published()) == clusters * SIZE
        return lines_run(lambda: turning.loop.turn(frozenset({ALL}), frozenset()))
    finally:
        turning.end()


def test_a_pass_over_twice_as_many_instances_costs_twice_as_much(tmp_path: Path) -> None:
    once, twice = (lines_of_a_pass(tmp_path / str(clusters), clusters) for clusters in (10, 20))
    assert twice < 2.05 * once
