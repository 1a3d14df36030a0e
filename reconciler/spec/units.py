"""Durations and sizes as people write them, both ways: "1m30s" and 90.0, "256MiB" and 268435456.

Before: parse (text). After: fields (values shown in the format's own words). Pure.
"""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_POWERS = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:([bB])|([kKmMgGtT])(?:[iI]?[bB])?)")
# Longer digit strings mean nothing that anybody could want, and would only cost time to convert.
_LONGEST = 40


class MalformedError(ValueError):
    """The text is no duration or no size."""


def parse_seconds(text: str) -> float:
    """Seconds of "500ms", "1s", "2m", "1m30s", "1d". Raises MalformedError."""
    if len(text) > _LONGEST or not _DURATION.fullmatch(text):
        raise MalformedError(text)
    return sum(float(amount) * _SECONDS[unit] for amount, unit in _DURATION_PART.findall(text))


def parse_bytes(text: str | int) -> int:
    """Bytes of "256MiB", "512m", "1g", "1.5GB" (all units are powers of 1024, as Docker has them) or of a
    plain number.
    """
    if isinstance(text, int):
        return text
    match = _SIZE.fullmatch(text)
    if match is None or len(text) > _LONGEST:
        raise MalformedError(text)
    amount, plain, letter = match.groups()
    return int(float(amount) * 1024 ** _POWERS[(plain or letter).lower()])


def show_seconds(seconds: float) -> str:
    """The shortest exact notation: 90 is "1m30s", 0.5 is "500ms", 1.5 is "1500ms", 1 is "1s"."""
    thousandths = round(seconds * 1000)
    if thousandths % 1000:
        return f"{thousandths}ms"
    rest = thousandths // 1000
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if rest >= length:
            parts.append(f"{rest // length}{unit}")
            rest %= length
    if rest or not parts:
        parts.append(f"{rest}s")
    return "".join(parts)


def show_bytes(size: int) -> str:
    """The largest unit that divides it: 268435456 is "256MiB", 1000 is "1000b"."""
    for unit, power in (("TiB", 4), ("GiB", 3), ("MiB", 2), ("KiB", 1)):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return f"{size}b"
