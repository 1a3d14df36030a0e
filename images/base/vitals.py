"""What a beat carries: the load, processors in use, memory, uptime, and figures that the main process writes to a file.

Before: the cgroup's files, /proc, the metrics file (docs/reference/heartbeats.md). After: agent, which sends it.
Standard library only, and of that only what is built in. What the file says is another's word: what is wrong in it is
passed over, and `complaint` says so; nothing in it keeps a beat from being sent.
"""

import posix
import time

LOAD_SECONDS = 60.0  # what "1-minute load" averages over
RATE_SECONDS = 5.0  # what processors in use and rates of counters are averaged over
SHORTEST_RATE_SECONDS = 0.2  # less time than that says nothing of a rate
TICKS_PER_SECOND = 100  # USER_HZ, in which /proc counts
MOST_NAMES, LONGEST_NAME, LONGEST_FILE = 64, 64, 8192
LARGEST = 2.0**63 - 1024
CPU_FILES = ("/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpuacct/cpuacct.usage")
MEMORY_V2, MEMORY_V1 = "/sys/fs/cgroup/memory.", "/sys/fs/cgroup/memory/memory."
MEMORY_FILES = (
    (MEMORY_V2 + "current", MEMORY_V2 + "stat", b"inactive_file "),
    (MEMORY_V1 + "usage_in_bytes", MEMORY_V1 + "stat", b"total_inactive_file "),
)


def read(path: str) -> bytes:
    """What is in a small file, b"" where it can't be read."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return posix.read(descriptor, 16384)
    except OSError:
        return b""
    finally:
        posix.close(descriptor)


def number_after(text: bytes, key: bytes) -> int:
    """The whole number behind `key` at the start of a line, 0 without it."""
    for line in text.split(b"\n"):
        if line.startswith(key):
            return int(line[len(key) :])
    return 0


def cpu_seconds() -> float | None:
    """What this container has used of the processors (cgroup v2, then v1), None where nobody counts."""
    text = read(CPU_FILES[0])
    if text:
        return number_after(text, b"usage_usec ") / 1e6
    text = read(CPU_FILES[1])
    return int(text) / 1e9 if text else None


def memory_bytes() -> int:
    """What this container has in memory, without the file cache that it could give back at once."""
    for usage, statistics, cache in MEMORY_FILES:
        text = read(usage)
        if text:
            return max(0, int(text) - number_after(read(statistics), cache))
    return 0


def started_at() -> float:
    """When the container's first process started, in seconds of the boot-time clock (proc(5), field 22)."""
    fields = read("/proc/1/stat").rpartition(b")")[2].split()
    return int(fields[19]) / TICKS_PER_SECOND if len(fields) > 19 else time.clock_gettime(time.CLOCK_BOOTTIME)


class Counter:
    """What rises, and how fast lately."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []

    def note(self, at: float, value: float) -> None:
        """It stood at `value` then; a lower one than before has begun anew."""
        samples = self.samples
        if samples and value < samples[-1][1]:
            samples.clear()
        if not samples or at > samples[-1][0]:
            samples.append((at, value))
        while len(samples) > 2 and samples[1][0] <= at - RATE_SECONDS:
            del samples[0]

    def rate(self) -> float | None:
        """A second, None while too little is known."""
        if not self.samples:
            return None
        (first_at, first), (at, value) = self.samples[0], self.samples[-1]
        return (value - first) / (at - first_at) if at - first_at >= SHORTEST_RATE_SECONDS else None


class Metrics:
    """The main process' own figures: lines `name value` in the file at `path`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.counters: dict[bytes, Counter] = {}
        self.complaint = ""

    def measure(self, now: float) -> dict[bytes, float]:
        """Each figure by its name; a counter `x_total` as its rate, named `x`."""
        self.complaint = ""
        written_at, text = self.look(now)
        found = self.understand(text)
        self.counters = {name: self.counters.get(name) or Counter() for name in found if name.endswith(b"_total")}
        figures = {name: value for name, value in found.items() if name not in self.counters}
        for name, counter in self.counters.items():
            counter.note(written_at, found[name])
            rate = counter.rate()
            if rate is not None and len(name) > len(b"_total"):
                figures[name[: -len(b"_total")]] = rate
        return figures

    def look(self, now: float) -> tuple[float, bytes]:
        """When the file was written, on the clock of `now`, and its text; long unwritten it counts as written now.

        It is opened without waiting and without following a link: it may be anything.
        """
        flags = posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK | posix.O_NOFOLLOW
        try:
            descriptor = posix.open(self.path, flags)
        except FileNotFoundError:
            return now, b""
        except OSError as error:
            self.complaint = f"{self.path} can't be read: {error.strerror}"
            return now, b""
        try:
            status = posix.fstat(descriptor)
            if status.st_mode & 0o170000 != 0o100000 or status.st_size > LONGEST_FILE:
                self.complaint = f"{self.path} is no plain file of at most {LONGEST_FILE} bytes"
                return now, b""
            age = time.time() - status.st_mtime
            return now - age if 0 <= age <= RATE_SECONDS else now, posix.read(descriptor, LONGEST_FILE)
        except OSError as error:
            self.complaint = f"{self.path} can't be read: {error.strerror}"
            return now, b""
        finally:
            posix.close(descriptor)

    def understand(self, text: bytes) -> dict[bytes, float]:
        """The figures that the text tells; the first one of a name counts."""
        found: dict[bytes, float] = {}
        for line in text.split(b"\n"):
            words = line.split()
            if not words or words[0].startswith(b"#"):
                continue
            value = number(words[1]) if len(words) == 2 and named_well(words[0]) else None
            if value is None or len(found) >= MOST_NAMES:
                self.complaint = f"{self.path} has lines that are not `name value`, or more than {MOST_NAMES} names"
            else:
                found.setdefault(words[0], value)
        return found


def named_well(name: bytes) -> bool:
    """Letters, digits and `_`, no digit first."""
    return len(name) <= LONGEST_NAME and name.replace(b"_", b"a").isalnum() and not name[:1].isdigit()


def number(text: bytes) -> float | None:
    """A finite number of 0 or more, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value <= LARGEST else None


class Vitals:
    """What a beat carries; the load is processors in use, averaged as a 1-minute load is."""

    def __init__(self, metrics_file: str) -> None:
        self.started = started_at()
        self.at = time.monotonic()
        self.used = cpu_seconds()
        self.load = 0.0
        self.cpu = Counter()
        self.metrics = Metrics(metrics_file)

    def measure(self) -> bytes:
        """The beat's body, as JSON."""
        now = time.monotonic()
        self.look_at_processors(now)
        fields = [b'"load":%.3f,"memory":%d' % (max(0.0, self.load), memory_bytes())]
        processors = self.cpu.rate()
        if processors is not None:
            fields.append(b'"cpu":%.3f' % processors)
        figures = self.metrics.measure(now)
        if figures:
            told = b",".join(b'"%s":%.6g' % figure for figure in figures.items())
            fields.append(b'"metrics":{%s}' % told)
        sequence = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        uptime = max(0.0, sequence / 1e9 - self.started)
        return b'{"sequence":%d,"uptime":%.1f,%s}' % (sequence, uptime, b",".join(fields))

    def look_at_processors(self, now: float) -> None:
        """The load, and processors in use."""
        used = cpu_seconds()
        if used is not None:
            self.cpu.note(now, used)
        if used is None or self.used is None:
            self.load = float((read("/proc/loadavg").split() or [b"0"])[0])
        elif now > self.at:
            elapsed = now - self.at
            self.load += ((used - self.used) / elapsed - self.load) * elapsed / (LOAD_SECONDS + elapsed)
        self.at, self.used = now, used
