"""The documentation holds together: links lead somewhere, commands exist, and nothing of a machine is in it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from reconciler.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *EXAMPLES.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
)
IDS = [str(page.relative_to(ROOT)) for page in PAGES]

FENCE = re.compile(r"^(```|~~~)(\w*)[^\n]*\n(.*?)^\1\s*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
OUR_FILE = re.compile(
    r"`((?:tests|images|specs|docs)/[\w./-]+|(?:api|cli|console|dns|engine|loop|plan|setup|spec|state)/[\w/]+\.py)`"
)
SHELLS = {"sh", "console", "bash", "shell"}
# What a shell puts between two commands, and what may stand before one.
SEPARATORS = {"|", "||", "&&", ";", "&", "(", ")"}
REDIRECTIONS = re.compile(r"^\d?[<>]")
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
REGISTRY_HOSTS = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|docker\.io/|index\.docker\.io|ghcr\.io|quay\.io|gcr\.io|npmjs\.org"
    r"|artifactory|nexus)\b|deb\.debian\.org",
    re.IGNORECASE,
)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a heading is called in an address, as the usual renderers do it."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        aim = (page.parent / file).resolve() if file else page
        if not aim.exists() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim)):
            broken.append(target)
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / target.partition("#")[0]).resolve() for target in LINK.findall(prose(index))}
    missing = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page != index and page not in linked]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_line_is_one_that_the_command_takes(page: Path) -> None:
    wrong = [f"{' '.join(words)}: {why}" for words in commands(page) if (why := fault(words))]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_nothing_of_a_machine_or_a_registry_is_in_a_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert MACHINE_PATH.findall(text) == []
    assert [match[0] for match in REGISTRY_HOSTS.finditer(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_file_of_ours_that_is_named_is_there(page: Path) -> None:
    named = OUR_FILE.findall(prose(page))
    missing = [name for name in named if not ((ROOT / name).exists() or (ROOT / "reconciler" / name).exists())]
    assert missing == []


def test_the_check_itself_notices_what_is_wrong() -> None:
    good = [
        "status --watch",
        "apply --prune envs --wait --timeout 5m",
        "exec web-1 -- ls -l",
        "run [SPECS]",
        "images build",
    ]
    bad = ["statsu", "status --wach", "images bild", "images build --quick", "--verbose"]
    assert [fault(["reconciler", *line.split()]) for line in good] == [""] * len(good)
    assert all(fault(["reconciler", *line.split()]) for line in bad)


def commands(page: Path) -> Iterator[list[str]]:
    """Every `reconciler …`: in fenced shell blocks, and in code within the text."""
    text = page.read_text(encoding="utf-8")
    for _, language, block in FENCE.findall(text):
        if language in SHELLS:
            for line in re.sub(r"\\\n", " ", block).splitlines():
                yield from commands_of(line)
    for code in re.findall(r"`([^`]+)`", prose(page)):
        yield from commands_of(" ".join(code.split()))


def commands_of(line: str) -> Iterator[list[str]]:
    """The `reconciler` commands of one shell line, without what stands around them."""
    try:
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=";&|()")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return  # an excerpt, such as one quote of a pair
    for command in split(words):
        while command and ASSIGNMENT.match(command[0]):
            command.pop(0)
        if command and Path(command[0]).name == "reconciler" and "/reconciler/" not in command[0]:
            yield ["reconciler", *command[1:]]


def split(words: list[str]) -> Iterator[list[str]]:
    current: list[str] = []
    for word in words:
        if word in SEPARATORS:
            yield current
            current = []
        elif REDIRECTIONS.match(word):
            break
        else:
            current.append(word)
    yield current


def fault(words: list[str]) -> str:
    """Why the command line doesn't take these words; empty where it does.

    Places to fill in (`NAME`, `[SPECS]`, `…`) stand for arguments; whether those exist is not looked at.
    """
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while hasattr(command, "commands"):
        if not rest or rest[0] in {"…", "COMMAND"}:
            return ""
        word = rest.pop(0)
        if word.startswith("-"):
            return "" if word in options(command) else f"no option {word}"
        if word not in command.commands:
            return f"no command {word}"
        command = command.commands[word]
    known = options(command)
    for word in rest:
        if word == "--":
            return ""
        name = word.partition("=")[0].strip("[]")
        if re.match(r"--?[A-Za-z]", name) and not all(part in known for part in name.split("|")):
            return f"no option {name}"
    return ""


def options(command: Any) -> set[str]:
    """Every spelling of every option."""
    spelled = {name for p in command.params if p.param_type_name == "option" for name in (*p.opts, *p.secondary_opts)}
    return spelled | {"--help", "-h"}
