"""What an image must bring to reach the world as this machine does: certificates, apt mirrors, settings.

Before: nothing but files and apt-config. After: base_image, bootstrap. Never here: a mirror of our own
choosing, or a
password: an image can be read by whoever can use the engine, so addresses with credentials are left out.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.setup.run import run

SUITE = "bookworm"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SETTINGS = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
_SECRET_NAME = re.compile(
    r"TOKEN|PASSW(OR)?D|PASSPHRASE|SECRET|CREDENTIAL|(API|PRIVATE|ACCESS)_?KEY|AUTH", re.IGNORECASE
)
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One mirror and one of its suites, such as `bookworm-security`; components such as `main`."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Certificates (PEM) by file name, Debian's sources rewritten for the image's suite, settings."""

    certificates: Mapping[str, bytes] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes with everything that is carried; empty when nothing is. The image's label records it."""
        if not (self.certificates or self.sources or self.settings):
            return ""
        whole = hashlib.sha256()
        for path, content in sorted(self.files().items()):
            whole.update(path.encode() + b"\0" + content + b"\0")
        return whole.hexdigest()[:16]

    @property
    def mirror(self) -> str:
        """The address that the suite itself comes from; empty when this machine knows none."""
        return next((source.uri for source in self.sources if source.suite == SUITE), "")

    def files(self) -> dict[str, bytes]:
        """Path inside the image (without the leading slash) to content."""
        found = {f"usr/local/share/ca-certificates/{name}": pem for name, pem in self.certificates.items()}
        if self.sources:
            found["etc/apt/sources.list.d/debian.sources"] = "\n".join(map(_stanza, self.sources)).encode()
        if self.settings:
            lines = [f'{name} "{value}";\n' for name, value in sorted(self.settings.items())]
            found["etc/apt/apt.conf.d/90host"] = "".join(lines).encode()
        return found


def _stanza(source: Source) -> str:
    parts = " ".join(source.components)
    where = f"URIs: {source.uri}\nSuites: {source.suite}\nComponents: {parts}"
    return f"Types: deb\n{where}\nSigned-By: {_KEYRING}\n"


def look(root: Path = Path("/")) -> Carried:
    """What this machine has; `root` is `/` except in tests."""
    return Carried(
        certificates=_certificates(root / "usr/local/share/ca-certificates"),
        sources=debian_sources(_read_sources(root / "etc/apt"), codename=debian_codename(root / "etc/os-release")),
        settings=_settings(),
    )


def debian_codename(os_release: Path) -> str:
    """`bookworm` on Debian 12; empty where this is no Debian: its mirrors would be of no use to the image."""
    if not os_release.exists():
        return ""
    rows = (line.partition("=") for line in os_release.read_text(encoding="utf-8").splitlines())
    values = {name: value.strip('"') for name, _, value in rows}
    return values.get("VERSION_CODENAME", "") if values.get("ID") == "debian" else ""


def _certificates(directory: Path) -> dict[str, bytes]:
    # Flat names: update-ca-certificates reads subdirectories too, but two files may not share a name then.
    found = sorted(directory.rglob("*.crt")) if directory.is_dir() else []
    return {"-".join(path.relative_to(directory).parts): path.read_bytes() for path in found}


def _read_sources(apt: Path) -> tuple[Source, ...]:
    found: list[Source] = []
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    for path in lists:
        if path.is_file():
            found += one_line_sources(path.read_text(encoding="utf-8"))
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        found += deb822_sources(path.read_text(encoding="utf-8"))
    return tuple(found)


def one_line_sources(text: str) -> list[Source]:
    """The sources of a `.list` file (sources.list(5))."""
    found = []
    for line in text.splitlines():
        match = _ONE_LINE.match(line.split("#", 1)[0].strip())
        if match:
            signed = re.search(r"signed-by=(\S+)", match["options"] or "")
            found.append(
                Source(
                    uri=match["uri"],
                    suite=match["suite"].rstrip("/"),
                    components=tuple(match["components"].split()),
                    signed_by=signed[1] if signed else "",
                )
            )
    return found


def deb822_sources(text: str) -> list[Source]:
    """The sources of a `.sources` file (sources.list(5), deb822 style), one for each address and suite."""
    found = []
    for block in re.split(r"\n\s*\n", "\n".join(line for line in text.splitlines() if not line.startswith("#"))):
        fields = {name.lower(): value.split() for name, value in _fields(block)}
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        found += [
            Source(
                uri=uri,
                suite=suite.rstrip("/"),
                components=tuple(fields.get("components", [])),
                signed_by=" ".join(fields.get("signed-by", [])),
            )
            for uri in fields.get("uris", [])
            for suite in fields.get("suites", [])
        ]
    return found


def _fields(block: str) -> Iterable[tuple[str, str]]:
    unfolded = re.sub(r"\n\s+", " ", block)
    return (
        (name.strip(), value) for name, colon, value in (line.partition(":") for line in unfolded.splitlines()) if colon
    )


def debian_sources(sources: Iterable[Source], *, codename: str) -> tuple[Source, ...]:
    """Debian's own among the sources, main component only, the machine's codename replaced by the image's."""
    wanted = {f"{codename}{tail}": f"{SUITE}{tail}" for tail in ("", "-updates", "-security")} if codename else {}
    found = {
        (source.uri, wanted[source.suite]): Source(uri=source.uri, suite=wanted[source.suite], components=("main",))
        for source in sources
        if source.suite in wanted
        and "main" in source.components
        and _is_debian(source)
        and not _has_password(source.uri)
    }
    return tuple(found.values())


def _is_debian(source: Source) -> bool:
    # Other vendors name their suites after Debian's too, but sign with keys of their own.
    return not source.signed_by or "debian-archive" in source.signed_by


def _has_password(address: str) -> bool:
    return "@" in urlsplit(address).netloc


def _settings() -> dict[str, str]:
    if shutil.which("apt-config") is None:
        return {}
    return settings_from(run(["apt-config", "dump", *_SETTINGS], timeout_seconds=10.0))


def build_arguments(declared: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Values for a build: the declared arguments and the proxies that a build knows without declaring them.

    They are no part of the image, but its history shows them: what looks like a secret is left out.
    """
    wanted = {*declared, *_PROXIES, *(name.upper() for name in _PROXIES)}
    return {name: environ[name] for name in sorted(wanted) if environ.get(name) and not _is_secret(name, environ[name])}


def withheld(declared: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The declared arguments that are set here and that a build is not told, because they look like secrets."""
    return tuple(sorted(name for name in set(declared) if environ.get(name) and _is_secret(name, environ[name])))


def _is_secret(name: str, value: str) -> bool:
    return "@" in value or _SECRET_NAME.search(name) is not None


def settings_from(dump: str) -> dict[str, str]:
    """The settings worth carrying, out of what `apt-config dump` prints."""
    rows = re.findall(r'^(\S+) "(.*)";$', dump, flags=re.MULTILINE)
    return {name: value for name, value in rows if name in _SETTINGS and value and not _has_password(value)}
