"""The real engine: everything that is asked of Docker, and nothing decided.

Before: engine.executor and the loop, through engine.ports. After: the Docker Engine API, 1.41 and newer.
Importing this package costs nothing; `connect` brings the SDK in when an engine is really needed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.engine.docker.adapter import DockerEngine

DEFAULT_URL = "unix:///var/run/docker.sock"


def connect(base_url: str | None = None, *, tls_directory: Path | None = None) -> "DockerEngine":
    """An engine at `base_url` (as in DOCKER_HOST; None: the default socket). Asks nothing of it yet.

    `tls_directory` holds ca.pem, cert.pem and key.pem for a TCP engine that wants them.
    """
    from reconciler.engine.docker.adapter import DockerEngine

    return DockerEngine(base_url, tls_directory=tls_directory)
