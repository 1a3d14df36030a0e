"""Where each thing has its page. Names come from files and labels, so whatever they hold is quoted.

Before: pages, which link to one another. After: templates. Pure.
"""

from pathlib import PurePath
from urllib.parse import quote, urlencode


def cluster_path(name: str) -> str:
    """A cluster's page."""
    return f"/clusters/{quote(name, safe='')}"


def file_path(file: str) -> str:
    """Where a file of the directory is edited, whether it makes a cluster or not."""
    return f"{cluster_path(PurePath(file).stem)}/edit"


def group_path(name: str, revision: str) -> str:
    """The page of one revision of a cluster."""
    return f"{cluster_path(name)}/groups/{quote(revision, safe='')}"


def instance_path(name: str, number: int) -> str:
    """The page of one instance."""
    return f"{cluster_path(name)}/instances/{number}"


def zone_path(zone: str) -> str:
    """The page of a zone."""
    return f"/zones/{quote(zone, safe='')}"


def names_path(name: str) -> str:
    """What a name answers."""
    return f"/names?{urlencode({'name': name})}"


def events_path(**filters: str) -> str:
    """Events, of those filters that aren't empty."""
    given = {key: value for key, value in filters.items() if value}
    return f"/events?{urlencode(given)}" if given else "/events"
