"""The edge: reads the environment and the volume, meets the others where that is undecided, becomes the JVM.

Before: the base image's supervisor, as the container's command. After: `io.reconciler.cassandra.Node`, in the same
process, so that signals and the exit code are Cassandra's own. Never here: a decision about the ring (deciding).
"""

import os
import pwd
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from cassandra_node import launching, meeting, record, settings
from cassandra_node.deciding import Bootstrap, Decision, Form, Replace
from cassandra_node.launching import DATA, HOME, RUN
from cassandra_node.record import Record
from cassandra_node.settings import Settings

USER = "cassandra"
USAGE = 64
RESUMED = 1  # so often a joining is taken up where it stopped; then it begins anew


def say(text: str) -> None:
    print(f"cassandra: {text}", flush=True)


def become_user() -> None:
    """Cassandra needs no root. A volume from elsewhere is handed over first."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(USER)
    for folder in (DATA, RUN):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid != user.pw_uid:
            os.chown(folder, user.pw_uid, user.pw_gid)
            for entry in folder.rglob("*"):
                os.chown(entry, user.pw_uid, user.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def own_address(hostname: str) -> str:
    """The address that the others reach this node at: of its host name, as the engine writes it to /etc/hosts."""
    addresses = sorted(meeting.resolve(hostname))
    if not addresses:
        raise settings.Mistake(f"the host name {hostname} has no address; is the container in a network?")
    return addresses[0]


def planned(wanted: Settings, found: Record) -> Record:
    """The record with its plan, decided with the others where there is none; written down."""
    unfinished = found.plan in {record.BOOTSTRAP, record.REPLACE} and not found.joined
    if unfinished and found.attempts > RESUMED:
        say("joining didn't end well twice: what it left is removed, it begins anew")
        record.clear(DATA)
        found = replace(found, plan="", cluster="", via=(), address="", attempts=0)
        record.save(DATA, found)
    if not found.plan:
        found = written(found, met(wanted, found))
    if not found.joined:
        found = replace(found, attempts=found.attempts + 1)
        record.save(DATA, found)
    return found


def met(wanted: Settings, found: Record) -> Decision:
    """What the others make of an empty node."""
    held = meeting.Meeting(meeting.empty(wanted.number, found.id), wanted, say)
    server = meeting.listen(held)
    try:
        return held.hold()
    finally:
        server.shutdown()
        server.server_close()


def written(found: Record, decision: Decision) -> Record:
    """The decision as a plan."""
    if isinstance(decision, Form):
        members = {str(number): id for number, id in decision.members.items()}
        return replace(found, plan=record.FORM, cluster=decision.cluster, members=members)
    if isinstance(decision, Bootstrap):
        planned = replace(found, plan=record.BOOTSTRAP, via=decision.via, alive=decision.alive)
        return replace(planned, cluster=decision.cluster)
    if isinstance(decision, Replace):
        planned = replace(found, plan=record.REPLACE, via=decision.via, alive=decision.alive)
        return replace(planned, cluster=decision.cluster, address=decision.address)
    raise AssertionError(decision)


def describe(found: Record) -> str:
    if found.joined:
        return "a member returns with its data"
    return {
        record.FORM: f"founds the cluster with {len(found.members)} nodes",
        record.BOOTSTRAP: f"joins as a new member, through {', '.join(found.via)}",
        record.REPLACE: f"lost its volume: takes the place of {found.address}, streams from {', '.join(found.via)}",
    }[found.plan]


def archive() -> list[str]:
    """How the class-data archive is used, or made where an image is built."""
    target = os.environ.get("CASSANDRA_ARCHIVE_TO")
    if target:
        return [f"-XX:ArchiveClassesAtExit={target}"]
    return [f"-XX:SharedArchiveFile={launching.ARCHIVE}", "-Xshare:auto"]


def launch(wanted: Settings, found: Record) -> NoReturn:
    """Become the JVM."""
    address = own_address(wanted.name)
    template = (HOME / "conf/cassandra.yaml").read_text()
    (RUN / "cassandra.yaml").write_text(launching.configuration(template, wanted, found, address))
    (RUN / "cassandra-rackdc.properties").write_text(launching.rack_file(wanted))
    jars = launching.classpath(str(jar) for jar in (HOME / "lib").glob("*.jar"))
    jvm_options = launching.options((HOME / "conf/jvm.options").read_text())
    line = launching.command(wanted, found, [*archive(), *jvm_options], jars, address)
    sys.stdout.flush()
    os.execv(line[0], line)  # noqa: S606 - no shell is wanted


def main() -> None:
    try:
        wanted = settings.read(os.environ, socket.gethostname())
        become_user()
        found = planned(wanted, record.load(Path(DATA), wanted.number))
        say(f"number {wanted.number} in rack {wanted.rack} {describe(found)}")
        launch(wanted, found)
    except (settings.Mistake, record.Unusable) as error:
        say(str(error))
        sys.exit(USAGE)


if __name__ == "__main__":
    main()
