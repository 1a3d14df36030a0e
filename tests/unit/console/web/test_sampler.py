"""The sampler: one look makes one sample of each cluster; what can't be seen leaves a gap."""

from dataclasses import replace

from reconciler.console.web.sampler import Sampler, samples_of
from reconciler.console.web.samples import Samples
from tests.support.fake_services import fake_services
from tests.support.fake_world import demo_world, healthy_world
from tests.support.waiting import eventually


def test_a_sample_of_each_cluster() -> None:
    found = samples_of(demo_world(), at=12.0)

    assert (found["webapp"].at, found["webapp"].desired, found["webapp"].ready) == (12.0, 4, 2)
    assert found["customer"].metric == 58.3
    assert found["auth"].cpu == 0.24


def test_nobody_tells_its_load() -> None:
    world = healthy_world()
    silent = replace(world.clusters[0], instances=tuple(replace(i, cpu=None) for i in world.clusters[0].instances))

    assert samples_of(replace(world, clusters=(silent,)), at=1.0)["auth"].cpu is None


def test_a_loop_that_does_not_answer_leaves_a_gap() -> None:
    fake, samples = fake_services(), Samples()
    sampler = Sampler(samples, look=fake.backend.status, wall=lambda: 5.0)

    sampler.take()
    fake.backend.gone = True
    sampler.take()

    assert len(samples.of("auth")) == 1


def test_its_thread_looks_until_it_is_closed() -> None:
    fake, samples = fake_services(), Samples()
    sampler = Sampler(samples, look=fake.backend.status, wall=lambda: 5.0)

    sampler.start()
    eventually(lambda: bool(samples.of("auth")))
    sampler.close()
