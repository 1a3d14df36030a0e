"""One entry of `volumes`: "name:/target[:ro]" or, where the policy allows it, "/host/path:/target[:ro]".

Before: build. After: nothing. Text only: that a host path's *real* path is still an allowed one when the
container is made is checked by who makes it, because only then it counts. An engine's socket is refused
whatever is allowed.
"""

import posixpath
import re

from reconciler.spec.cluster import Volume
from reconciler.spec.policy import Policy
from reconciler.spec.ports import BadEntryError
from reconciler.spec.report import quoted

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_FIX = 'write "name:/target" or "name:/target:ro"'
_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock", "buildkitd.sock")
_SOCKET_HOMES = ("/run", "/var/run")
_TAKEN = ("/run/secrets", "/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname")


def parse_volume(entry: str, policy: Policy) -> Volume:
    """The Volume of an entry. Raises BadEntryError."""
    source, separator, rest = entry.partition(":")
    target, _, mode = rest.partition(":")
    if not separator or not source or not target or not entry.isprintable():
        raise BadEntryError(f"{quoted(entry)} is not a volume", _FIX)
    if mode not in ("", "ro", "rw"):
        raise BadEntryError(f"{quoted(mode)} is not a mode", "append :ro, or nothing")
    host_path = source.startswith(("/", ".", "~"))
    if host_path:
        source = _host_path(source, policy)
    elif not _NAME.fullmatch(source):
        raise BadEntryError(f"{quoted(source)} is not a volume's name", "use a to z, 0 to 9, `_`, `.` and `-`")
    return Volume(source=source, target=_target(target), read_only=mode == "ro", host_path=host_path)


def _target(target: str) -> str:
    if not target.startswith("/"):
        raise BadEntryError(f"the target {quoted(target)} is not absolute", f"write {quoted('/' + target)}")
    if ".." in target.split("/"):
        raise BadEntryError(f"the target {quoted(target)} holds `..`", "write the path itself")
    clean = posixpath.normpath("/" + target.lstrip("/"))
    if clean == "/":
        raise BadEntryError("the target `/` would hide the whole image", "give a directory inside it")
    for taken in _TAKEN:
        if clean in (taken, "/run") or clean.startswith(taken + "/"):
            raise BadEntryError(f"the target {quoted(clean)} hides {taken}", "choose another target")
    return clean


def _host_path(source: str, policy: Policy) -> str:
    clean = posixpath.normpath("/" + source.lstrip("/"))
    if _reaches_a_socket(clean):
        raise BadEntryError(
            f"mounting {quoted(source)} is forbidden: an engine's socket is root on the host",
            "remove this volume",
        )
    if not source.startswith("/") or ".." in source.split("/"):
        raise BadEntryError(f"the host path {quoted(source)} must be absolute and without `..`", _FIX)
    if not any(clean == allowed or clean.startswith(allowed.rstrip("/") + "/") for allowed in policy.allow_paths):
        raise BadEntryError(
            f"policy: the host path {quoted(source)} is not under an allowed one",
            f"use a named volume, or start the loop with --allow-path {clean}",
        )
    return clean


def _reaches_a_socket(path: str) -> bool:
    if posixpath.basename(path) in _SOCKETS or path in ("/", "/var", "/proc"):
        return True
    return path in _SOCKET_HOMES or path.startswith(("/proc/", "/run/docker", "/run/containerd", "/run/podman"))
