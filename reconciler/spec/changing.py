"""The part of a spec that says how a change reaches the instances: `rollout`, with the rules that a schema can't say.

Before: build. After: cluster. A container that alone can hold its volume or host port must go before its
successor comes.
"""

from reconciler.spec.cluster import CanaryStage, RedBlack, Rollout, Strategy
from reconciler.spec.scaling import check_metric
from reconciler.spec.values import Values

RUNS_ONCE = Rollout(strategy="in-place", surge=0, unavailable=1, bake_seconds=0.0)
"""A task's: never two runs at once, and what has exited 0 needs no time to prove itself."""

_ROLLOUT = ("rollout",)
_RED_BLACK = ("rollout", "red-black")
_CANARY = ("rollout", "canary")
_BESIDE_A_METRIC = (("most", "how much is too much", "most: 100"), ("after", "how long it is watched", "after: 1m"))


def rollout(values: Values, single_owner: str | None, least: int | None) -> Rollout:
    """The strategy with its defaults. `single_owner` says why there can be only one container a number; `least` is the
    size that the cluster has at least, None where that isn't said rightly.
    """
    strategy = _strategy(values, single_owner)
    surge, unavailable = _limits(values, strategy, single_owner)
    _own_keys(values, strategy)
    bake = values.seconds(1.0, "rollout", "bake")
    deadline = values.seconds(0.0, "rollout", "deadline") if values.has("rollout", "deadline") else None
    if deadline is not None and deadline <= bake:
        problem = "it ends before an instance has been ready for long enough (`bake`), so every change would fail"
        values.problem(("rollout", "deadline"), problem, "raise it, or lower `bake`")
    return Rollout(
        strategy=strategy,
        surge=surge,
        unavailable=unavailable,
        bake_seconds=bake,
        deadline_seconds=deadline,
        rollback=not values.denies("rollout", "rollback"),
        red_black=RedBlack(
            keep_seconds=values.seconds(60.0, *_RED_BLACK, "keep"), judged=values.flag(*_RED_BLACK, "judged")
        ),
        canary=_canary(values, least),
        paused=values.flag("rollout", "paused"),
        promoted=values.text("", "rollout", "promoted"),
        restarted=values.text("", "rollout", "restarted"),
    )


def _strategy(values: Values, single_owner: str | None) -> Strategy:
    strategy: Strategy = values.plain("in-place" if single_owner else "rolling", "rollout", "strategy")
    if single_owner and strategy in ("rolling", "red-black"):
        fix = "write in-place or canary, or leave it out"
        values.problem(("rollout", "strategy"), f"`{strategy}` can't be: {single_owner} imply in-place", fix)
        return "in-place"
    return strategy


def _limits(values: Values, strategy: Strategy, single_owner: str | None) -> tuple[int, int]:
    """Surge and unavailable. Of two owners of one volume or host port there is never one too many."""
    if strategy == "red-black":
        for key in ("surge", "unavailable"):
            if values.given("rollout", key):
                problem = "red-black has no such limit: a whole second group stands beside the first"
                values.problem(("rollout", key), problem, "remove it", at_key=True)
        return Rollout().surge, Rollout().unavailable
    alone = strategy == "in-place" or single_owner is not None
    because = f"{single_owner} imply in-place" if single_owner else "the strategy is in-place"
    surge = values.whole(0 if alone else 1, "rollout", "surge")
    unavailable = values.whole(1 if alone else 0, "rollout", "unavailable")
    if alone and surge:
        values.problem(("rollout", "surge"), f"{surge} can't be: {because}", "write 0, or leave it out")
    if alone and not unavailable:
        values.problem(("rollout", "unavailable"), f"0 can't be: {because}", "write 1 or more, or leave it out")
    if not alone and not surge and not unavailable:
        values.problem(_ROLLOUT, "with surge 0 and unavailable 0 nothing could ever change", "raise one of them")
    return surge, unavailable


def _own_keys(values: Values, strategy: Strategy) -> None:
    """Keys of a strategy that isn't the file's would do nothing, unnoticed."""
    for key in ("red-black", "canary"):
        if values.given("rollout", key) and strategy != key:
            fix = f"write `strategy: {key}`, or remove it"
            values.problem(("rollout", key), f"the strategy is {strategy}, so this does nothing", fix, at_key=True)


def _canary(values: Values, least: int | None) -> CanaryStage:
    size, percent = _canary_size(values, least)
    after = values.seconds(0.0, *_CANARY, "after") if values.has(*_CANARY, "after") else None
    most = values.plain(None, *_CANARY, "most")
    metric = values.text("", *_CANARY, "metric") or None
    if values.given(*_CANARY, "metric"):
        check_metric(values, (*_CANARY, "metric"))
        for key, missing, example in _BESIDE_A_METRIC:
            if not values.given(*_CANARY, key):
                values.problem((*_CANARY, "metric"), f"nothing says {missing}", f"add `{example}`", at_key=True)
    elif values.given(*_CANARY, "most"):
        values.problem((*_CANARY, "most"), "nothing says of which metric", "add `metric: …`", at_key=True)
    return CanaryStage(
        size=size,
        percent=percent,
        after_seconds=after,
        metric=metric,
        most=None if most is None else float(most),
    )


def _canary_size(values: Values, least: int | None) -> tuple[int | None, float | None]:
    """A number of instances, or a share of them: one of the two."""
    path = (*_CANARY, "size")
    written = values.plain(1, *path)
    if isinstance(written, str):
        percent = float(written.removesuffix("%"))
        if not 0 < percent <= 100:
            values.problem(path, f"`{written}` is out of range", 'use more than "0%", to "100%"')
        return None, percent
    size = int(written)
    if least and size > least and values.has(*path):
        problem = f"{size} canaries are more than the cluster has: {least}"
        values.problem(path, problem, f"use {least} or less, or a share such as 10%")
    return size, None
