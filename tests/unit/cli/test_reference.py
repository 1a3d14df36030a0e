"""The reference page mentions every command and every option that there is, and each help text an example."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from reconciler.cli.main import app
from tests.unit.cli.conftest import Run

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def commands() -> Iterator[tuple[str, Any]]:
    group: Any = typer.main.get_command(app)
    for name in group.commands:
        command = group.commands[name]
        for inner, one in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", one
        if not hasattr(command, "commands"):
            yield name, command


@pytest.mark.parametrize(("name", "command"), [pytest.param(n, c, id=n) for n, c in commands()])
def test_the_page_describes_the_command_and_each_option(name: str, command: Any) -> None:
    page = PAGE.read_text()
    head, section, _ = page.partition(f"### `reconciler {name}`\n")
    assert section, f"docs/reference/cli.md has no section for {name}"
    text = page[len(head) + len(section) :].partition("\n### ")[0] + page.partition("## Commands")[0]
    options = [o for p in command.params if p.param_type_name == "option" for o in p.opts if o != "--help"]
    assert [option for option in options if f"`{option}`" not in text] == []


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_each_help_is_printed_without_an_engine_or_a_loop(run: Run, name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout
