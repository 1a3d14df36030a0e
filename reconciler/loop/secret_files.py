"""The files that specs point at (secrets, authorized keys): where they are, whether they are there, what is in them.

Before: specs. After: scanner (digests, so that a changed secret is a new revision) and making (contents).
Contents never leave this file but into a container; a digest is slow to guess from (scrypt) and cut short.
"""

import hashlib
import os
import stat
from pathlib import Path

from reconciler.errors import PermanentError
from reconciler.spec.cluster import ClusterSpec

MOST_BYTES = 1 << 20
_COST = {"n": 2**12, "r": 8, "p": 1, "dklen": 16}


class SecretFiles:
    """Files under the watched directory or `secrets_dir`; the digest of an unchanged file is computed once."""

    def __init__(self, specs: Path, secrets_dir: Path | None) -> None:
        self._roots = tuple(root for root in (secrets_dir, specs) if root is not None)
        self._digests: dict[tuple[str, int, int, int], str] = {}

    def missing(self, spec: ClusterSpec) -> tuple[str, ...]:
        """The files of `spec` that can't be read, as the spec writes them."""
        return tuple(file for file in _files(spec) if self._find(file) is None)

    def digest(self, spec: ClusterSpec) -> str:
        """A short text that differs when any of the spec's files does; empty where it points at none."""
        return "".join(self._digest(file) for file in _files(spec))

    def read(self, file: str) -> bytes:
        """The contents. Raises PermanentError where the file is missing, too large or outside of its directory."""
        path = self._find(file)
        if path is None:
            raise PermanentError(f"{file}: no such file in {self._roots[-1]}; put it there")
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise PermanentError(f"{file}: larger than {MOST_BYTES >> 20} MiB")
        return content

    def _digest(self, file: str) -> str:
        path = self._find(file)
        if path is None:
            return "-"
        status = path.stat()
        key = (str(path), status.st_ino, status.st_mtime_ns, status.st_size)
        if key not in self._digests:
            self._digests = {k: v for k, v in self._digests.items() if k[0] != key[0]}
            self._digests[key] = hashlib.scrypt(self.read(file), salt=file.encode(), **_COST).hex()
        return self._digests[key]

    def _find(self, file: str) -> Path | None:
        """The file below one of the directories; a link that leads out of it counts as missing."""
        for root in self._roots:
            try:
                real, base = (root / file).resolve(strict=True), root.resolve(strict=True)
                if real.is_relative_to(base) and stat.S_ISREG(real.stat().st_mode) and os.access(real, os.R_OK):
                    return real
            except OSError:
                continue
        return None


def _files(spec: ClusterSpec) -> tuple[str, ...]:
    files = [secret.file for secret in spec.secrets]
    if spec.ssh_keys:
        files.append(spec.ssh_keys)
    return tuple(files)
