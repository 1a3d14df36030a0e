"""Which versions are remembered with which text, what is dropped of them, and what of a rollout outlives the loop."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.engine.kept_rollouts import KeptRollout, read_rollouts
from reconciler.engine.store import Store
from reconciler.loop.history import MOST_KEPT, History, trimmed
from reconciler.plan.actions import CreateInstance
from reconciler.plan.plan import Plan
from reconciler.plan.world import Decision
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from reconciler.spec.wanted import Wanted, WantedWorld
from reconciler.state.observed import Channel, Observed
from reconciler.state.revisions import KeptRevision, Version
from reconciler.state.rollouts import RolloutState
from tests.unit.plan.builders import make_instance, make_spec

CHANNEL = Channel(since=0.0)
NOTHING = Observed(channel=CHANNEL)


class Loop:
    """A history with its store and the files that it is told of; `restart` is another process on the same disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.texts: dict[str, bytes] = {}
        self.start()

    def start(self) -> None:
        self.store = Store(self.path, lambda _: None)
        self.history = History(self.store, Policy(), lambda: 77.0, lambda name: (f"{name}.yaml", self.texts[name]))

    def restart(self) -> None:
        self.store.close()
        self.start()

    def save(self, text: str, name: str = "web", *, spec_hash: str = "") -> Wanted:
        """The file says this; `spec_hash` where contents of secrets count in it."""
        self.texts[name] = text.encode()
        spec = parse_cluster(self.texts[name], file=f"{name}.yaml", policy=Policy())
        wanted = Wanted(name=name, spec=spec, spec_hash=spec_hash or spec.spec_hash())
        world = self.history.heed(WantedWorld(clusters={name: wanted}), {name: self.texts[name]})
        return world.clusters[name]

    def make(self, wanted: Wanted, revision: str = "v000", image_id: str = "i") -> Version:
        """A pass plans an instance of this."""
        assert wanted.spec is not None
        create = CreateInstance(
            cluster=wanted.name, number=1, zone="a", revision=revision, spec_hash=wanted.spec_hash, image_id=image_id,
            source="a", attempt=1, spec=wanted.spec, has_agent=True, cause="test",
        )  # fmt: skip
        plan = Plan(cluster=wanted.name, actions=(create,))
        self.history.conclude(NOTHING, Decision(plans=(plan,), judgements={}, channel=CHANNEL))
        return Version(revision=revision, spec_hash=wanted.spec_hash, image_id=image_id)

    def roll(self, state: RolloutState, name: str = "web") -> None:
        """A pass concludes this of a rollout."""
        self.history.conclude(NOTHING, Decision(plans=(), judgements={}, channel=CHANNEL, rollouts={name: state}))

    def kept(self, name: str = "web") -> tuple[KeptRevision, ...]:
        return self.store.revisions().get(name, ())


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    made = Loop(tmp_path / "state.db")
    yield made
    made.store.close()


def test_a_version_is_kept_with_the_text_that_it_came_from_and_is_an_earlier_spec_after_a_restart(loop: Loop) -> None:
    first = loop.save("image: a\nsize: 1\n")
    version = loop.make(first)
    loop.restart()
    then = loop.save("image: b\nsize: 1\n")
    assert loop.kept() == (
        KeptRevision(version=version, at=77.0, text=b"image: a\nsize: 1\n", file="web.yaml", image="a"),
    )
    assert loop.history.versions == {"web": (version,)}
    assert dict(then.earlier) == {first.spec_hash: first.spec, then.spec_hash: then.spec}
    assert then.spec_of(first.spec_hash) == first.spec
    assert then.spec_of("unknown") == then.spec


def test_what_changes_without_a_version_becomes_the_version_s_text(loop: Loop) -> None:
    loop.make(loop.save("image: a\nsize: 1\n"))
    loop.save("image: a\nsize: 5 # more\n")
    assert [kept.text for kept in loop.kept()] == [b"image: a\nsize: 5 # more\n"]


def test_a_version_is_keyed_by_the_hash_that_it_had_whatever_its_secrets_were(loop: Loop) -> None:
    first = loop.save("image: a\nsize: 1\n", spec_hash="with-secret")
    loop.make(first)
    assert loop.save("image: b\nsize: 1\n").earlier["with-secret"] == first.spec


def test_a_rebuilt_image_is_another_version_of_the_same_text(loop: Loop) -> None:
    wanted = loop.save("image: a\nsize: 1\n")
    loop.make(wanted)
    loop.make(wanted, "v001", "rebuilt")
    loop.make(wanted, "v001", "rebuilt")
    assert [(kept.revision, kept.image, kept.text) for kept in loop.kept()] == [
        ("v000", "a", loop.texts["web"]),
        ("v001", "a", loop.texts["web"]),
    ]


def test_who_runs_is_taken_in_from_its_labels_where_the_store_was_lost(loop: Loop) -> None:
    """Without a text: nothing can go back to it. But what the file still says is known again."""
    wanted = loop.save("image: a\nsize: 1\n")
    old = make_instance(make_spec(), 1, revision="v003")
    same = make_instance(make_spec(), 2, revision="v004", spec_hash=wanted.spec_hash)
    observed = replace(NOTHING, instances={"web": (old, same)})
    for _ in range(2):
        loop.history.conclude(observed, Decision(plans=(), judgements={}, channel=CHANNEL))
    assert [(kept.revision, kept.text) for kept in loop.kept()] == [("v003", b""), ("v004", loop.texts["web"])]
    assert set(loop.save("image: b\nsize: 1\n").earlier) >= {wanted.spec_hash}
    assert old.spec_hash not in loop.save("image: c\nsize: 1\n").earlier


def test_a_text_that_cannot_be_read_any_more_is_no_earlier_spec(loop: Loop) -> None:
    version = Version(revision="v000", spec_hash="old", image_id="i")
    loop.store.remember_revisions("web", (KeptRevision(version=version, text=b"sizes: 1\n", file="web.yaml"),))
    loop.restart()
    assert "old" not in loop.save("image: a\nsize: 1\n").earlier
    assert loop.history.versions == {"web": (version,)}


def test_what_came_of_a_version_is_remembered_and_a_failed_one_even_where_nothing_of_it_was_made(loop: Loop) -> None:
    good = loop.make(loop.save("image: a\nsize: 1\n"))
    loop.roll(RolloutState(to=good, size=1, done=True))
    loop.save("image: b\nsize: 1\n")
    parsed = parse_cluster(loop.texts["web"], file="web.yaml", policy=Policy())
    bad = Version(revision="v001", spec_hash=parsed.spec_hash(), image_id="")
    loop.roll(RolloutState(to=bad, back=good))
    assert [kept.revision for kept in loop.kept()] == ["v000"]
    loop.roll(RolloutState(to=bad, back=good, failed="no such image"))
    assert [(kept.good, kept.why, kept.image) for kept in loop.kept()] == [
        (True, "", "a"),
        (False, "no such image", "b"),
    ]
    loop.roll(RolloutState(to=good, back=good, size=1, done=True))
    assert [(kept.good, kept.why) for kept in loop.kept()] == [(True, ""), (False, "no such image")]


def test_a_step_of_a_rollout_is_on_disk_when_the_pass_goes_on(loop: Loop) -> None:
    """As after a kill: nothing is flushed, another process reads what is there."""
    state = RolloutState(
        to=Version(revision="v001", spec_hash="b", image_id="j"), began_at=3.0, looked_at=9.0, switched_at=8.0,
        back=Version(revision="v000", spec_hash="a", image_id="i"), promoted=True, held_at=2, failed="never ready",
    )  # fmt: skip
    loop.roll(state)
    other = Store(loop.path, lambda _: None)
    assert read_rollouts(other.notes()) == {"web": KeptRollout(state=state.lasting)}
    again = History(other, Policy(), lambda: 0.0, lambda _: ("", b"")).rollouts(100.0)
    other.close()
    assert again == {"web": state.resumed(100.0)}


def test_a_note_that_cannot_be_read_counts_as_none() -> None:
    notes = {"rollout web": "{", "rollout db": '{"to": 7}', "closed-zone a": "{}"}
    assert read_rollouts(notes) == {}


def test_what_was_told_of_a_rollout_is_kept_until_another_one_begins(loop: Loop) -> None:
    one, two = (Version(revision=label, spec_hash=label, image_id="i") for label in ("v001", "v002"))
    loop.roll(RolloutState(to=one))
    loop.history.tell("web", frozenset({"begun"}))
    loop.restart()
    loop.roll(RolloutState(to=one, failed="so"))
    assert loop.history.told("web") == {"begun"}
    loop.roll(RolloutState(to=two))
    assert loop.history.told("web") == frozenset()


def test_nothing_is_kept_of_a_cluster_that_is_gone(loop: Loop) -> None:
    version = loop.make(loop.save("image: a\nsize: 1\n"))
    loop.roll(RolloutState(to=version))
    loop.restart()
    loop.history.forget({"other"})
    loop.restart()
    assert (loop.kept(), loop.store.notes(), loop.store.last_good()) == ((), {}, {})
    assert loop.history.versions == {}


def numbered(count: int, good: int = -1) -> tuple[KeptRevision, ...]:
    return tuple(
        KeptRevision(version=Version(revision=f"v{n:03}", spec_hash=str(n), image_id="i"), good=n == good)
        for n in range(count)
    )


def test_the_oldest_go_but_never_who_runs_and_never_the_last_good_one() -> None:
    many = numbered(MOST_KEPT + 3, good=1)
    left = trimmed(many, {many[0].version, many[3].version})
    assert [one.revision for one in left[:4]] == ["v000", "v001", "v003", "v006"]
    assert len(left) == MOST_KEPT
    assert trimmed(numbered(MOST_KEPT), ()) == numbered(MOST_KEPT)
    all_needed = numbered(MOST_KEPT + 3)
    assert trimmed(all_needed, {one.version for one in all_needed}) == all_needed
