"""The base image's first process: supervisord, with the container's command as its main program.

Differences from plain supervisord, each for a reason:
- the command comes as arguments and is put into the loaded configuration, so nothing in it needs escaping;
- the main process writes to the container's own output, not through a pipe that supervisord copies;
- when the main process ends, everything ends, with its exit code (128 + signal), so that a crash is seen;
- a signal wakes the loop at once; plain supervisord notices it up to a second later.
"""

import os
import select
import shlex
import signal
import subprocess
import sys
import types
from collections.abc import Callable

# supervisord needs it for plug-ins only, which we have none of; importing it takes longer than all the rest.
sys.modules.setdefault("pkg_resources", types.ModuleType("pkg_resources"))

from supervisor import options, poller, process, states, supervisord  # noqa: E402

CONFIGURATION = "/etc/supervisor/supervisord.conf"
HOST_KEY = "/run/reconciler/ssh_host_ed25519_key"
AUTHORIZED_KEYS = "/run/reconciler/authorized_keys"
NOT_FOUND, NOT_EXECUTABLE = 127, 126
ENDING_TURNS = 6  # of three groups, two each


class Outcome:
    """How the main process ended."""

    code = 0


class Direct(process.Subprocess):
    """A program that writes where we write."""

    def _prepare_child_fds(self) -> None:
        self.config.options.dup2(self.pipes["child_stdin"], 0)
        os.closerange(3, 256)


class Main(Direct):
    """The program whose end is the container's end."""

    def get_execv_args(self) -> tuple[str, list[str]]:
        """As its parent's; remembers what a shell would have answered."""
        try:
            return super().get_execv_args()
        except process.ProcessException as error:
            missing = isinstance(error, options.NotFound)
            Outcome.code = NOT_FOUND if missing else NOT_EXECUTABLE
            sys.stderr.write(f"main process: {error}\n")
            raise

    def finish(self, pid: int, sts: int) -> None:
        """It ended: so do we."""
        code = os.waitstatus_to_exitcode(sts)
        Outcome.code = code if code >= 0 else 128 - code
        super().finish(pid, sts)
        self._end()

    def give_up(self) -> None:
        """It never started."""
        super().give_up()
        self._end()

    def _end(self) -> None:
        self.config.options.mood = min(self.config.options.mood, states.SupervisorStates.SHUTDOWN)
        # Supervisord ends one group a turn, and would wait up to a second before each.
        self.config.options.poller.eager = ENDING_TURNS


class WakingPoller(poller.PollPoller):
    """Waits for a signal as well as for descriptors, and not at all while one is still to be handled."""

    def initialize(self) -> None:
        """Adds the pipe that Python writes to when a signal comes."""
        super().initialize()
        self.eager = 3  # the first turns start the programs: no waiting between them
        self.wake, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._poller.register(self.wake, select.POLLIN)

    def poll(self, timeout: float) -> tuple[list[int], list[int]]:
        """Readable and writable descriptors of supervisord's own."""
        if self.eager > 0 or self.options.signal_receiver._signals_recvd:  # noqa: SLF001 - no other way to ask
            self.eager -= 1
            timeout = 0
        readables, writables = super().poll(timeout)
        if self.wake in readables:
            readables.remove(self.wake)
            os.read(self.wake, 4096)
            self.eager = max(self.eager, 1)
        return readables, writables


def prepare_sshd() -> bool:
    """Make this instance's host key; False where sshd stays off."""
    if os.environ.get("RECONCILER_SSH") != "1":
        return False
    if not os.path.exists(AUTHORIZED_KEYS):  # noqa: PTH110 - pathlib costs every container its import
        sys.stderr.write(f"sshd: stays off, {AUTHORIZED_KEYS} is missing\n")
        return False
    if not os.path.exists(HOST_KEY):  # noqa: PTH110
        command = ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", HOST_KEY]
        made = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
        if made.returncode != 0:
            sys.stderr.write("sshd: stays off, its host key could not be made\n")
            return False
    return True


def beats_wanted() -> bool:
    """Whether there is anybody to beat to: the image also runs without a reconciler."""
    return bool(os.environ.get("RECONCILER_LISTENER"))


def adapt(configuration: options.ServerOptions, command: list[str]) -> None:
    """Put into the loaded configuration what this container is to run."""
    autostart = {"main": True, "agent": beats_wanted(), "sshd": prepare_sshd()}
    for group in configuration.process_group_configs:
        for program in group.process_configs:
            kind = Main if program.name == "main" else Direct
            program.autostart = autostart[program.name]
            program.make_process = types.MethodType(maker(kind), program)
            if program.name == "main":
                program.command = shlex.join(command)


def maker(kind: type[Direct]) -> Callable[..., Direct]:
    """What a configuration's make_process does, for our own kind of process."""

    def make_process(self: options.ProcessConfig, group: object = None) -> Direct:
        made = kind(self)
        made.group = group
        return made

    return make_process


def main() -> None:
    """Run until the main process ended or a signal ended everything."""
    command = sys.argv[1:] or ["sleep", "infinity"]
    poller.Poller = WakingPoller
    configuration = options.ServerOptions()
    configuration.realize(["-c", CONFIGURATION], doc=supervisord.__doc__)
    configuration.first, configuration.test = True, False
    adapt(configuration, command)
    supervisord.go(configuration)
    sys.exit(Outcome.code)


if __name__ == "__main__":
    main()
