"""The sampler: one look makes one sample of each cluster, when it is time and when something happened."""

from dataclasses import replace

import pytest

from reconciler.console.web import sampler as sampler_room
from reconciler.console.web.sampler import Sampler, samples_of
from reconciler.console.web.samples import EVERY_SECONDS, Samples
from tests.support.fake_services import Fake, fake_services
from tests.support.fake_world import demo_world, healthy_world
from tests.support.waiting import eventually


def sampler_of(fake: Fake) -> tuple[Sampler, Samples]:
    samples = Samples()
    return Sampler(samples, loop=fake.backend, wall=lambda: 5.0), samples


def test_a_sample_of_each_cluster() -> None:
    found = samples_of(demo_world().clusters, at=12.0)

    assert (found["webapp"].at, found["webapp"].desired, found["webapp"].ready) == (12.0, 4, 2)
    assert found["customer"].metric == 58.3
    assert found["auth"].cpu == 0.24


def test_nobody_tells_its_load() -> None:
    auth = healthy_world().clusters[0]
    silent = replace(auth, instances=tuple(replace(one, cpu=None) for one in auth.instances))

    assert samples_of((silent,), at=1.0)["auth"].cpu is None


def test_it_looks_when_it_is_time_and_when_something_happened() -> None:
    fake = fake_services(healthy_world())
    sampler, samples = sampler_of(fake)

    taken = []
    for now in (0.0, 0.25, EVERY_SECONDS, EVERY_SECONDS + 0.25):
        sampler.turn(now)
        taken.append(len(samples.of("auth")))
    fake.backend.happens("auth", "withdraw", "auth-1", "no heartbeat")
    sampler.turn(EVERY_SECONDS + 0.5)

    assert taken == [1, 1, 2, 2]
    assert len(samples.of("auth")) == 3


def test_a_loop_that_does_not_answer_leaves_a_gap() -> None:
    fake = fake_services()
    sampler, samples = sampler_of(fake)

    sampler.turn(0.0)
    fake.backend.gone = True
    sampler.turn(EVERY_SECONDS)

    assert len(samples.of("auth")) == 1


def test_its_thread_looks_until_it_is_closed() -> None:
    sampler, samples = sampler_of(fake_services())

    sampler.start()
    eventually(lambda: bool(samples.of("auth")))
    sampler.close()


def test_a_mistake_of_ours_is_a_gap_and_not_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    samples, mistakes = Samples(), iter((ZeroDivisionError(), ZeroDivisionError()))

    def wall() -> float:
        for mistake in mistakes:
            raise mistake
        return 5.0

    monkeypatch.setattr(sampler_room, "_FAULT_SECONDS", 0.01)
    monkeypatch.setattr(sampler_room, "EVERY_SECONDS", 0.01)
    sampler = Sampler(samples, loop=fake_services(healthy_world()).backend, wall=wall)
    sampler.start()
    try:
        eventually(lambda: len(samples.of("auth")) > 0)
    finally:
        sampler.close()
    assert caplog.text.count("by a mistake of ours") == 2
