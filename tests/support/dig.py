"""Debian's dig, on the host and inside a container, and what it printed as a value.

Before: tools, which installs it; a server to ask. After: tests of names. A container needs nothing of its own: dig is
carried into it with its libraries. Never here: what an answer ought to be.
"""

import io
import ipaddress
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import docker

from tests.support.tools import PACKAGES

_CARRIED = "/opt/dig"
_LOADER = "ld.so"
_SECONDS = 30.0
_ONCE = ("+tries=1", "+time=5")  # an answer that is lost isn't asked for again behind the test's back
_HEADER = re.compile(r"opcode: (\w+), status: (\w+), id: \d+\s*;; flags: ([a-z ]*);")
_SECTION = re.compile(r"^;; (\w+) (?:PSEUDO)?SECTION:$")
_have_it: set[str] = set()  # ids of containers that dig was carried into


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One resource record as dig prints it, the name and the type as they came."""

    name: str
    ttl_seconds: int
    type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dug:
    """An answer. `status` is dig's word (NOERROR, NXDOMAIN, …), empty where no server answered; `flags` as `aa`."""

    status: str
    flags: frozenset[str]
    answer: tuple[Line, ...]
    authority: tuple[Line, ...]
    additional: tuple[Line, ...]
    text: str

    @property
    def addresses(self) -> set[str]:
        """The addresses of the answer section."""
        return set(self.data("A"))

    def data(self, type: str) -> list[str]:  # noqa: A002 - dig's own word
        """What the answer section holds of a type, in its order."""
        return [line.data for line in self.answer if line.type == type]

    @property
    def denied(self) -> str:
        """`NODATA` or `NXDOMAIN` for a denial with its SOA as RFC 2308 wants it; empty otherwise."""
        soa = any(line.type == "SOA" for line in self.authority)
        kind = {"NOERROR": "NODATA", "NXDOMAIN": "NXDOMAIN"}.get(self.status, "")
        return kind if soa and not self.answer else ""


def dig(name: str, type: str = "A", *options: str, server: str | None = None) -> Dug:  # noqa: A002 - dig's own word
    """Ask from the host: `server`, or the host's own resolvers. `options` are dig's (`+tcp`, `-p 5353`)."""
    done = subprocess.run(
        [_program(), *_words(name, type, options, server)],
        capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    return _read(done.returncode, done.stdout, done.stderr)


def dig_inside(
    api: docker.APIClient,
    container: str,
    name: str,
    type: str = "A",  # noqa: A002 - dig's own word
    *options: str,
    server: str | None = None,
) -> Dug:
    """Ask from inside a running container: `server`, or its own resolver; `+search` tries its search domain."""
    _carry(api, container)
    command = [f"{_CARRIED}/{_LOADER}", "--library-path", _CARRIED, f"{_CARRIED}/dig"]
    made = api.exec_create(container, [*command, *_words(name, type, options, server)])
    out, err = api.exec_start(made["Id"], demux=True)
    code = api.exec_inspect(made["Id"])["ExitCode"]
    return _read(code, (out or b"").decode(), (err or b"").decode())


def reverse(address: str) -> str:
    """The name under which an address's PTR is."""
    return ipaddress.ip_address(address).reverse_pointer


def _words(name: str, kind: str, options: Sequence[str], server: str | None) -> list[str]:
    return [*([f"@{server}"] if server else []), *_ONCE, *(word for one in options for word in one.split()), name, kind]


@cache
def _program() -> str:
    found = shutil.which("dig")
    assert found, f"this test needs dig (Debian's {PACKAGES['dig']}): `make tools`"
    return str(Path(found).resolve())


def _read(code: int, out: str, err: str) -> Dug:
    """Dig exits with 9 where no server answered; anything else but 0 is a mistake of ours."""
    assert code in (0, 9), f"dig exited with {code}: {err or out}"
    header = _HEADER.search(out)
    sections: dict[str, list[Line]] = {}
    section: list[Line] = []
    for line in out.splitlines():
        if (opened := _SECTION.match(line)) is not None:
            section = sections.setdefault(opened.group(1), [])
        elif line and not line.startswith(";"):
            owner, ttl, _class, kind, data = line.split(None, 4)
            section.append(Line(name=owner, ttl_seconds=int(ttl), type=kind, data=data))
    return Dug(
        status=header.group(2) if header else "",
        flags=frozenset(header.group(3).split()) if header else frozenset(),
        answer=tuple(sections.get("ANSWER", ())),
        authority=tuple(sections.get("AUTHORITY", ())),
        additional=tuple(sections.get("ADDITIONAL", ())),
        text=out,
    )


# ------------------------------------------------------------ into a container


def _carry(api: docker.APIClient, container: str) -> None:
    """Once for each container; its files outlive a restart."""
    id_ = api.inspect_container(container)["Id"]
    if id_ not in _have_it:
        api.put_archive(id_, "/", _packed())
        _have_it.add(id_)


@cache
def _packed() -> bytes:
    """A tar of dig, its libraries and their loader, so that the container's own libraries don't matter."""
    listed = subprocess.run(["ldd", _program()], capture_output=True, text=True, check=True, timeout=_SECONDS).stdout
    libraries = {Path(found) for found in re.findall(r"(/\S+) \(0x", listed)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
        tar.add(_program(), f"{_CARRIED}/dig")
        for library in libraries:
            name = _LOADER if library.name.startswith("ld-") else library.name
            tar.add(library, f"{_CARRIED}/{name}")
    return packed.getvalue()
