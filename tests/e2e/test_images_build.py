"""`reconciler images build` on the real engine, with images of a few bytes that nobody else has."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import docker
import pytest

from tests.support.beating import eventually

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

# What runs tests in the background may hand on that SIGINT is ignored.
PROGRAM = """
import signal
from reconciler.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
COMMAND = (sys.executable, "-c", PROGRAM)
BASE = "FROM debian:bookworm-slim\n"


class Builder:
    """A directory of images whose names are its own, and what they became."""

    def __init__(self, root: Path, url: str) -> None:
        self.mark = f"t{uuid.uuid4().hex[:8]}"
        self.client = docker.DockerClient(base_url=url)
        self._root = root
        self._environment = {
            **os.environ,
            "RECONCILER_ENGINE": url,
            "XDG_CACHE_HOME": str(root / "cache"),
        }

    def write(self, **texts: str) -> None:
        """Dockerfiles by short name; `@a` in them is the image `a` of this directory."""
        for name, text in texts.items():
            directory = self._root / "images" / f"{self.mark}-{name}"
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "Dockerfile").write_text(re.sub(r"@(\w+)", rf"reconciler/{self.mark}-\1", text))

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*COMMAND, "images", "build", "--images", str(self._root / "images"), *words],
            env={**self._environment, **(environment or {})}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def build(self, *words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Exit code and output, with the images' short names."""
        process = self.start(*words, environment=environment)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said.replace(f"reconciler/{self.mark}-", "").replace(":latest", "")

    def states(self) -> dict[str, str]:
        """What `images list` says of each."""
        listed = [*COMMAND, "images", "list", "--images", str(self._root / "images"), "-o", "json"]
        done = subprocess.run(listed, env=self._environment, capture_output=True, check=True, timeout=60)
        return {row["name"].removeprefix(f"{self.mark}-"): row["state"] for row in json.loads(done.stdout)}

    def id(self, name: str) -> str | None:
        found = self.client.images.list(f"reconciler/{self.mark}-{name}")
        return str(found[0].id) if found else None

    def log(self, name: str) -> Path:
        return self._root / "cache" / "reconciler" / "builds" / f"{self.mark}-{name}.log"

    def close(self) -> None:
        tags = [tag for image in self.client.images.list() for tag in image.tags if self.mark in tag]
        for tag in tags:
            self.client.images.remove(tag, force=True)
        self.client.close()


@pytest.fixture
def builder(engine: str, tmp_path: Path) -> Iterator[Builder]:
    made = Builder(tmp_path, engine)
    yield made
    made.close()


def test_images_are_built_after_those_they_stand_on_and_a_second_run_does_nothing(builder: Builder) -> None:
    copied = f"FROM @b AS x\n{BASE}COPY --from=@c /c /c\nCOPY --from=x /b /b\n"
    builder.write(a=copied, b=f"{BASE}RUN echo > /b\n", c=f"{BASE}RUN echo > /c\n")
    code, said = builder.build()
    assert code == 0, said
    assert min(said.index("b: built"), said.index("c: built")) > said.index("c: building")  # side by side
    assert said.index("a: building") > max(said.index("b: built"), said.index("c: built"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert builder.build() == (0, "b: up to date\nc: up to date\na: up to date\n")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Processor time, because a busy machine makes everybody wait: 0.3 s, of which most is starting Python.
    assert used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime < 1.0


def test_a_change_builds_what_stands_on_it_anew_and_nothing_else(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUN echo 1\n", b="FROM @a\nRUN echo 2\n", c=f"{BASE}RUN echo 3\n")
    assert builder.build()[0] == 0
    before = {name: builder.id(name) for name in "abc"}
    builder.write(a=f"{BASE}RUN echo 4\n")
    assert builder.states() == {"a": "outdated", "b": "outdated", "c": "up to date"}
    assert builder.build()[0] == 0
    assert [name for name in "abc" if builder.id(name) != before[name]] == ["a", "b"]


def test_without_the_cache_all_is_made_anew(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUN cat /proc/sys/kernel/random/uuid > /a\n", b="FROM @a\n")
    assert builder.build()[0] == 0
    before = {name: builder.id(name) for name in "ab"}
    assert builder.build("--no-cache")[0] == 0
    assert [name for name in "ab" if builder.id(name) == before[name]] == []


def test_a_failing_step_is_shown_with_its_last_lines_and_the_rest_is_built(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUN seq 100 130; exit 7\n", b="FROM @a\n", c=f"{BASE}RUN echo 3\n")
    code, said = builder.build()
    assert code == 1
    assert "Error: a was not built: step 2/3 failed: RUN seq 100 130; exit 7\n" in said
    assert "\n    129\n    130\n    (exit code 7)\n" in said
    assert "\n    115\n" not in said
    assert "Not built either, because they stand on it: b\n" in said
    assert "\n100\n101\n" in builder.log("a").read_text()
    assert [builder.id(name) is not None for name in "abc"] == [False, False, True]


def test_what_can_not_be_built_at_all_is_said_before_anything_is(builder: Builder) -> None:
    builder.write(a="FROM @nothing\n")
    code, said = builder.build()
    assert (code, "neither such an image nor a folder" in said) == (1, True)
    builder.write(a="FROM @b\n", b="FROM @a\n")
    code, said = builder.build()
    assert (code, "stands on" in said) == (1, True)


def test_a_dockerfile_that_the_engine_can_not_read_is_named(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUM x\n")
    code, said = builder.build()
    assert code == 1
    assert "a/Dockerfile" in said
    assert "unknown instruction: RUM" in said


def test_bare_arguments_come_from_the_environment_and_no_secret_does(builder: Builder) -> None:
    builder.write(a=f'{BASE}ARG MIRROR\nARG MY_TOKEN\nRUN echo "<$MIRROR|$MY_TOKEN>"; exit 1\n')
    told = {"MIRROR": "https://mirror.example.org", "MY_TOKEN": "hush"}
    code, said = builder.build(environment=told)
    assert code == 1
    assert "<https://mirror.example.org|>" in said
    assert "MY_TOKEN looks like a secret" in said
    assert "hush" not in said


def test_an_interrupted_build_ends_at_once_and_keeps_what_was_built(builder: Builder) -> None:
    builder.write(
        a=f"{BASE}RUN echo\n", b=f"FROM @a\nRUN echo begun; sleep 1234.{builder.mark[1:].translate(DIGITS)}\n"
    )
    process = builder.start()
    assert process.stdout is not None
    for line in process.stdout:
        if "RUN echo begun" in line:
            break
    assert eventually(lambda: _sleeps(builder))
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert time.monotonic() - began < 2.0
    assert "Traceback" not in said
    assert f"{builder.mark}-b:latest: interrupted" in said
    assert (builder.id("a") is None, builder.id("b")) == (False, None)
    assert eventually(lambda: not _sleeps(builder))


DIGITS = {ord(letter): str(number % 10) for number, letter in enumerate("0123456789abcdef")}


def _sleeps(builder: Builder) -> bool:
    """Whether the step of the build that is to be interrupted runs."""
    wanted = f"sleep 1234.{builder.mark[1:].translate(DIGITS)}"
    return any(wanted in str(row.get("Command")) for row in builder.client.api.containers(trunc=False))


def test_two_builds_at_once_make_one_image(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUN sleep 1; date +%N > /stamp\n")
    processes = [builder.start() for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sorted(text.strip().splitlines()[-1].rpartition(": ")[2].split()[0] for text in said) == ["built", "up"]
    assert any("waits for another build of it" in text for text in said)


def test_nothing_is_made_from_what_another_checkout_put_in_a_parents_place(builder: Builder) -> None:
    builder.write(a=f"{BASE}RUN echo 1\n", b="FROM @a\nRUN echo begun; sleep 4\n")
    process = builder.start()
    assert process.stdout is not None
    for line in process.stdout:
        if "RUN echo begun" in line:
            break
    builder.client.images.get(BASE.split()[1]).tag(f"reconciler/{builder.mark}-a")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{builder.mark}-a:latest was built from other files meanwhile" in said
    assert builder.id("b") is None
