"""Users' journeys against a running Acme Air, for a while; then the figures as one JSON document on standard output.

Before: the container's command, options and environment. After: settings, journey, figures. What people read goes to
standard error. Exit code 0 when every request was answered right, 1 otherwise, 64 for options that make no sense.
"""

# locust goes first: importing it makes the standard library's sockets and clocks wait without holding up the others.
from locust import events  # isort: skip
from locust.env import Environment  # isort: skip

import json
import logging
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent
from figures import Record, document
from journey import Course, Traveller, numbers_between
from output import tell
from settings import MOST_REQUESTS, Settings, read

INSTANCE_HEADER = "x-instance"
REPORT_SECONDS = 5.0


def recorder(course: Course) -> Callable[..., None]:
    """What locust calls for each request."""

    def note(name: str, response_time: float, response: Any, exception: Exception | None, **_: Any) -> None:
        headers = getattr(response, "headers", None) or {}
        course.record.request(
            course.now(),
            name,
            response_time,
            failure=str(exception) if exception else "",
            instance=headers.get(INSTANCE_HEADER) or "",
        )

    return note


def run(settings: Settings) -> Record:
    """Send users on their way, stop them when it's time, let each finish the journey it's on; what was seen."""
    course = Course(
        record=Record(),
        started=time.monotonic(),
        customers=numbers_between(settings.first_customer, settings.last_customer),
        pause_seconds=settings.pause_seconds,
        cancel_share=settings.cancel_share,
        one_way_share=settings.one_way_share,
        timeout_seconds=settings.timeout_seconds,
    )
    Traveller.course = course
    world = Environment(
        user_classes=[Traveller], events=events, host=settings.host, stop_timeout=settings.finish_seconds
    )
    world.events.request.add_listener(recorder(course))
    runner = world.create_local_runner()
    ending = gevent.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, ending.set)
    runner.start(settings.users, spawn_rate=settings.spawn_rate)
    watch(course, settings, ending)
    runner.quit()
    runner.greenlet.join()
    return course.record


def watch(course: Course, settings: Settings, ending: Any) -> None:
    """Wait for the end: the time is over, enough requests were made, or a signal came."""
    said = 0.0
    while not ending.wait(min(0.2, max(0.0, settings.seconds - course.now()))):
        if course.now() >= settings.seconds or course.record.requests >= MOST_REQUESTS:
            return
        if course.now() - said >= REPORT_SECONDS:
            said = course.now()
            record = course.record
            failures = sum(record.failed.values())
            say(f"{said:.0f} s: {record.requests} requests, {failures} failed, {len(record.journeys_ms)} journeys")


def say(text: str) -> None:
    """One line for people."""
    tell(f"load: {text}", sys.stderr)


def main() -> int:
    """The container's main process."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    settings = read(sys.argv[1:])
    say(f"{settings.users} users against {settings.host} for {settings.seconds:g} s")
    record = run(settings)
    told = document(record, settings.told())
    tell(json.dumps(told), sys.stdout)
    failures = sum(record.failed.values())
    say(f"{record.requests} requests, {failures} failed; {len(record.journeys_ms)} journeys")
    if not record.requests:
        say("no request was answered at all")
        return 1
    return 0 if settings.allow_failures or not failures else 1


if __name__ == "__main__":
    sys.exit(main())
