"""The environment's own key for logging in to its instances: one file, made when somebody first needs it.

Before: ed25519. After: making puts the public half into instances; `reconciler ssh` uses the private one. The file has
OpenSSH's form, which holds both halves (openssh-key-v1, PROTOCOL.key). Never here: a second key; of two that make it at
once, both get the one that came first.
"""

import base64
import binascii
import os
import secrets
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.engine.ed25519 import public_key
from reconciler.errors import PermanentError

_KIND = b"ssh-ed25519"
_MAGIC = b"openssh-key-v1\0"
_BEGIN, _END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
_BLOCK = 8
COMMENT = "reconciler"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key at `path`; readable by its owner alone."""

    path: Path

    def public_line(self) -> bytes:
        """The line for authorized_keys. Raises PermanentError where the file can't be made, read or understood."""
        try:
            if not self.path.exists():
                self._make()
            text = self.path.read_text(encoding="ascii")
        except OSError as error:
            raise PermanentError(f"{self.path}: {error.strerror}; the environment's ssh key is kept there") from error
        except UnicodeDecodeError:
            text = ""
        blob = _public_blob(text)
        if blob is None:
            raise PermanentError(f"{self.path} is no ed25519 key in OpenSSH's form; remove it, and a new one is made")
        return b"%s %s %s\n" % (_KIND, base64.b64encode(blob), COMMENT.encode())

    def _make(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(private_text(secrets.token_bytes(32), check=secrets.randbits(32)))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # somebody else was first: theirs is the key
                os.link(name, self.path)
        finally:
            Path(name).unlink()


def private_text(seed: bytes, *, check: int) -> str:
    """An unencrypted private key's file; `check` is any 32-bit number (it tells a wrong passphrase, where one is)."""
    public = public_key(seed)
    blob = _string(_KIND) + _string(public)
    secret = struct.pack(">II", check, check) + blob + _string(seed + public) + _string(COMMENT.encode())
    secret += bytes(range(1, -len(secret) % _BLOCK + 1))
    whole = _MAGIC + _string(b"none") * 2 + _string(b"") + struct.pack(">I", 1) + _string(blob) + _string(secret)
    text = base64.b64encode(whole).decode()
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def _public_blob(text: str) -> bytes | None:
    """The public half as authorized_keys has it (kind and key), None where the file is something else."""
    begin, _, rest = text.strip().partition("\n")
    body, _, end = rest.rpartition("\n")
    if (begin, end) != (_BEGIN, _END):
        return None
    try:
        whole = base64.b64decode(body)
        strings = _strings(whole.removeprefix(_MAGIC))
        for _ in range(3):  # cipher, key derivation, its options
            next(strings)
        blob = next(strings)
        kind = next(_strings(blob))
    except (binascii.Error, struct.error, StopIteration):
        return None
    return blob if kind == _KIND and whole.startswith(_MAGIC) else None


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _strings(data: bytes) -> Iterator[bytes]:
    """The strings of a key file; the number of keys stands before the fourth."""
    index, at = 0, 0
    while at < len(data):
        at += 4 if index == 3 else 0
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 4 + length]
        index, at = index + 1, at + 4 + length
