"""What a person typed into a form, read field by field; what can't be read is told at its field.

Before: actions, with the form as it came. After: wanting and faulting, which make values of it. Pure.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.spec.units import MalformedError, parse_seconds

_BARE = frozenset({"form_token", "base", "edit", "sure"})
"""Fields that say how a form was sent, and nothing of what is wished."""


class FormError(Exception):
    """Something typed can't be used: `errors` has a sentence for each field; nothing was changed."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(slots=True)
class Fields:
    """A form while it is read. Every look notes what is wrong, so that a person is told all of it at once."""

    form: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Trimmed; empty where nothing was typed."""
        return self.form.get(name, "").strip()

    def needed(self, name: str, lack: str) -> str:
        """Trimmed text; `lack` is told where there is none."""
        found = self.text(name)
        if not found:
            self.errors[name] = lack
        return found

    def chosen(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.text(name) in ("yes", "on", "true")

    def whole(self, name: str, *, least: int = 0) -> int | None:
        """A whole number; None where the field is empty or wrong."""
        typed = self.text(name)
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 9) or int(typed) < least:
            self.errors[name] = f"“{typed}” is no whole number from {least} on"
            return None
        return int(typed)

    def number(self, name: str) -> float | None:
        """A number of 0 or more, as in 20 or 0.5, with or without a percent sign."""
        typed = self.text(name).removesuffix("%").strip()
        if not typed:
            return None
        try:
            found = float(typed)
        except ValueError:
            found = math.nan
        if not math.isfinite(found) or found < 0:
            self.errors[name] = f"“{typed}” is no number; write 20 or 0.5"
            return None
        return found

    def seconds(self, name: str) -> float | None:
        """A duration as in 90, 90s, 2m; None where the field is empty or wrong."""
        typed = self.text(name)
        if not typed:
            return None
        try:
            return parse_seconds(typed if not typed.isascii() or not typed.isdigit() else f"{typed}s")
        except MalformedError:
            self.errors[name] = f"“{typed}” is no duration; write 90s, 2m or 1m30s"
            return None

    def check(self) -> None:
        """Raises FormError where anything was wrong."""
        if self.errors:
            raise FormError(dict(self.errors))


def carried(form: Mapping[str, str]) -> dict[str, str]:
    """What a next form has to send again, so that it means the same."""
    return {name: value for name, value in form.items() if name not in _BARE}
