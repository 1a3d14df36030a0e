"""The fields of `rollout` and `autoscale` in the format's own words, for `fields`: what `plan` prints when they change.

Before: fields. After: nothing. The ways back are changing and scaling. Keys of another strategy are not mentioned.
"""

from collections.abc import Iterator

from reconciler.spec.cluster import Autoscale, CanaryStage, Rollout
from reconciler.spec.units import show_seconds


def changing_fields(rollout: Rollout) -> Iterator[tuple[str, str | None]]:
    """Path and text of each; None where there is nothing to say."""
    yield from ((f"rollout.{path}", shown) for path, shown in _rollout(rollout))


def _rollout(rollout: Rollout) -> Iterator[tuple[str, str | None]]:
    yield "strategy", rollout.strategy
    if rollout.strategy != "red-black":
        yield "surge", str(rollout.surge)
        yield "unavailable", str(rollout.unavailable)
    yield "bake", show_seconds(rollout.bake_seconds)
    yield "deadline", None if rollout.deadline_seconds is None else show_seconds(rollout.deadline_seconds)
    yield "rollback", "true" if rollout.rollback else "false"
    if rollout.strategy == "red-black":
        yield "red-black.keep", show_seconds(rollout.red_black.keep_seconds)
        yield "red-black.judged", "true" if rollout.red_black.judged else "false"
    if rollout.strategy == "canary":
        yield from ((f"canary.{path}", shown) for path, shown in _canary(rollout.canary))
    yield "paused", "true" if rollout.paused else "false"
    yield "promoted", rollout.promoted or None
    yield "restarted", rollout.restarted or None


def _canary(canary: CanaryStage) -> Iterator[tuple[str, str | None]]:
    yield "size", str(canary.size) if canary.percent is None else f"{canary.percent:g}%"
    yield "after", None if canary.after_seconds is None else show_seconds(canary.after_seconds)
    yield "metric", canary.metric
    yield "most", None if canary.most is None else f"{canary.most:g}"


def scaling_fields(autoscale: Autoscale | None) -> Iterator[tuple[str, str | None]]:
    """The same of `autoscale`."""
    if autoscale is None:
        return
    yield "autoscale.min", str(autoscale.min)
    yield "autoscale.max", str(autoscale.max)
    yield "autoscale.metric", autoscale.metric
    yield "autoscale.target", f"{autoscale.target:g}"
    yield "autoscale.cooldown_out", show_seconds(autoscale.cooldown_out_seconds)
    yield "autoscale.cooldown_in", show_seconds(autoscale.cooldown_in_seconds)
