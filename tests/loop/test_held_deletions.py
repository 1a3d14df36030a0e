"""A deletion that was held stays so until a person confirms it or the file is back, whatever the loop goes through."""

from tests.loop.turning import PLAIN, Turning


def spec(size: int) -> str:
    return f"image: {PLAIN}\nsize: {size}\nstop: {{grace: 1s, drain: 0s}}\n"


def two_deletions_a_second_apart(turning: Turning) -> dict[str, str]:
    turning.start()
    for name, size in (("a", 1), ("b", 2), ("c", 3)):
        turning.save(name, spec(size))
    turning.settle()
    before = turning.ids("c")
    turning.delete("b")
    turning.run_for(1.5)
    turning.delete("c")
    turning.run_for(60.0)
    return before


def confirmed(turning: Turning, *names: str) -> tuple[str, ...]:
    asked = turning.loop.ask_confirm(names or None)
    assert turning.turn()
    return asked.result(0)


def notes(turning: Turning, kind: str) -> list[str]:
    return [event.subject for event in turning.store.events(limit=1000) if event.kind == kind]


def test_a_held_deletion_does_not_carry_itself_out_when_the_other_one_is_over(turning: Turning) -> None:
    before = two_deletions_a_second_apart(turning)
    assert turning.ids("b") == {}
    assert turning.ids("c") == before
    assert "reconciler confirm" in turning.status().held[0]
    assert confirmed(turning) == ("c",)
    turning.run_for(30.0)
    assert turning.ids("c") == {}
    assert turning.status().held == ()
    assert turning.store.held() == frozenset()


def test_a_held_deletion_stays_held_over_a_restart(turning: Turning) -> None:
    before = two_deletions_a_second_apart(turning)
    for _ in range(2):
        turning.restart()
        turning.run_for(60.0)
        assert turning.ids("c") == before
        assert len(turning.status().held) == 1


def test_the_return_of_its_spec_ends_the_hold_and_a_later_deletion_is_a_new_one(turning: Turning) -> None:
    before = two_deletions_a_second_apart(turning)
    turning.save("c", spec(3))
    turning.settle()
    assert turning.ids("c") == before
    assert turning.status().held == ()
    turning.delete("c")
    turning.run_for(30.0)
    assert turning.ids("c") == {}


def test_a_confirmed_deletion_does_not_hold_the_next_harmless_one(turning: Turning) -> None:
    two_deletions_a_second_apart(turning)
    turning.save("d", spec(1))
    turning.run_for(10.0)
    assert confirmed(turning, "c") == ("c",)
    turning.run_for(5.0)
    (turning.specs / "d.yaml").rename(turning.specs / "e.yaml")
    turning.save("e", spec(1))
    turning.run_for(5.0)
    assert turning.status().held == ()
    turning.run_for(20.0)
    assert turning.ids("d") == {}
    assert len(turning.ids("e")) == 1


def test_a_confirmation_that_releases_nothing_is_no_event(turning: Turning) -> None:
    turning.start()
    turning.save("a", spec(1))
    turning.settle()
    assert confirmed(turning) == ()
    assert confirmed(turning, "a") == ()
    assert notes(turning, "confirm") == []


def test_a_confirmation_is_answered_with_what_a_pass_after_it_holds(turning: Turning) -> None:
    turning.start()
    for name in "ab":
        turning.save(name, spec(1))
    turning.settle()
    for name in "ab":
        turning.delete(name)
    turning.run_for(0.1)
    turning.time.now += 5.0
    assert turning.status().held == ()
    assert confirmed(turning) == ("a", "b")


def test_a_confirmation_nobody_waits_for_any_more_comes_to_nothing(turning: Turning) -> None:
    before = two_deletions_a_second_apart(turning)
    asked = turning.loop.ask_confirm(None)
    assert asked.cancel()
    turning.run_for(30.0)
    assert turning.ids("c") == before


def test_what_is_held_because_the_directory_is_away_goes_only_by_name(turning: Turning) -> None:
    turning.start()
    turning.save("a", spec(1))
    turning.settle()
    turning.end()
    turning.specs.rename(turning.specs.with_name("aside"))
    turning.start()
    turning.run_for(5.0)
    (said,) = turning.status().held
    assert "bring it back" in said
    assert "reconciler confirm" not in said
    assert confirmed(turning) == ()
    assert confirmed(turning, "a") == ("a",)


def test_a_dry_run_shows_what_a_named_deletion_would_do_and_confirms_nothing(turning: Turning) -> None:
    turning.start()
    for name in ("a", "b", "c"):
        turning.save(name, spec(1))
    turning.settle()
    left = {"a.yaml": spec(1).encode()}

    def planned(*names: str) -> dict[str, str]:
        asked = turning.loop.ask_plan(left, names)
        assert turning.turn()
        return {plan.cluster: str(plan) for plan in asked.result(0)}

    assert [planned()[name].split(":")[0] for name in ("b", "c")] == ["held MassDeletion"] * 2
    named = planned("b", "c")
    assert [named[name] for name in ("a", "b", "c")] == [
        "nothing to do", "withdraw b-1: no spec wants it any more", "withdraw c-1: no spec wants it any more"
    ]  # fmt: skip
    assert [planned()[name].split(":")[0] for name in ("b", "c")] == ["held MassDeletion"] * 2
