"""The environment's own key for logging in to its instances: one file, made when somebody first needs it.

Before: nothing but a path. After: making puts the public half into instances; `reconciler ssh` uses the private one.
The file has OpenSSH's form, and no ssh program is needed to make it: a fresh machine may have none. Never here: another
key: of two that make one at once, both get the one that came first. Only this module knows cryptography, and only then.
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import PermanentError

COMMENT = b"reconciler"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key at `path`; readable by its owner alone."""

    path: Path

    def public_line(self) -> bytes:
        """The line for authorized_keys. Raises PermanentError where the file can't be made, read or understood."""
        try:
            if not self.path.exists():
                self._make()
            return public_line(self.path.read_bytes())
        except OSError as error:
            raise PermanentError(f"{self.path}: {error.strerror}; the environment's ssh key is kept there") from error
        except ValueError as error:
            raise PermanentError(
                f"{self.path} is no ed25519 key in OpenSSH's form; remove it, and a new one is made"
            ) from error

    def _make(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(private_text())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # somebody else was first: theirs is the key
                os.link(name, self.path)
        finally:
            Path(name).unlink()


def private_text() -> bytes:
    """A new unencrypted private key's file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def public_line(private: bytes) -> bytes:
    """The line for authorized_keys of a private key's file. Raises ValueError where it is no such key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    try:
        key = load_ssh_private_key(private, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:  # encrypted, or of a kind that nobody has heard of
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("another kind of key")  # noqa: TRY004  # of a file, not of an argument
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" " + COMMENT + b"\n"
