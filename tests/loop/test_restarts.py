"""Restarts and saves that nobody heard of: a loop looks at the world as it is, and never needs the story."""

from tests.loop.turning import BASE, Turning

RESTARTS = 100
SPEC = f"image: {BASE}\nsize: %d\nzones: [a, b, c]\nstop: {{grace: 1s, drain: 0s}}\n"
ACTIONS = frozenset({"create", "upload", "start", "signal", "remove", "pull"})


def test_a_hundred_restarts_of_a_steady_loop_do_nothing(turning: Turning) -> None:
    turning.start()
    turning.save("web", SPEC % 6)
    turning.settle()
    before = turning.ids()
    done = len(turning.engine.calls)
    for _ in range(RESTARTS):
        turning.restart()
        turning.run_for(2.0)
        assert turning.loop.passes
    turning.settle()
    assert [name for name, _ in turning.engine.calls[done:] if name in ACTIONS] == []
    assert turning.ids() == before


def test_a_save_that_no_watch_told_of_is_found_by_the_resync(turning: Turning) -> None:
    """As after an overflow of inotify's queue, or without any watch at all."""
    turning.start()
    turning.save("web", SPEC % 2)
    turning.settle()
    (turning.specs / "web.yaml").write_text(SPEC % 4, encoding="utf-8")
    turning.settle()
    assert len(turning.ours()) == 4
