"""A broken file while a loop runs: it is told, changes nothing, and healing goes on under the last good one."""

import shutil

import pytest

from tests.support.loop_process import LoopProcess
from tests.support.spec_text import spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

GOOD = spec(2)

# One of each kind: what is saved, and what both `status` and `validate` say of it.
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "delete the file"),
    "only comments": (b"# nothing yet\n", "delete the file"),
    "a tab": (b"image: a\n\tsize: 1\n", "tab"),
    "cut off": (b"image: a\nsize: 1\nzones: [a,\n", "3"),
    "the same key twice": (b"image: a\nsize: 1\nsize: 2\n", "2"),
    "aliases": (b"a: &a [x]\nb: *a\n", "alias"),
    "a tag": (b"image: !!python/object:os.system a\nsize: 1\n", "tag"),
    "too large": (b"#" * 2_000_000, "64 KiB"),
    "no text": (b"image: a\x00\nsize: 1\n", "NUL"),
    "not UTF-8": (b"image: \xff\xfe\nsize: 1\n", "UTF-8"),
    "a list": (b"- image: a\n", "mapping"),
    "an unknown key": (b"image: a\nsizes: 1\n", "did you mean `size`"),
    "a negative size": (b"image: a\nsize: -1\n", "size"),
    "a number in quotes": (b'image: a\nsize: "3"\n', "unquote"),
    "no zones": (b"image: a\nsize: 1\nzones: []\n", "zones"),
    "another name": (b"image: a\nsize: 1\nname: other\n", "name"),
    "an image that is none": (b"image: nginx;id\nsize: 1\n", "image"),
    "a reserved variable": (b"image: a\nsize: 1\nenvironment: {az_name: x}\n", "reserved"),
    "a port out of range": (b'image: a\nsize: 1\nports: ["65536:80"]\n', "ports"),
    "one host port for three": (b'image: a\nsize: 3\nports: ["8081:80"]\n', "ports"),
    "the engine's socket": (b'image: a\nsize: 1\nvolumes: ["/var/run/docker.sock:/s"]\n', "volumes"),
    "a host path": (b'image: a\nsize: 1\nvolumes: ["/etc:/etc"]\n', "--allow-path"),
    "privileged": (b"image: a\nsize: 1\nprivileged: true\n", "privileged"),
    "more canaries than instances": (
        b"image: a\nsize: 1\nrollout: {strategy: canary, canary: {size: 2}}\n",
        "rollout.canary.size",
    ),
}


@pytest.fixture
def web(loop: LoopProcess) -> dict[str, str]:
    """A good cluster of two; its containers' ids by name."""
    loop.save("web", GOOD)
    loop.until_ready("web", 2)
    loop.until(lambda: not problems(loop))
    return loop.containers("web")


def problems(loop: LoopProcess) -> str:
    row = loop.cluster("web")
    return "\n".join(str(problem) for problem in row.problems) if row else ""


def save_bad(loop: LoopProcess, content: bytes, said: str) -> None:
    (loop.specs / ".web.new").write_bytes(content)
    (loop.specs / ".web.new").replace(loop.specs / "web.yaml")
    loop.until(lambda: said in problems(loop), what=f"{said!r} in {problems(loop)!r}")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_told_and_changes_nothing(loop: LoopProcess, web: dict[str, str], kind: str) -> None:
    content, said = BAD[kind]
    save_bad(loop, content, said)
    assert problems(loop).startswith("web.yaml:")
    assert loop.condition("web", "Degraded").startswith("True SpecInvalid: web.yaml:")
    checked = loop.cli("validate", loop.specs)
    assert checked.code == 1
    assert said in checked.err
    assert "Traceback" not in checked.err
    assert loop.containers("web") == web


def killed_and_healed(loop: LoopProcess, number: int) -> None:
    """Kill one; the same number runs again in another container, and the others are as before."""
    name = f"{loop.env}-web-{number}"
    before = loop.containers("web")
    loop.docker.kill(before[name])
    loop.until(lambda: loop.containers("web").get(name) not in (None, before[name]), what=f"{name} is healed")
    after = loop.containers("web")
    assert {k: v for k, v in after.items() if k != name} == {k: v for k, v in before.items() if k != name}


def test_healing_goes_on_under_the_last_good_spec_also_after_a_restart(loop: LoopProcess, web: dict[str, str]) -> None:
    save_bad(loop, *BAD["cut off"])
    killed_and_healed(loop, 1)
    loop.restart()
    loop.until(lambda: "web.yaml:" in problems(loop), what="the file's error is told")
    status = loop.cli("status")
    assert "web.yaml:3" in status.out
    killed_and_healed(loop, 2)
    assert loop.cli("plan").code == 1


def test_without_the_state_directory_a_broken_file_means_hold(loop: LoopProcess, web: dict[str, str]) -> None:
    """Nobody knows what the cluster was to be: nothing is created, nothing removed."""
    loop.until_ready("web", 2)
    save_bad(loop, *BAD["an unknown key"])
    before = loop.containers("web")
    assert loop.stop() == 0
    shutil.rmtree(loop.state)
    loop.start()
    loop.until(lambda: "did you mean" in problems(loop), what="the file's error is told")
    assert loop.condition("web", "Degraded").startswith("True Spec")
    loop.save("other", spec(1))  # nobody else waits for it
    loop.until_ready("other", 1)
    assert loop.containers("web") == before
    loop.save("web", GOOD)
    loop.until_ready("web", 2)
    loop.until_settled()
    assert loop.containers("web") == before


def test_files_that_contradict_each_other_leave_the_first_in_force(loop: LoopProcess, web: dict[str, str]) -> None:
    loop.save("one", spec(0, 'ports: ["127.0.0.1:18081:80"]'))
    loop.until_ready("one", 0)
    loop.save("two", spec(0, 'ports: ["127.0.0.1:18081:80"]'))
    loop.until(lambda: complaint(loop, "two") != "", what="the second is refused")
    assert "18081" in complaint(loop, "two")
    assert "one.yaml" in complaint(loop, "two")
    assert complaint(loop, "one") == ""
    checked = loop.cli("validate", loop.specs)
    assert checked.code == 1
    assert "one.yaml" in checked.err
    assert "two.yaml" in checked.err
    (loop.specs / "two.yaml").unlink()
    loop.until(lambda: loop.cluster("two") is None)
    (loop.specs / "one.yaml").unlink()


def test_a_newcomer_that_sorts_first_takes_nothing_from_who_is_in_force(loop: LoopProcess, web: dict[str, str]) -> None:
    loop.save("aweb", spec(1, "dns: web"))
    loop.until(lambda: "web.yaml" in complaint(loop, "aweb"), what="the newcomer is refused")
    status = loop.cli("status")
    assert "aweb.yaml" in status.out
    assert "the DNS label `web` is also taken" in status.out
    planned = loop.cli("plan", loop.specs)
    assert planned.code == 1
    assert "aweb.yaml" in planned.err
    assert "web.yaml" in planned.err
    assert loop.containers("aweb") == {}
    assert loop.containers("web") == web
    assert complaint(loop, "web") == ""
    loop.save("web", spec(2, "dns: www"))
    loop.until_ready("aweb", 1)
    assert complaint(loop, "aweb") == ""


def complaint(loop: LoopProcess, name: str) -> str:
    row = loop.cluster(name)
    return "\n".join(str(problem) for problem in row.problems) if row else ""
