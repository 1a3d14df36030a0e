"""A Debian root file system without any registry: debootstrap's minimal variant, slimmed, in a tar file.

Before: carried (mirror, certificates), apt, run. After: base_image imports the tar. Never here: the engine.
"""

import shutil
from pathlib import Path

from rich.console import Console

from reconciler.setup import apt
from reconciler.setup.carried import SUITE, Carried
from reconciler.setup.findings import SetupError
from reconciler.setup.progress import Line, step
from reconciler.setup.run import run

_BOOTSTRAP_SECONDS = 900.0
_TAR_SECONDS = 120.0

# What makes a container's Debian small and quick: no package documentation, no translations, no kept
# downloads,
# no flush to disk after each unpacked file, and no service started by a package's installation.
_CONTAINER_FILES = {
    "etc/dpkg/dpkg.cfg.d/container": (
        "force-unsafe-io\n"
        "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n"
        "path-exclude /usr/share/man/*\npath-exclude /usr/share/info/*\npath-exclude /usr/share/locale/*\n"
    ),
    "etc/apt/apt.conf.d/90container": (
        'Acquire::Languages "none";\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
        'APT::Keep-Downloaded-Packages "false";\nBinary::apt::APT::Keep-Downloaded-Packages "false";\n'
    ),
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
}
_EMPTIED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "tmp",
)


def make_tar(carried: Carried, workplace: Path, console: Console) -> Path:
    """The packed root file system, inside `workplace` (a directory of the caller's). Raises SetupError."""
    if not carried.mirror:
        raise SetupError(
            f"no registry answered, and no apt source here is a mirror of Debian {SUITE}; "
            "load one yourself: `docker load` or `docker pull debian:bookworm-slim`"
        )
    if shutil.which("debootstrap") is None:
        apt.install(["debootstrap"], console)
    root, packed = workplace / "root", workplace / "root.tar"
    with step(console, f"Making a Debian {SUITE} image with debootstrap") as line:
        _bootstrap(carried, root, line)
        _trust(carried, root)
        _slim(root)
        run(_tar_command(root, packed), timeout_seconds=_TAR_SECONDS)
    return packed


def _bootstrap(carried: Carried, root: Path, line: Line) -> None:
    proxy = carried.settings.get("Acquire::http::Proxy", "")
    run(
        ["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root), carried.mirror],
        timeout_seconds=_BOOTSTRAP_SECONDS,
        on_line=line,
        env={"http_proxy": proxy} if proxy else None,
    )


def _trust(carried: Carried, root: Path) -> None:
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    for name, content in {
        **{path: text.encode() for path, text in _CONTAINER_FILES.items()},
        **carried.files(),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    run(["chroot", str(root), "update-ca-certificates"], timeout_seconds=_TAR_SECONDS)


def _slim(root: Path) -> None:
    for name in _EMPTIED:
        for path in (root / name).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in (root / "usr/share/doc").glob("*/*"):
        if path.name != "copyright" and not path.is_dir():
            path.unlink()
    # The host's resolver and name don't belong to the image; the engine mounts each container's own.
    for name in ("etc/resolv.conf", "etc/hostname"):
        (root / name).unlink(missing_ok=True)


def _tar_command(root: Path, packed: Path) -> list[str]:
    devices = [f"--exclude=./{name}/*" for name in ("dev", "proc", "sys")]
    return [
        "tar",
        "--create",
        f"--file={packed}",
        f"--directory={root}",
        "--numeric-owner",
        "--xattrs",
        *devices,
        ".",
    ]
