"""How this host resolves names: a value with all that the choice of a way depends on, and the look that fills it.

Before: files and programs, as resolv.conf(5), systemd-resolved(8), nsswitch.conf(5) and macOS' resolver(5) describe
them. After: ways, which sees nothing but the value. Never here: changing anything.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import ReconcilerError

RESOLV_CONF = "/etc/resolv.conf"
NSSWITCH = "/etc/nsswitch.conf"
RESOLVED_DIRECTORY = "/run/systemd/resolve"
MAC_DIRECTORY = "/etc/resolver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """`platform` is Python's (`linux`, `darwin`); a file that isn't there is None.

    `resolv_conf_target` is where /etc/resolv.conf leads when it is a symlink, else empty. `resolved`: systemd-resolved
    runs and its command is there. `mac_file` is macOS' file for the zone that is asked about.
    """

    platform: str
    resolv_conf: bytes | None = None
    resolv_conf_target: str = ""
    nsswitch: bytes | None = None
    resolved: bool = False
    mac_file: bytes | None = None


def look(zone: str, root: Path = Path("/"), platform: str = sys.platform) -> Host:
    """This host as it is now. Raises ReconcilerError where a file is there and can't be read."""
    directory = place(root, RESOLVED_DIRECTORY)
    runs = any((directory / name).exists() for name in ("stub-resolv.conf", "io.systemd.Resolve"))
    return Host(
        platform=platform,
        resolv_conf=_read(place(root, RESOLV_CONF)),
        resolv_conf_target=_target(place(root, RESOLV_CONF), root),
        nsswitch=_read(place(root, NSSWITCH)),
        resolved=runs and shutil.which("resolvectl") is not None,
        mac_file=_read(place(root, f"{MAC_DIRECTORY}/{zone}")) if platform == "darwin" else None,
    )


def place(root: Path, path: str) -> Path:
    """An absolute path of the host below `root`."""
    return root / path.lstrip("/")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReconcilerError(f"{path}: {error.strerror}; nothing was changed") from error


def _target(path: Path, root: Path) -> str:
    if not path.is_symlink():
        return ""
    found = os.path.realpath(path)
    top = os.path.realpath(root).rstrip("/")
    return found.removeprefix(top)
