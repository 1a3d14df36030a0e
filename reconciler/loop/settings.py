"""What a loop is started with, as one value; every command that concerns an environment uses the same.

Before: the command line, which fills it from options and RECONCILER_ variables.
After: loop.runner, engine, api, dns.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reconciler.spec.policy import Policy
from reconciler.state.entry import TTL_SECONDS

NameServerPlace = Literal["auto", "loop", "container"]
LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSettings:
    """`backend` is `embedded`, `none` or `etcd://host:port`; `server` says where our DNS server runs.

    `nameservers` (IPv4) are asked by containers instead of ours; answers may be kept for `ttl_seconds`.
    The SkyDNS API has a port (0: none) and a secret.
    """

    backend: str = "embedded"
    server: NameServerPlace = "auto"
    nameservers: tuple[str, ...] = ()
    ttl_seconds: int = TTL_SECONDS
    skydns_port: int = 8080
    skydns_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Where the web console and the API listen. `names` are host names that browsers may use for it, besides addresses
    and localhost. `read_only`: nothing can be changed there.
    """

    host: str
    port: int
    names: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One environment on one engine. `state` and `specs` are absolute directories; `specs` is watched.

    `subnet` is CIDR text, None lets the loop look for a free one.
    `engine_url` is as in DOCKER_HOST, None the default engine.
    `secrets_dir` and `allow_paths` are what specs may point at outside of the watched directory.
    """

    env: str
    domain: str
    state: Path
    specs: Path
    resync_seconds: float = 10.0
    lost_after_seconds: float = 60.0
    subnet: str | None = None
    names: NameSettings = field(default_factory=NameSettings)
    secrets_dir: Path | None = None
    allow_paths: tuple[Path, ...] = ()
    polling: bool = False
    standby: bool = False
    log_format: LogFormat = "text"
    engine_url: str | None = None
    console: ConsoleSettings | None = None

    @property
    def policy(self) -> Policy:
        """What this machine allows specs to ask for."""
        return Policy(allow_paths=tuple(str(path) for path in self.allow_paths))

    @property
    def socket(self) -> Path:
        """Where the loop's local API listens while it runs."""
        return self.state / "api.sock"

    @property
    def ssh_key(self) -> Path:
        """The environment's own private key, made when it is first needed."""
        return self.state / "ssh_key"

    @property
    def token_file(self) -> Path:
        """The token of the console and the API, made when it is first needed; whoever can read it may do everything."""
        return self.state / "token"

    @property
    def log_file(self) -> Path:
        """Where a detached loop writes its log."""
        return self.state / "loop.log"
