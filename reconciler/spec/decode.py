"""Bytes of a file become text, or one clear problem: too large, not UTF-8, with a NUL in it, with nothing in
it.

Before: read (bytes). After: compose (text to nodes). What is refused here is refused before any YAML is
looked at.
"""

import re

from reconciler.errors import Problem, SpecError
from reconciler.spec.report import Lines

LARGEST_BYTES = 64 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\ufeff"
# A lone CR, NEL, LINE and PARAGRAPH SEPARATOR: parsers and editors disagree whether a comment ends there.
_STRANGE_END = re.compile(r"\r(?!\n)|[\x85\u2028\u2029]")


def decode(data: bytes, file: str) -> str:
    """The text without a byte order mark. Raises SpecError with one Problem."""
    if len(data) > LARGEST_BYTES:
        raise _refused(file, "", f"{len(data)} bytes; the limit is 64 KiB", "a spec describes one cluster: split it")
    if data.startswith(_UTF16):
        raise _refused(file, "", "this is UTF-16", "save the file as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix(_BOM)
        raise _refused(
            file,
            before,
            f"not UTF-8: byte 0x{data[error.start]:02x} at byte offset {error.start}",
            "save the file as UTF-8",
        ) from None
    text = text.removeprefix(_BOM)
    nul = text.find("\0")
    if nul >= 0:
        offset = data.index(b"\0")
        raise _refused(file, text[:nul], f"a NUL byte at byte offset {offset}", "remove it; is this a text file?")
    strange = _STRANGE_END.search(text)
    if strange:
        code = f"U+{ord(strange[0]):04X}"
        raise _refused(
            file,
            text[: strange.start()],
            f"a line end that isn't one everywhere ({code})",
            "end lines with LF",
        )
    if _says_nothing(text):
        what = "the file holds only comments" if text.strip() else "the file is empty"
        raise _refused(file, "", what, "delete the file to remove the cluster")
    return text


def _says_nothing(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return all(not line or line.startswith("#") or line in ("---", "...") for line in lines)


def _refused(file: str, before: str, problem: str, fix: str) -> SpecError:
    line, column = Lines(before).place(len(before))
    return SpecError((Problem(file=file, line=line, column=column, path="", problem=problem, fix=fix),))
