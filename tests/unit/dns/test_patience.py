"""How long resolvers are waited for, on an event loop whose clock stands still until a resolver moves it on."""

import asyncio
from collections.abc import Sequence
from typing import Self

import dns.message
import dns.rcode
import pytest

from reconciler.dns.forward import Forwarder
from reconciler.dns.limits import ForwardLimits
from tests.support.fake_resolver import FakeResolver, Say, address_answer

LIMITS = ForwardLimits(try_seconds=1.5, total_seconds=4.0)


class StandingLoop(asyncio.SelectorEventLoop):
    """An event loop in which no time passes by itself."""

    def __init__(self) -> None:
        self.now = 1_000.0
        super().__init__()

    def time(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        """For any thread."""
        self.call_soon_threadsafe(self._pass, seconds)

    def _pass(self, seconds: float) -> None:
        self.now += seconds


class Asking:
    """A forwarder on a standing loop. Use as a context manager."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=StandingLoop)
        self.upstreams: list[str] = []
        self._forwarder = Forwarder(lambda: self.upstreams, frozenset(), LIMITS)

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    @property
    def loop(self) -> StandingLoop:
        loop = self._runner.get_loop()
        assert isinstance(loop, StandingLoop)
        return loop

    def ask(self, *, tcp: bool = False) -> dns.message.Message:
        packet = dns.message.make_query("www.example.org", "A").to_wire()
        return dns.message.from_wire(self._runner.run(self._forwarder.ask(packet, tcp=tcp)))

    def silent(self, *seconds: float) -> Say:
        """A resolver that never answers: with each question so much time passes, none when they are used up."""
        left = list(seconds)

        def say(_packet: bytes, _tcp: bool) -> Sequence[bytes]:
            if left:
                self.loop.pass_time(left.pop(0))
            return ()

        return say


def honest(packet: bytes, _tcp: bool) -> list[bytes]:
    return [address_answer(packet)]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("tcp", [False, True])
def test_a_silent_resolver_costs_its_time_limit_once_and_the_next_one_is_asked(tcp: bool) -> None:
    with Asking() as asking, FakeResolver(asking.silent(1.5)) as dead, FakeResolver(honest) as upstream:
        asking.upstreams += [dead.text, upstream.text]
        assert asking.ask(tcp=tcp).answer
        assert len(dead.asked) == 1
        assert asking.ask(tcp=tcp).answer
        assert len(dead.asked) == 1  # the one that answered is asked first for a while


@pytest.mark.timeout(30)
@pytest.mark.parametrize("tcp", [False, True])
def test_all_resolvers_together_may_take_four_seconds(tcp: bool) -> None:
    """Two have their full time, the third what is left, the fourth is not asked."""
    with (
        Asking() as asking,
        FakeResolver(asking.silent(1.5)) as first,
        FakeResolver(asking.silent(1.5)) as second,
        FakeResolver(asking.silent(1.0)) as third,
        FakeResolver(honest) as fourth,
    ):
        asking.upstreams += [each.text for each in (first, second, third, fourth)]
        assert asking.ask(tcp=tcp).rcode() == dns.rcode.SERVFAIL
        assert [len(each.asked) for each in (first, second, third, fourth)] == [1, 1, 1, 0]


@pytest.mark.timeout(30)
def test_a_resolver_that_was_slow_gets_its_place_back_after_a_while() -> None:
    with Asking() as asking, FakeResolver(asking.silent(1.5)) as slow, FakeResolver(honest) as upstream:
        asking.upstreams += [slow.text, upstream.text]
        asking.ask()
        asking.ask()
        assert len(slow.asked) == 1
        asking.loop.now += 30.0
        slow._say = asking.silent(1.5)
        asking.ask()
        assert len(slow.asked) == 2
