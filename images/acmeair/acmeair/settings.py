"""What a tier is told by its environment; parsed once, at the door. Pure.

Before: the instance's variables and its user data (docs/reference/spec.md). After: every other module.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A variable that can't be used: which, why, what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One instance's settings."""

    hostname: str
    cluster: str
    zone: str
    image: str
    port: int
    eureka_urls: tuple[str, ...]
    contacts: tuple[str, ...]
    cassandra_port: int
    session_seconds: int
    lame_duck_seconds: float
    deadline_seconds: float
    replication: int
    days: int
    wait_seconds: float
    metrics_file: str


def read_settings(environ: Mapping[str, str], hostname: str) -> Settings:
    """The settings in `environ`; raises SettingsError."""
    cluster, zone, image = _user_data(environ.get("user_data", ""))
    return Settings(
        hostname=hostname,
        cluster=cluster,
        zone=zone,
        image=image,
        port=_whole(environ, "ACMEAIR_PORT", 8080, 1, 65535),
        eureka_urls=tuple(_url(text) for text in _list(environ.get("EUREKA_URLS", ""))),
        contacts=_list(environ.get("CASSANDRA_CONTACTS", "cassandra")),
        cassandra_port=_whole(environ, "CASSANDRA_PORT", 9042, 1, 65535),
        session_seconds=_whole(environ, "ACMEAIR_SESSION_SECONDS", 86400, 1, 365 * 86400),
        lame_duck_seconds=_seconds(environ, "ACMEAIR_LAME_DUCK", 3.0),
        deadline_seconds=_seconds(environ, "ACMEAIR_DEADLINE", 3.5),
        replication=_whole(environ, "ACMEAIR_REPLICATION", 2, 1, 5),
        days=_whole(environ, "ACMEAIR_DAYS", 7, 1, 366),
        wait_seconds=_seconds(environ, "ACMEAIR_WAIT", 120.0),
        metrics_file=environ.get("RECONCILER_METRICS_FILE", ""),
    )


def _user_data(text: str) -> tuple[str, str, str]:
    """Cluster, zone and image; without user data, as when the image is run by hand, there is one zone."""
    if not text:
        return "", "default", ""
    try:
        data = json.loads(text)
        metadata = data["metadata"]
        return str(metadata["cluster"]), str(data["az_name"]), str(metadata.get("image", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"user_data: not the reconciler's JSON with az_name and metadata.cluster: {error}"
        ) from error


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in (word.strip() for word in text.split(",")) if part)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise SettingsError(f"EUREKA_URLS: {text!r} is no address; write http://eureka1.eureka:8080/eureka/v2/")
    return text.rstrip("/")


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(f"{name}: {text!r} is no whole number from {least} to {most}")
    return int(text)


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        raise SettingsError(f"{name}: {text!r} is no number of seconds from 0 to 3600")
    return value
