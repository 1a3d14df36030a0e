"""docs/reference/api.md is true: its tables have every route and every command, and its examples work as they stand."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from reconciler.api.http.app import api_app, document
from reconciler.api.http.bodies import KINDS
from reconciler.api.http.server import WebServer, listen
from reconciler.api.http.site import site
from reconciler.api.http.token import TokenFile
from reconciler.api.operations import Reporter
from reconciler.api.refusal import KNOWN
from reconciler.cli.main import app
from tests.support.fake_services import fake_services

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
ROUTE = re.compile(r"`((?:GET|POST|DELETE) /v1/[^`? ]*)`")
DOCUMENTED = {
    f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods
}  # fmt: skip


def section(title: str) -> str:
    _, found, rest = PAGE.partition(f"{title}\n")
    assert found, f"docs/reference/api.md has no section {title}"
    return re.split(r"^#{2,3} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def commands() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    for name in group.commands:
        inner = getattr(group.commands[name], "commands", None)
        yield from (f"{name} {one}" for one in inner) if inner else (name,)


def test_the_table_of_routes_is_the_document() -> None:
    named = [ROUTE.findall(row[0])[0] for row in rows("### Routes of the REST API")]
    assert len(named) == len(set(named))
    assert set(named) == DOCUMENTED


def test_every_command_has_its_route_or_a_reason_why_not() -> None:
    table = {name: row[1] for row in rows("### Commands and their routes") for name in re.findall(r"`([^`]+)`", row[0])}
    assert set(commands()) <= set(table)
    assert set(table) <= set(commands())
    for name, text in table.items():
        assert set(ROUTE.findall(text)) <= DOCUMENTED, name
        assert ROUTE.search(text) or text.startswith("none: "), name


def test_the_table_of_wishes_is_what_the_api_takes() -> None:
    assert {kind for row in rows("### Changes") for kind in re.findall(r"`([^`]+)`", row[0])} == set(KINDS)


def test_every_code_of_an_error_is_in_the_table() -> None:
    table = {(status, code) for row in rows("## Errors") for status in row[0].split(", ")
             for code in re.findall(r"`([^`]+)`", row[1])}  # fmt: skip
    assert {(str(status), code) for _, status, code in KNOWN} <= table


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    tokens = TokenFile(tmp_path_factory.mktemp("api") / "token")
    fake = fake_services()
    fake.operations.begin("resize", "resize webapp to 5", "api", until_stopped, clusters=("webapp",))
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = WebServer(site(api_app(fake.services, tokens), None, port=port), listener)
    server.start()
    try:
        yield {**os.environ, "URL": f"http://127.0.0.1:{port}", "TOKEN": tokens.value(), "no_proxy": "127.0.0.1"}
    finally:
        server.close()
        fake.operations.close(10)


def until_stopped(reporter: Reporter) -> str:
    reporter.say("begun")
    assert reporter.stopping.wait(60)
    return "stopped"


EXAMPLES = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    for line in block.replace("\\\n", " ").splitlines()
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_works_as_it_stands(example: str, environment: dict[str, str]) -> None:
    command = example.replace("curl -sS", "curl -sS --max-time 20 --fail-with-body", 1)
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
    if "/logs" not in example and " -i " not in example:
        json.loads(done.stdout)


def test_the_document_is_printed_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app(["schema", "--api"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == document()
