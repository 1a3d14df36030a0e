"""The decision for one task: one run for each revision, its exited container kept as the record of it.

Before: runs (verdicts), sourcing (image and gate), backoff. After: the plan. Never here: a second run while another
one is alive, a restart of a record, a removal of the wanted one.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from reconciler.plan.actions import CreateInstance, KillInstance, RemoveInstance
from reconciler.plan.backoff import delay_seconds, retry_at
from reconciler.plan.buckets import REMOVAL_SECONDS
from reconciler.plan.draft import Draft
from reconciler.plan.ending import AGAIN_SECONDS
from reconciler.plan.limits import Limits
from reconciler.plan.naming import name_actions
from reconciler.plan.placement import Ground, closed_wait, ground_of, zone_for
from reconciler.plan.plan import Plan, Wait
from reconciler.plan.revisions import revision_for
from reconciler.plan.runs import NUMBER, is_current
from reconciler.plan.sourcing import gate, source_image
from reconciler.plan.status import TASK_FAILED, Verdict
from reconciler.plan.verdicts import NEVER_SEEN, Judgement
from reconciler.spec.cluster import ClusterSpec, Task
from reconciler.spec.wanted import Wanted
from reconciler.state.image import Image
from reconciler.state.instance import EngineState, Instance
from reconciler.state.observed import Observed

_BUSY_SECONDS = 1.0  # the action's own end wakes us; this is for one that never comes back


@dataclass(slots=True, kw_only=True)
class TaskPass:
    """One task that hasn't completed in the wanted revision, or that isn't alone."""

    spec: ClusterSpec
    task: Task
    wanted: Wanted
    observed: Observed
    judgements: dict[str, Judgement]
    now: float
    limits: Limits
    draft: Draft

    def plan(self, ready_clusters: Collection[str]) -> Plan:
        """The next step, its waits, and the names of whatever runs."""
        instances = self.observed.instances.get(self.spec.name, ())
        ending: list[Instance] = []
        if not any(flight.kind == "create" for flight in self.observed.in_flight.get(self.spec.name, ())):
            run = next((i for i in instances if self._counts(i)), None)
            others = [i for i in instances if i is not run and i.state is not EngineState.REMOVING]
            if run is not None:
                ending = self._end(others, "not a run of this task")
                self._follow(run, ready_clusters)
            else:
                ending = self._supersede(instances, others, ready_clusters)
        self.draft.add(name_actions(self.spec, instances, self.judgements, self.observed, {i.id for i in ending}))
        return self.draft.done()

    def _counts(self, instance: Instance) -> bool:
        """The wanted run, or the record of it; not one that is on its way out."""
        going = self.judgements[instance.id].verdict is Verdict.STOPPING
        return not going and is_current(instance, self.spec, self.wanted, self.observed)

    # ------------------------------------------------------------ the wanted revision has been started

    def _follow(self, run: Instance, ready_clusters: Collection[str]) -> None:
        judgement = self.judgements[run.id]
        if judgement.verdict is Verdict.READY:
            return
        if run.alive:
            self._watch(run)
        elif run.state is EngineState.CREATED:  # it never began, so it is no failed run
            self._run(run.attempt, run, judgement.cause, ready_clusters)
        elif run.attempt >= self.task.most_runs:
            self._give_up(run, judgement)
        else:
            self._repeat(run, judgement, ready_clusters)

    def _watch(self, run: Instance) -> None:
        of = f"run {run.attempt} of at most {self.task.most_runs}"
        self._wait("TaskRunning", f"{self._subject} is running ({of}); ready when it has exited 0")
        deadline, sighting = self.task.deadline_seconds, self.observed.sightings.get(run.id)
        if deadline is None or sighting is None:
            return
        kill_at = sighting.up_since + deadline
        if sighting.killed_at is not None:
            kill_at = sighting.killed_at + AGAIN_SECONDS
        if self.now < kill_at:
            self.draft.wake_at.append(kill_at)
            return
        # Not SIGTERM: many a program exits 0 on it, and then it would be taken for done.
        cause = f"its deadline is over: still running after {deadline:g} s"
        self.draft.add((KillInstance(cluster=run.cluster, number=run.number, id=run.id, cause=cause),))

    def _give_up(self, run: Instance, judgement: Judgement) -> None:
        """Nobody but a person brings it further: no timer is set."""
        self._wait(
            TASK_FAILED,
            f"{self._subject} {judgement.cause}, in run {run.attempt} of at most {self.task.most_runs}; see "
            f"`reconciler logs {self.spec.name}`, then change the spec, or run it again: `docker rm {run.container}`",
        )

    def _repeat(self, run: Instance, judgement: Judgement, ready_clusters: Collection[str]) -> None:
        died = self.observed.sightings.get(run.id, NEVER_SEEN).dead_since
        until = (self.now if died is None else died) + delay_seconds(run.attempt + 1, self.limits)
        following = f"run {run.attempt + 1} of at most {self.task.most_runs}"
        if self.now < until:
            left = until - self.now
            self._wait("CrashBackOff", f"{self._subject} {judgement.cause}; {following} follows in {left:.0f} s", until)
            return
        self._run(run.attempt + 1, run, f"{judgement.cause}; {following}", ready_clusters)

    # ------------------------------------------------------------ it has not

    def _supersede(
        self, instances: tuple[Instance, ...], others: list[Instance], ready_clusters: Collection[str]
    ) -> list[Instance]:
        """Start the wanted revision once nothing else runs; what runs goes on until its successor can be made.

        Returns what is being ended.
        """
        going = [i for i in others if self.judgements[i.id].verdict is Verdict.STOPPING]
        former = next((i for i in instances if i.number == NUMBER), None)
        image = self._image(former, ready_clusters)
        if image is None:
            return self._end([i for i in going if i.alive], "told to end")
        alive = [i for i in others if i.alive]
        if alive:
            return [i for each in alive for i in self._end([each], self._outdated(each))]
        self._end([i for i in others if i is not former], "not a run of this task")
        again = former if former in going and is_current(former, self.spec, self.wanted, self.observed) else None
        attempt = again.attempt if again is not None else 1
        why = "" if former is None or again is not None else f"{self._outdated(former)}; "
        self._create(attempt, former, f"{why}run {attempt} of at most {self.task.most_runs}", image)
        return []

    def _outdated(self, instance: Instance) -> str:
        if instance.spec_hash != self.wanted.spec_hash or not instance.task:
            return f"outdated: {instance.revision} is not what the spec says"
        image = self.observed.images.get(self.spec.image)
        if image is not None and image.id != instance.image_id:
            return f"image rebuilt: {self.spec.image} is another image now"
        return "told to end"

    def _end(self, instances: list[Instance], cause: str) -> list[Instance]:
        for instance in instances:
            if instance.alive:
                self.draft.end(instance, cause, self.spec.stop)
            else:
                self.draft.add((
                    RemoveInstance(cluster=instance.cluster, number=instance.number, id=instance.id, cause=cause),
                ))  # fmt: skip
        return instances

    # ------------------------------------------------------------ a run

    def _run(self, attempt: int, former: Instance, cause: str, ready_clusters: Collection[str]) -> None:
        image = self._image(former, ready_clusters)
        if image is not None:
            self._create(attempt, former, cause, image)

    def _image(self, former: Instance | None, ready_clusters: Collection[str]) -> Image | None:
        """Each run waits for what the task depends on, its repeats too: they would only fail without it; and for its
        zone to open.
        """
        wait = gate(self.spec, self.wanted, ready_clusters, cold=True)
        ground, zone = self._place(former)
        if wait is None and zone in ground.closed:
            wait = closed_wait(ground, zone, (self._subject,))
        if wait is not None:
            self.draft.waits.append(wait)
            return None
        return source_image(self.wanted, self.observed, self.draft, self.now, self.limits)

    def _create(self, attempt: int, former: Instance | None, cause: str, image: Image) -> None:
        if self._created_lately() or (former is not None and self._held(former)):
            return
        name = self.spec.name
        instances, history = self.observed.instances.get(name, ()), self.observed.history.get(name, ())
        create = CreateInstance(
            cluster=name,
            number=NUMBER,
            zone=self._place(former)[1],
            revision=revision_for(self.wanted.spec_hash, image.id, instances, (), history),
            spec_hash=self.wanted.spec_hash,
            image_id=image.id,
            attempt=attempt,
            spec=self.spec,
            source=self.wanted.source,
            has_agent=image.has_agent,
            cause=cause,
            replaces=former.id if former else None,
        )
        self.draft.add((create,))

    def _place(self, former: Instance | None) -> tuple[Ground, str]:
        ground = ground_of(self.spec, self.observed.closed_zones)
        return ground, zone_for(ground, Counter(), former)

    def _created_lately(self) -> bool:
        """The last try failed, and its back-off isn't over."""
        setback = self.observed.setbacks.get(self.spec.name, {}).get(f"create-{NUMBER}")
        if setback is None or self.now >= (until := retry_at(setback, self.limits)):
            return False
        message = f"{self._subject}: {setback.message}; next try in {until - self.now:.0f} s"
        self._wait("CreateFailed", message, until)
        return True

    def _held(self, former: Instance) -> bool:
        """The name isn't free yet."""
        if any(flight.id == former.id for flight in self.observed.in_flight.get(self.spec.name, ())):
            message = f"{self._subject}: an action on the one before is under way; then it runs"
            self._wait("Busy", message, self.now + _BUSY_SECONDS)
            return True
        if former.state is not EngineState.REMOVING:
            return False
        since = self.observed.sightings.get(former.id, NEVER_SEEN).removing_since
        until = (self.now if since is None else since) + REMOVAL_SECONDS
        if self.now < until:
            self._wait("Removing", f"{self._subject} is being removed; then it runs", until)
        return self.now < until

    @property
    def _subject(self) -> str:
        return f"{self.spec.name}-{NUMBER}"

    def _wait(self, reason: str, message: str, until: float | None = None) -> None:
        self.draft.waits.append(Wait(reason=reason, message=message))
        if until is not None:
            self.draft.wake_at.append(until)
