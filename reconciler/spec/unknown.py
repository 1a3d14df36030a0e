"""What is said of a key that a schema doesn't know: what policy forbids, what was meant, where it belongs.

Before: sentences. After: nothing. Pure.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from reconciler.spec.elsewhere import FORBIDDEN, OPPOSITES, SYNONYMS
from reconciler.spec.report import Path, show_path


def unknown(key: str, place: Path, known: Mapping[str, Any], form: Mapping[str, Any]) -> tuple[str, str]:
    """Forbidden, the contrary, or a mistyped key: the first that fits. `known` are the keys of its place, `form` is the
    whole schema.
    """
    if key in FORBIDDEN:
        return f"policy: {FORBIDDEN[key]}", "remove it"
    if show_path(place) in OPPOSITES:
        return "unknown key", f"remove it: {OPPOSITES[show_path(place)]}"
    if SYNONYMS.get(key) in known:
        return "unknown key", f"did you mean `{SYNONYMS[key]}`?"
    folded = {name.lower().replace("_", ""): name for name in known}
    close = get_close_matches(key.lower().replace("_", "").replace("-", ""), folded, n=1, cutoff=0.6)
    if close:
        return "unknown key", f"did you mean `{folded[close[0]]}`?"
    home = homes_of(form).get(key)
    if home is not None:
        return "unknown key here", f"it belongs under `{home}`"
    return "unknown key", f"the keys here are {', '.join(known)}"


def homes_of(form: Mapping[str, Any]) -> Mapping[str, str]:
    """Keys that exist inside a schema's nested mappings, with the path of the first such mapping."""
    homes: dict[str, str] = {}

    def walk(node: Any, path: Path) -> None:
        for key, inner in node.get("properties", {}).items():
            homes.setdefault(key, show_path(path))
            walk(inner, (*path, key))

    walk(form, ())
    return {key: home for key, home in homes.items() if home}
