"""A dockerd of a test's own, to be stopped, killed, frozen or filled; the machine's goes on undisturbed.

Before: an installed dockerd and root. After: the `private_engine` fixture.
Never here: the machine's own engine, except to copy images out of it.

One small process holds a network, a mount and a host name namespace for as long as the engine lives,
restarts included; dockerd and everything that it starts live inside. They are entered with nsenter, because
`ip netns exec` would mount a fresh /sys and so hide the cgroups. The containers' addresses exist only there:
a program that has to reach them, such as a loop with its heartbeat listener, is started with `inside` before
its own command.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker

from reconciler.setup.locate import Endpoint
from reconciler.setup.probe import answers, client

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_COPY_SECONDS = 120.0
_POLL_SECONDS = 0.02
_LOG_LINES = 20

# SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP of linux/if.h; a new namespace's loopback is down.
_LOOPBACK_UP = """
import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    request = fcntl.ioctl(control, 0x8913, struct.pack("16sh22x", b"lo", 0))
    flags = struct.unpack("16sh22x", request)[1]
    fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))
"""
# A machine-wide containerd would be shared by every dockerd that sees its socket: ours sees none.
_HOLD = """
set -e
mkdir -p /run/containerd "$1"
mount -t tmpfs none /run/containerd
if [ -n "$2" ]; then mount -t tmpfs -o "size=$2" none "$1"; fi
echo ready
exec sleep infinity
"""


class PrivateEngine:
    """`root` holds all that it writes; `data_bytes` limits its images and containers, to be filled."""

    def __init__(self, *, data_bytes: int | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="reconciler-engine-", dir="/var/tmp"))
        self.cgroup = f"/{self.root.name}"
        self.endpoint = Endpoint(url=f"unix://{self.root}/docker.sock", origin="a test")
        self._daemon: subprocess.Popen[bytes] | None = None
        (self.root / "daemon.json").write_text("{}\n", encoding="ascii")
        self._holder = subprocess.Popen(
            [
                "unshare",
                "--net",
                "--mount",
                "--uts",
                "sh",
                "-c",
                _HOLD,
                "hold",
                self.data_root,
                str(data_bytes or ""),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            raise RuntimeError("no namespaces for a private engine: root and CAP_SYS_ADMIN are needed")
        subprocess.run([*self.inside, sys.executable, "-c", _LOOPBACK_UP], check=True, timeout=_START_SECONDS)

    @property
    def url(self) -> str:
        """As in DOCKER_HOST."""
        return self.endpoint.url

    @property
    def data_root(self) -> str:
        """Where its images and containers are."""
        return f"{self.root}/data"

    @property
    def exec_root(self) -> str:
        """Where its running containers' state is; all its processes name it on their command lines."""
        return f"{self.root}/exec"

    @property
    def inside(self) -> list[str]:
        """Put before a command, this runs it in the engine's namespaces."""
        return ["nsenter", f"--target={self._holder.pid}", "--net", "--mount", "--uts", "--"]

    @property
    def pid(self) -> int:
        """The process id of dockerd."""
        assert self._daemon is not None, "the engine was never started"
        return self._daemon.pid

    @property
    def running(self) -> bool:
        """Whether dockerd lives; a frozen one does."""
        return self._daemon is not None and self._daemon.poll() is None

    def start(self) -> None:
        """Start dockerd and wait until it answers."""
        assert not self.running, "the engine runs already"
        with (self.root / "log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [*self.inside, *self._command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait(lambda: answers(self.endpoint), "answer")

    def _command(self) -> list[str]:
        return [
            "dockerd",
            f"--host={self.url}",
            f"--config-file={self.root}/daemon.json",
            f"--data-root={self.data_root}",
            f"--exec-root={self.exec_root}",
            f"--pidfile={self.root}/docker.pid",
            f"--cgroup-parent={self.cgroup}",
        ]

    def stop(self) -> None:
        """SIGTERM, as a service manager would: dockerd stops its containers and ends."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: dockerd is gone at once, its containers go on."""
        self._end(signal.SIGKILL)
        # containerd dies with dockerd. Where init is slow to reap, the dead one keeps its id,
        # and the next dockerd would wait for it instead of starting another.
        recorded = Path(self.exec_root) / "containerd" / "containerd.pid"
        assert _until(lambda: not recorded.exists() or _is_dead(recorded), _STOP_SECONDS), "containerd lives on"
        recorded.unlink(missing_ok=True)

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections are accepted by the kernel and never answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT after a freeze."""
        os.kill(self.pid, signal.SIGCONT)

    def load(self, image: str, *, source: str = "unix:///var/run/docker.sock") -> None:
        """Copy an image from the engine at `source`."""
        origin = Endpoint(url=source, origin="the machine's engine")
        with (
            client(origin, timeout_seconds=_COPY_SECONDS) as here,
            client(self.endpoint, timeout_seconds=_COPY_SECONDS) as there,
        ):
            for message in there.load_image(here.get_image(image)):  # type: ignore[no-untyped-call]
                assert "error" not in message, f"{image} was not copied: {message}"

    def api(self) -> docker.APIClient:
        """A low-level client, to be closed by the caller."""
        return docker.APIClient(base_url=self.url, version="auto", timeout=30)

    def log_tail(self) -> str:
        """The last lines that dockerd wrote."""
        log = self.root / "log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        return "\n".join(lines[-_LOG_LINES:])

    def close(self) -> None:
        """Leave nothing: no process, mount, namespace, cgroup or directory."""
        _kill_all(self._remains)
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        self._remove_cgroups()
        # With the last process its mounts went too; the kernel may take a moment for that.
        _until(lambda: not _removed_with_errors(self.root), _STOP_SECONDS)

    def _end(self, number: signal.Signals) -> None:
        assert self._daemon is not None, "the engine was never started"
        self._daemon.send_signal(number)
        self._daemon.wait(_STOP_SECONDS)

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        if not _until(lambda: condition() or not self.running, _START_SECONDS) or not self.running:
            raise RuntimeError(f"the private engine did not {what}; its last lines:\n{self.log_tail()}")

    def _remains(self) -> Iterator[int]:
        """dockerd, containerd and shims by their command lines, containers by their cgroup."""
        if self._daemon is not None:
            self._daemon.poll()
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                command = (directory / "cmdline").read_bytes()
                groups = (directory / "cgroup").read_text(encoding="ascii")
            except OSError:
                continue  # it ended while we looked
            if f"{self.root}/".encode() in command or f":{self.cgroup}/" in groups:
                yield int(directory.name)

    def _remove_cgroups(self) -> None:
        controllers = Path("/sys/fs/cgroup")
        for top in [controllers / self.root.name, *controllers.glob(f"*/{self.root.name}")]:
            for directory in sorted(top.rglob("*"), reverse=True):
                if directory.is_dir():
                    directory.rmdir()
            if top.is_dir():
                top.rmdir()


def _is_dead(pid_file: Path) -> bool:
    try:
        stat = (Path("/proc") / pid_file.read_text(encoding="ascii").strip() / "stat").read_text(encoding="ascii")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in {"Z", "X"}


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline_at:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _kill_all(remains: Callable[[], Iterator[int]]) -> None:
    def none_left() -> bool:
        left = list(remains())
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended while we looked
        return not left

    assert _until(none_left, _STOP_SECONDS), f"processes of a private engine don't end: {list(remains())}"


def _removed_with_errors(path: Path) -> bool:
    shutil.rmtree(path, ignore_errors=True)
    return path.exists()
