"""Which names may be given: clusters, zones, DNS labels, environment variables, secrets, volumes, images,
relative files.

Before: build. After: nothing. Each check answers None, or what is wrong and what to do, as a pair of
sentences. Image references follow the grammar of the distribution project's reference package; wildcard words
are SkyDNS's.
"""

import re
from pathlib import PurePosixPath

from reconciler.spec.report import quoted

Wrong = tuple[str, str] | None

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_REVISION = re.compile(r"v[0-9]{3,}")
_ALMOST_REVISION = re.compile(r"v(0|[1-9][0-9]*)?")
_WILDCARDS = frozenset({"*", "any", "all"})
_RESERVED_LABELS = frozenset({"dns"})
_LABEL_FIX = "use a to z, 0 to 9 and hyphens inside, as in `web-app`"

_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({"az_name", "user_data", "EC2_REGION", "HOSTNAME"})
_RESERVED_PREFIXES = ("CLOUD_", "RECONCILER_")

_SECRET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_IMAGE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>[\w][\w.-]{{0,127}}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_LONGEST_IMAGE = 255


def label(text: str) -> Wrong:
    """A DNS label, as names of clusters, zones and dependencies are."""
    if text in _WILDCARDS:
        return f"{quoted(text)} is a SkyDNS wildcard", "choose another name"
    if len(text) > 63:
        return f"{len(text)} characters; a DNS label has at most 63", "choose a shorter name"
    if "." in text and "/" not in text:
        return (
            f"{quoted(text)} lies outside the environment's domain: dots are not allowed",
            "give one label, as in `web-app`",
        )
    if not _LABEL.fullmatch(text):
        return f"{quoted(text)} is not a DNS label", _LABEL_FIX
    if _REVISION.fullmatch(text):
        return f"{quoted(text)} looks like a revision", "choose a name that isn't v followed by digits"
    if text == "localhost":
        return "`localhost` is every container's own name", "choose another name"
    return None


def dns_label(text: str) -> Wrong:
    """The cluster's label in names. SkyDNS v2 keeps `dns` for its own (`ns.dns.<zone>`, `apex.dns.<zone>`), and the
    instances of `v` or `v1` would be called like a revision (`v100`).
    """
    if text in _RESERVED_LABELS:
        return f"{quoted(text)} is reserved by SkyDNS for its name servers", "give another `dns`"
    if _ALMOST_REVISION.fullmatch(text):
        return f"instances of {quoted(text)} would be called like revisions, as in `{text}100`", "give another `dns`"
    return label(text)


def environment_name(text: str) -> Wrong:
    """A variable's name; the ones that we set ourselves are reserved."""
    if text in _RESERVED or text.startswith(_RESERVED_PREFIXES):
        return "reserved: the reconciler sets it", "choose another name"
    if not _ENVIRONMENT.fullmatch(text):
        return (
            "not a name for an environment variable",
            "use letters, digits and _, not beginning with a digit",
        )
    return None


def secret_name(text: str) -> Wrong:
    """The file's name under /run/secrets."""
    if _SECRET.fullmatch(text):
        return None
    return "not a name for a secret", "use letters, digits, `.`, `_` and `-`, at most 63 characters"


def inner_path(text: str) -> Wrong:
    """A file inside the specs or the secrets directory."""
    path = PurePosixPath(text)
    if path.is_absolute() or text.startswith("~"):
        return (
            f"{quoted(text)} is outside the specs directory",
            "give a path relative to it, or use --secrets-dir",
        )
    if ".." in path.parts:
        return f"{quoted(text)} leaves the specs directory", "remove the `..`"
    if not path.parts or text.endswith("/") or not text.isprintable():
        return f"{quoted(text)} names no file", "give a path such as `secrets/db-password`"
    return None


def image(text: str, *, require_digest: bool) -> Wrong:
    """An image reference; with `require_digest` only a pinned one."""
    match = _IMAGE.fullmatch(text)
    if match is None:
        return _bad_image(text)
    if len(match["name"]) > _LONGEST_IMAGE:
        return f"the repository has {len(match['name'])} characters; the limit is 255", "shorten it"
    if require_digest and not match["digest"]:
        return "policy: a tag can be moved, so images are pinned by digest here", "append @sha256:… to it"
    return None


def _bad_image(text: str) -> Wrong:
    lowered = text.lower()
    if lowered != text and _IMAGE.fullmatch(lowered):
        return (
            f"{quoted(text)} is not an image reference: repositories are lower case",
            f"write {quoted(lowered)}",
        )
    if "://" in text:
        return f"{quoted(text)} is not an image reference but an address", "leave out the part up to `://`"
    return f"{quoted(text)} is not an image reference", "write repository:tag, as in `nginx:1.27`"
