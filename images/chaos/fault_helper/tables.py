"""The kernel's packet filter in the network that the helper shares: texts handed over, texts read.

Before: net. After: iptables-restore and iptables-save of the newer kind (nf_tables): the older one needs raw sockets,
and with them a helper could forge packets.
Programs are started with posix_spawn: the subprocess module takes longer to import than a rule to be set.
"""

import os

from fault_helper.rules import undoing
from fault_helper.settings import Unusable

RESTORE = ("/usr/sbin/iptables-nft-restore", "--noflush", "--wait", "5")
SAVE = ("/usr/sbin/iptables-nft-save", "-t", "filter")


def restore(text: str) -> str:
    """Do all of `text` or nothing; empty when it is done, else what was said against it."""
    code, said = _run(RESTORE, text)
    return "" if code == 0 else said or f"iptables-restore ended with code {code}"


def saved() -> str:
    """The filter as it is. Raises Unusable where it can't be read."""
    code, said = _run(SAVE)
    if code != 0:
        raise Unusable(f"the packet filter can't be read: {said}")
    return said


def undo(fault_id: str) -> bool:
    """Take away everything of the fault; whether there was something. Raises Unusable where some stays."""
    text = undoing(fault_id, saved())
    if not text:
        return False
    problem = restore(text)
    if problem:
        raise Unusable(f"rules of {fault_id} can't be taken away: {problem}")
    return True


def _run(argv: tuple[str, ...], text: str = "") -> tuple[int, str]:
    """A program's exit code and what it wrote. Files in memory stand for pipes, so that nobody waits for anybody."""
    source, result = os.memfd_create("source"), os.memfd_create("result")
    try:
        with open(source, "w", closefd=False, encoding="ascii") as file:
            file.write(text)
        os.lseek(source, 0, os.SEEK_SET)
        joined = [(os.POSIX_SPAWN_DUP2, source, 0), *((os.POSIX_SPAWN_DUP2, result, one) for one in (1, 2))]
        pid = os.posix_spawn(argv[0], argv, {}, file_actions=joined)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.lseek(result, 0, os.SEEK_SET)
        with open(result, closefd=False, encoding="utf-8", errors="replace") as file:
            return code, file.read().strip()
    finally:
        os.close(source)
        os.close(result)
