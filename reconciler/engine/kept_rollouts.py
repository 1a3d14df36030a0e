"""Rollouts in the store: one note for each cluster, so that a restart of the loop doesn't try again what has failed.

Before: loop.history, and the command line where no loop runs. After: engine.store's notes. A note that can't be read
counts as none, as a lost store does: then a rollout begins anew, with whatever runs to go back to.
Instants aren't kept: nobody watched meanwhile, so whoever takes a rollout up again begins its clocks anew.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reconciler.engine.store import Store
from reconciler.state.revisions import Version
from reconciler.state.rollouts import RolloutState

log = logging.getLogger(__name__)
KEY = "rollout "


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRollout:
    """What lasts of a rollout, and which of its news were `told`, so that none is told twice."""

    state: RolloutState
    told: frozenset[str] = frozenset()


def read_rollouts(notes: Mapping[str, str]) -> dict[str, KeptRollout]:
    """The rollouts by cluster, without their instants."""
    found = {}
    for key, text in notes.items():
        if not key.startswith(KEY):
            continue
        cluster = key.removeprefix(KEY)
        try:
            found[cluster] = _rollout(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("the rollout of %s begins anew: what was kept of it can't be read: %s", cluster, error)
    return found


def keep_rollout(store: Store, cluster: str, kept: KeptRollout) -> None:
    """Remember it; it is on disk a moment later, and what is there already isn't written again."""
    store.note(KEY + cluster, json.dumps(_note(kept), sort_keys=True))


def forget_rollout(store: Store, cluster: str) -> None:
    """There is no such cluster any more."""
    store.note(KEY + cluster, None)


def _note(kept: KeptRollout) -> dict[str, Any]:
    return {**asdict(kept.state.lasting), "told": sorted(kept.told)}


def _rollout(note: Mapping[str, Any]) -> KeptRollout:
    back, held_at = note["back"], note["held_at"]
    state = RolloutState(
        to=_version(note["to"]),
        back=None if back is None else _version(back),
        promoted=bool(note["promoted"]),
        switched_at=None if note["switched_at"] is None else 0.0,
        held_at=None if held_at is None else int(held_at),
        failed=str(note["failed"]),
        done=bool(note["done"]),
        size=int(note.get("size", 0)),
        terms=str(note.get("terms", "")),
    )
    return KeptRollout(state=state, told=frozenset(str(word) for word in note["told"]))


def _version(kept: Mapping[str, Any]) -> Version:
    return Version(revision=str(kept["revision"]), spec_hash=str(kept["spec_hash"]), image_id=str(kept["image_id"]))
