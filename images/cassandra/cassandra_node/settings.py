"""What the environment asks for. Pure.

Before: the spec's `environment:` and what the reconciler adds (user data, host name). After: all others here. The
variables are described in docs/reference/acmeair-cassandra.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
SIBLINGS = 9
SIZE = re.compile(r"[1-9][0-9]*[mMgG]")


class Mistake(Exception):
    """A variable that can't be used; the message says which and what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One node's."""

    number: int
    name: str  # the host name, `cassandra1`
    domain: str  # of the environment, "" without a reconciler
    seeds: tuple[str, ...]  # whole names, this node's own among them where it is a seed
    own: str  # this node's own whole name
    cluster_name: str = "cassandra"
    datacenter: str = "dc1"
    rack: str = "default"
    heap: str = "96m"

    @property
    def is_seed(self) -> bool:
        return self.own in self.seeds

    @property
    def neighbours(self) -> tuple[str, ...]:
        """Names that may lead to members which aren't seeds.

        The cluster's own name leads to all that are ready. A lone seed has nobody else to warn it that its volume was
        lost, so it asks for the first few numbers, ready or not.
        """
        clusters = sorted({name.partition(".")[2] for name in self.seeds if "." in name})
        if self.other_seeds or not self.is_seed:
            return tuple(clusters)
        stem = self.name.rstrip("0123456789")
        numbers = [number for number in range(1, SIBLINGS + 1) if number != self.number]
        return (*clusters, *(f"{stem}{number}.{cluster}" for cluster in clusters for number in numbers))

    @property
    def other_seeds(self) -> tuple[str, ...]:
        return tuple(name for name in self.seeds if name != self.own)


def read(environment: Mapping[str, str], hostname: str) -> Settings:
    """The settings; raises Mistake."""
    data = user_data(environment)
    metadata = data.get("metadata") or {}
    digits = re.search(r"[0-9]+$", hostname)
    number = int(metadata.get("number") or (digits.group() if digits else 1))
    domain = str(data.get("domain") or "")
    written = [name.strip() for name in environment.get("CASSANDRA_SEEDS", "").split(",") if name.strip()]
    for name in written:
        checked("CASSANDRA_SEEDS", name, NAME, "names such as cassandra1.cassandra, separated by commas")
    if not written and metadata:
        raise Mistake(
            "CASSANDRA_SEEDS is missing; name the nodes that found the cluster together, such as"
            " cassandra1.cassandra,cassandra2.cassandra"
        )
    seeds = tuple(dict.fromkeys(whole(name, domain) for name in written)) or (hostname,)
    own = next((name for name in seeds if name.partition(".")[0] == hostname), hostname)
    return Settings(
        number=number,
        name=hostname,
        domain=domain,
        seeds=seeds,
        own=own,
        cluster_name=checked("CASSANDRA_CLUSTER_NAME", environment.get("CASSANDRA_CLUSTER_NAME", "cassandra"), NAME),
        datacenter=checked("CASSANDRA_DC", environment.get("CASSANDRA_DC", "dc1"), NAME),
        rack=str(data.get("az_name") or environment.get("CASSANDRA_RACK", "default")),
        heap=checked("CASSANDRA_HEAP", environment.get("CASSANDRA_HEAP", "96m"), SIZE, "a size such as 96m or 2g"),
    )


def user_data(environment: Mapping[str, str]) -> Mapping[str, object]:
    text = environment.get("user_data", "")
    if not text:
        return {}
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Mistake(f"user_data is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise Mistake("user_data is no JSON object")
    return data


def whole(name: str, domain: str) -> str:
    """A short name (`cassandra1.cassandra`) with the environment's domain; others stay as they are.

    A name without its domain would be asked of the host's resolvers first, which costs time where they are slow.
    """
    return f"{name}.{domain}" if domain and name.count(".") <= 1 else name


def checked(variable: str, value: str, form: re.Pattern[str], meaning: str = "letters, digits, . _ -") -> str:
    if not form.fullmatch(value):
        raise Mistake(f"{variable}: {value!r} can't be used; write {meaning}")
    return value
