"""`reconciler rollout` and what waits, on real containers: followed, taken back, held, led on, and from the store."""

from pathlib import Path

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]


def text(version: str, health: str = "settle: 0s", **more: str) -> str:
    return spec(2, f"health: {{{health}}}", f"environment: {{VERSION: '{version}'}}  # number {version}", **more)


def revisions(loop: LoopProcess, name: str) -> set[str]:
    row = loop.cluster(name)
    return {one.revision for one in row.instances} if row else set()


def revisions_made(loop: LoopProcess, name: str) -> list[str]:
    """By the labels on the engine."""
    found = (loop.inspect(id)["Config"]["Labels"]["io.reconciler.revision"] for id in loop.containers(name).values())
    return sorted(found)


def history(loop: LoopProcess, name: str) -> list[tuple[str, str]]:
    return [(row["revision"], row["state"]) for row in loop.cli("rollout", "history", name, "-o", "json").json()]


def applied(loop: LoopProcess, name: str, content: str) -> int:
    source = loop.root / f"{name}.yaml"
    source.write_text(content)
    ran = loop.cli("apply", source, "--wait", "--timeout", "40s")
    assert "Not ready within" not in ran.err, ran.err
    return ran.code


def test_a_push_is_followed_undone_and_restarted(loop: LoopProcess) -> None:
    assert applied(loop, "web", text("1")) == 0
    loop.save("web", text("2"))
    followed = loop.cli("rollout", "status", "web", "--wait", "--timeout", "40s")
    assert followed.code == 0, followed.err
    assert followed.out.splitlines()[-1] == "web: v001 is rolled out, 2 of 2 available"
    assert history(loop, "web") == [("v001", "good"), ("v000", "good")]
    assert "environment.VERSION: 1 → 2" in loop.cli("rollout", "history", "web").out

    assert loop.cli("rollout", "undo", "web").out == "web: back to v000\n  environment.VERSION: 2 -> 1\n"
    assert (loop.specs / "web.yaml").read_text() == text("1")
    assert loop.cli("rollout", "status", "web", "--wait", "--timeout", "40s").code == 0
    assert revisions(loop, "web") == {"v000"}

    before = loop.containers("web")
    assert loop.cli("rollout", "restart", "web").code == 0
    assert loop.cli("wait", "web", "--timeout", "40s").code == 0
    after = loop.containers("web")
    assert len(after) == 2
    assert not set(before.values()) & set(after.values())
    assert history(loop, "web")[0] == ("v002", "good")


def test_a_broken_push_ends_with_4_everywhere_and_says_why_and_how_to_go_on(loop: LoopProcess) -> None:
    judged = "start: 2s"  # and one that dies at once is never ready
    assert applied(loop, "bad", text("1", judged)) == 0
    stood = loop.containers("bad")
    assert applied(loop, "bad", text("2", judged, command="[sh, -c, exit 3]")) == 4
    assert set(stood.items()) <= set(loop.containers("bad").items())
    waited = loop.cli("wait", "bad", "--timeout", "40s")
    assert waited.code == 4
    assert "Rolled back: bad: v001 failed: " in waited.err
    assert "v000 runs again" in waited.err
    assert loop.plan().code == 2
    assert history(loop, "bad") == [("v001", "failed"), ("v000", "good")]
    assert "`reconciler rollout undo bad" in loop.cli("rollout", "status", "bad").out

    assert loop.cli("rollout", "undo", "bad").code == 0
    assert loop.cli("wait", "bad", "--timeout", "40s").code == 0
    assert loop.containers("bad") == stood


def test_what_a_person_has_to_lead_on_ends_the_waiting_with_3_at_once(loop: LoopProcess) -> None:
    canary = "bake: 0s, strategy: canary, canary: {size: 1}"
    assert applied(loop, "led", text("1", rollout=canary)) == 0
    assert applied(loop, "led", text("2", rollout=canary)) == 3
    assert revisions(loop, "led") == {"v000", "v001"}
    assert loop.cli("rollout", "promote", "led").out == "led: v001 goes on to all instances\n"
    assert loop.cli("rollout", "status", "led", "--wait", "--timeout", "40s").code == 0
    again = loop.cli("rollout", "promote", "led")
    assert (again.code, "no canary and no group stands" in again.err) == (1, True)

    assert loop.cli("rollout", "pause", "led").code == 0
    held = (loop.specs / "led.yaml").read_text()
    assert applied(loop, "led", held.replace("VERSION: '2'", "VERSION: '3'")) == 3
    assert revisions(loop, "led") == {"v001"}
    assert loop.cli("rollout", "resume", "led").code == 0
    waited = loop.cli("wait", "led", "--timeout", "40s")
    assert (waited.code, "`reconciler rollout promote led" in waited.err) == (3, True)


def test_without_a_loop_history_and_undo_go_by_the_store(loop: LoopProcess) -> None:
    assert applied(loop, "kept", text("1")) == 0
    assert applied(loop, "kept", text("2")) == 0
    assert loop.stop() == 0
    try:
        assert history(loop, "kept") == [("v001", "good"), ("v000", "good")]
        undone = loop.cli("rollout", "undo", "kept", "--to", "v000")
        assert (undone.code, "no loop is running" in undone.err) == (0, True)
        assert Path(loop.specs / "kept.yaml").read_text() == text("1")
        assert loop.cli("apply", loop.specs / "kept.yaml", "--once", "--timeout", "40s").code == 0
        assert revisions_made(loop, "kept") == ["v000", "v000"]
        loop.save("kept", text("3", "start: 2s", command="[sh, -c, exit 3]"))
        broken = loop.cli("apply", loop.specs / "kept.yaml", "--once", "--timeout", "40s")
        assert broken.code == 4
        assert "Rolled back: kept: v002 failed" in broken.err
        assert loop.cli("rollout", "undo", "kept").out.startswith("kept: back to v0")
    finally:
        loop.start()
    assert loop.cli("wait", "kept", "--timeout", "40s").code == 0
