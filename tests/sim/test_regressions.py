"""Scripts that once went wrong, each with what was wrong."""

import pytest

from tests.sim.script import Happening, play

SCRIPTS: dict[str, list[Happening]] = {
    "a canary is asked for, and a corpse takes its place": [
        ("suspend", 4, 0), ("hang", 5, 2), ("suspend", 3, 1), ("resize", 7, 3), ("wait", 1, 2), ("break", 7, 0),
        ("hang", 4, 0), ("suspend", 0, 3), ("die", 6, 2), ("resize", 4, 1),
    ],
    "a hung outdated one has its turn and finds no room for a successor": [
        ("wait", 5, 3), ("revise", 2, 0), ("resize", 6, 2), ("hang", 1, 3), ("hang", 5, 1), ("wait", 7, 1),
        ("resize", 5, 1),
    ],
    "a lost one above the size is made anew and a ready one ends in its stead": [
        ("hang", 2, 2), ("rebuild", 2, 3), ("hang", 6, 0),
    ],
    "outdated ones stay in a cluster of size nought while blind": [
        ("resize", 0, 1), ("hang", 1, 2), ("revise", 0, 0), ("suspend", 5, 0), ("hang", 2, 2), ("wait", 5, 0),
    ],
    "one lost one ends for want of room while another is made anew": [
        ("wait", 0, 3), ("revise", 5, 1), ("rollout", 2, 3), ("hang", 0, 1), ("tick", 1, 2), ("hang", 7, 3),
        ("wait", 3, 1), ("restart", 3, 1), ("suspend", 2, 0), ("resize", 7, 3), ("tick", 5, 2), ("wait", 7, 3),
        ("suspend", 2, 3), ("rollout", 4, 1), ("rebuild", 1, 0), ("tick", 5, 3),
    ],
    "after a restart nobody at all is heard, and one of them started lately": [
        ("suspend", 7, 0), ("break", 1, 0), ("suspend", 5, 3), ("rebuild", 2, 1), ("tick", 6, 2), ("resize", 1, 2),
        ("wait", 2, 0), ("deaf", 4, 1), ("delete", 1, 1), ("tick", 1, 3), ("restart", 6, 2), ("break", 2, 0),
        ("echo", 7, 1), ("tick", 6, 3),
    ],
    "in the moment in which blindness ends a silent one is given up by the clock of before": [
        ("suspend", 4, 0), ("vanish", 3, 3), ("suspend", 0, 3), ("hang", 4, 0), ("wait", 6, 0), ("rezone", 4, 3),
        ("delete", 2, 1), ("wait", 3, 1), ("rollout", 3, 0), ("break", 5, 3), ("return", 5, 2), ("echo", 4, 1),
        ("vanish", 3, 1), ("vanish", 1, 3), ("tick", 4, 2), ("vanish", 7, 1), ("suspend", 6, 2), ("deaf", 3, 0),
        ("wait", 4, 0), ("die", 7, 0),
    ],
    "whoever is presumed well after blindness is taken for well": [("hang", 1, 0), ("hang", 2, 0), ("rollout", 4, 0)],
    "the canary itself hangs": [
        ("deaf", 4, 0), ("wait", 2, 0), ("tick", 7, 2), ("wait", 6, 1), ("hang", 3, 1), ("wait", 6, 2), ("wait", 5, 0),
        ("hang", 5, 2), ("hang", 1, 2),
    ],
    "a stranger takes the number that the canary was to have": [
        ("hang", 4, 1), ("hang", 6, 0), ("tick", 7, 0), ("tick", 7, 3), ("tick", 6, 3), ("foreign", 3, 2),
        ("tick", 6, 2), ("foreign", 4, 3),
    ],
    "two hung at once come to rest by way of the canary": [("hang", 0, 0), ("hang", 1, 0)],
    "all hung at once, in the middle of a rollout": [
        ("revise", 0, 0), ("wait", 0, 0), *[("hang", n, 0) for n in range(7)], ("wait", 7, 0),
    ],
    "in place: all hung at once, in the middle of a rollout": [
        ("rollout", 5, 0), ("revise", 0, 0), ("wait", 0, 0), *[("hang", n, 0) for n in range(7)], ("wait", 7, 0),
    ],
    "one that was never heard since the restart stands in a zone that closes": [
        ("hang", 4, 0), ("restart", 0, 0), ("close", 1, 0), ("keep", 0, 0),
    ],
    "what depends on data in a closed zone is made anew meanwhile": [
        ("delete", 2, 0), ("confirm", 0, 0), ("keep", 0, 0), ("wait", 2, 0), ("close", 0, 0),
    ],
    "a number leaves an unwanted zone while another one waits for its data's zone": [
        ("suspend", 0, 0), ("close", 5, 0), ("keep", 0, 0), *[("tick", 0, 0)] * 4, ("die", 0, 0), ("tick", 0, 0),
        ("die", 1, 0), ("rezone", 3, 0),
    ],
    "a broken one stands in an unwanted zone while the only wanted one is closed": [
        ("break", 0, 0), ("resize", 4, 0), ("rezone", 0, 0), ("wait", 0, 0), ("close", 0, 0), ("restart", 0, 0),
    ],
    "in place: a broken image, and two hang at once while all zones close": [
        ("rollout", 5, 0), ("spoil", 0, 0), ("hang", 0, 0), ("hang", 1, 0), ("close", 0, 0), ("close", 1, 0),
    ],
    "red-black: two hang at once, and a push in that moment": [
        ("rollout", 6, 0), ("hang", 7, 0), ("hang", 4, 2), ("revise", 4, 2),
    ],
    "a canary is asked for while all zones close": [
        ("rollout", 7, 0), ("close", 5, 2), ("break", 3, 2), ("close", 0, 2),
    ],
    "a canary stage in a cluster of size nought, and nobody is heard": [
        ("rollout", 7, 0), ("hang", 1, 2), ("hang", 0, 2), ("suspend", 2, 0), ("resize", 0, 2), ("break", 3, 2),
        ("wait", 6, 0),
    ],
    "one of the new group dies in the moment in which the traffic moves": [
        ("rollout", 6, 0), ("restarted", 1, 2), ("wait", 1, 0), ("die", 6, 0), ("fail", 2, 2), ("wait", 5, 2),
    ],
    "the room of a lost one's successor is taken by another group": [
        ("rollout", 1, 3), ("break", 5, 0), ("wait", 6, 0), ("vanish", 3, 1), ("die", 6, 1), ("promote", 7, 1),
        ("deaf", 2, 0), ("wait", 1, 1), ("wait", 2, 1), ("restart", 6, 2),
    ],
    "a broken version is taken for good because for a moment nobody was wanted": [
        ("rollout", 6, 0), ("break", 3, 0), ("resize", 0, 2), ("resize", 5, 2), ("hear", 3, 2), ("deaf", 5, 0),
        ("hear", 2, 1), ("hang", 1, 0),
    ],
    "red-black in the middle of a push that was in the middle of another": [
        ("rebuild", 0, 0), ("wait", 4, 1), ("restarted", 7, 3), ("wait", 4, 1), ("fail", 1, 3), ("rollout", 2, 3),
    ],
    "two of the old group hang, red-black in that moment, and every silence is counted anew": [
        ("close", 1, 0), ("hang", 0, 1), ("resize", 7, 1), ("vanish", 7, 2), ("rebuild", 0, 3), ("deaf", 5, 3),
        ("wait", 0, 3), ("hang", 6, 3), ("tick", 6, 1), ("rollout", 6, 1), ("wait", 3, 1),
    ],
    "files deleted and returned in the middle of everything": [
        ("revise", 0, 0), ("delete", 2, 0), ("wait", 1, 0), ("confirm", 0, 0), ("wait", 1, 0), ("return", 1, 0),
        ("delete", 0, 3), ("wait", 1, 0), ("restart", 5, 1), ("wait", 1, 0), ("return", 0, 0),
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", SCRIPTS)
def test_what_once_went_wrong_goes_well(story: str) -> None:
    play(SCRIPTS[story])
