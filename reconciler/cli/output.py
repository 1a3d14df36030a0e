"""How results leave: laid-out text for people, JSON or YAML for scripts, remarks on standard error.

Before: every command. After: the terminal or the pipe. Results go to standard output, remarks never do.
"""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


class Format(StrEnum):
    """The formats of `-o` for status."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"


class Plain(StrEnum):
    """The formats of `-o` where there is one for people and one for scripts."""

    TEXT = "text"
    JSON = "json"


def console() -> "Console":
    """The console of standard output as it is now."""
    from reconciler.console.terminal import make_console

    return make_console(sys.stdout)


def show(text: "Text") -> None:
    """Print laid-out text."""
    from reconciler.console.terminal import print_text

    print_text(console(), text)


def say(sentence: str) -> None:
    """One line of result."""
    sys.stdout.write(sentence + "\n")


def write(text: str) -> None:
    """Text as it is."""
    sys.stdout.write(text)


def remark(sentence: str) -> None:
    """Something worth knowing that is no result."""
    sys.stdout.flush()
    sys.stderr.write(sentence + "\n")


def emit_json(value: Any) -> None:
    """A value as JSON, indented."""
    say(json.dumps(value, indent=2, ensure_ascii=False))


def emit_json_line(value: Any) -> None:
    """A value as one line of JSON, for streams."""
    say(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    sys.stdout.flush()


def emit_yaml(value: Any) -> None:
    """A value as YAML, in the order of its keys."""
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel declares None
    writer.dump(value, sys.stdout)
