"""The SkyDNS v1 API of a real loop: curl and dig on the host, a program in a container, restarts, two environments."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.dig import dig, dig_inside
from tests.support.loop_process import DOMAIN, LoopProcess
from tests.support.spec_text import BASE, spec

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

WEBAPP = spec(1, "ports: [80]", image=BASE)
_INSIDE = """
import http.client, sys
client = http.client.HTTPConnection(sys.argv[1], 8080, timeout=20)
client.request(sys.argv[2], sys.argv[3], sys.argv[4] or None)
print(client.getresponse().status)
"""


@dataclass(frozen=True)
class Registrar:
    """Calls the API of a loop, and asks its DNS server."""

    loop: LoopProcess

    @property
    def gateway(self) -> str:
        found: str = self.loop.docker.inspect_network(f"reconciler-{self.loop.env}")["IPAM"]["Config"][0]["Gateway"]
        return found

    def curl(self, method: str, path: str, sent: Any = None, *options: str) -> tuple[int, str]:
        """From the host: status and body; 0 where nobody answers."""
        data = ["-d", json.dumps(sent)] if sent is not None else []
        url = f"http://{self.gateway}:8080/skydns/{path}"
        command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", "-X", method, *data, *options, url]
        out = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
        body, _, status = out.rpartition("\n")
        return int(status), body

    def from_inside(self, container: str, method: str, path: str, sent: Any = None) -> int:
        """From a container, by the name server's own name."""
        server = f"ns.dns.{self.loop.env}.{DOMAIN}"
        text = json.dumps(sent) if sent is not None else ""
        command = ["python3", "-c", _INSIDE, server, method, f"/skydns/{path}", text]
        made = self.loop.docker.exec_create(container, command)
        return int(self.loop.docker.exec_start(made["Id"]).split()[-1])

    def service(self, name: str, host: str, *, env: str = "", region: str = "az1", ttl: int = 3600) -> dict[str, Any]:
        return {
            "Name": name,
            "Version": "1.0.0",
            "Environment": env or self.loop.env,
            "Region": region,
            "Host": host,
            "Port": 5432,
            "TTL": ttl,
        }

    def addresses(self, name: str, env: str = "") -> set[str]:
        """What a name without environment and domain leads to, asked from the host."""
        return dig(f"{name}.{env or self.loop.env}.{DOMAIN}", server=self.gateway).addresses


@pytest.fixture(scope="module")
def registrar(loop: LoopProcess) -> Registrar:
    """A loop with one instance of webapp, ready."""
    loop.save("webapp", WEBAPP)
    loop.until_ready("webapp", 1)
    return Registrar(loop)


def test_what_is_registered_on_the_host_and_in_a_container_is_found_by_both(registrar: Registrar) -> None:
    loop = registrar.loop
    (container,) = loop.containers("webapp")
    assert registrar.curl("PUT", "services/db-1", registrar.service("db", "10.99.0.1")) == (201, "")
    second = registrar.service("db", "10.99.0.2", region="az2")
    assert registrar.from_inside(container, "PUT", "services/db-2", second) == 201
    assert registrar.curl("PUT", "services/other-1", registrar.service("db", "10.99.0.3", env="staging")) == (201, "")

    for name, addresses in (
        ("db", {"10.99.0.1", "10.99.0.2"}),
        ("1-0-0.db", {"10.99.0.1", "10.99.0.2"}),
        ("az1.1-0-0.db", {"10.99.0.1"}),
        ("*.*.AZ2.*.db", {"10.99.0.2"}),
        ("db-1.db", {"10.99.0.1"}),
        ("db-2.10-99-0-2.az2.1-0-0.db", {"10.99.0.2"}),
    ):
        assert registrar.addresses(name) == addresses, name
        asked = dig_inside(loop.docker, container, f"{name}.{loop.env}.{DOMAIN}")
        assert asked.addresses == addresses, name
    assert registrar.addresses("db", "staging") == {"10.99.0.3"}
    assert dig_inside(loop.docker, container, f"db.staging.{DOMAIN}").addresses == {"10.99.0.3"}

    shares = dig(f"az1.*.db.{loop.env}.{DOMAIN}", "SRV", server=registrar.gateway).data("SRV")
    assert {tuple(share.split()[:3]) for share in shares} == {("10", "100", "5432"), ("20", "100", "5432")}

    status, body = registrar.curl("GET", f"services/?query={loop.env}")
    assert status == 200
    assert sorted(service["UUID"] for service in json.loads(body)) == ["db-1", "db-2", "webapp1"]
    counted = json.loads(registrar.curl("GET", "environments/")[1])
    assert counted == {loop.env: 3, "staging": 1}

    assert registrar.from_inside(container, "DELETE", "services/db-2") == 200
    assert registrar.curl("DELETE", "services/db-1")[0] == 200
    assert registrar.curl("DELETE", "services/other-1")[0] == 200
    assert dig(f"db.{loop.env}.{DOMAIN}", server=registrar.gateway).denied == "NXDOMAIN"
    assert registrar.addresses("db", "staging") == set()


def test_what_is_not_renewed_goes_and_what_is_renewed_stays(registrar: Registrar) -> None:
    assert registrar.curl("PUT", "services/short", registrar.service("short", "10.99.0.1", ttl=4))[0] == 201
    assert registrar.curl("PUT", "services/kept", registrar.service("kept", "10.99.0.2", ttl=4))[0] == 201
    assert registrar.curl("PATCH", "services/kept", {"TTL": 3600}) == (200, "")
    found = dig(f"short.{registrar.loop.env}.{DOMAIN}", server=registrar.gateway)
    assert (found.addresses, found.answer[0].ttl_seconds) == ({"10.99.0.1"}, 1)
    registrar.loop.until(lambda: not registrar.addresses("short"), what="short is gone")
    assert registrar.addresses("kept") == {"10.99.0.2"}
    again = registrar.service("short", "10.99.0.3")
    registrar.loop.until(lambda: registrar.curl("PUT", "services/short", again)[0] == 201, what="its UUID is free")
    assert registrar.addresses("short") == {"10.99.0.3"}
    for uuid in ("kept", "short"):
        assert registrar.curl("DELETE", f"services/{uuid}")[0] == 200


def test_a_cluster_can_not_be_joined_nor_shadowed(registrar: Registrar) -> None:
    loop = registrar.loop
    ours = registrar.addresses("webapp")
    status, said = registrar.curl("PUT", "services/fake", registrar.service("WebApp", "10.99.0.1"))
    assert (status, said.split(" is ")[0]) == (409, f"webapp.{loop.env}")
    assert registrar.addresses("webapp") == ours

    assert registrar.curl("PUT", "services/early", registrar.service("late", "10.99.0.1"))[0] == 201
    assert registrar.addresses("late") == {"10.99.0.1"}
    loop.save("late", spec(1))
    loop.until_ready("late", 1)
    assert len(registrar.addresses("late")) == 1
    assert registrar.addresses("late") != {"10.99.0.1"}
    # Nor when it has no instance just now.
    loop.save("late", spec(0))
    loop.until(lambda: not loop.containers("late"), what="late is empty")
    assert registrar.addresses("late") == set()
    assert registrar.curl("PUT", "services/again", registrar.service("late", "10.99.0.2"))[0] == 409
    assert registrar.curl("GET", "services/early")[0] == 200
    (loop.specs / "late.yaml").unlink()
    loop.cli("delete", "late", "--yes")
    loop.until_gone("late")
    assert registrar.addresses("late") == {"10.99.0.1"}
    assert registrar.curl("DELETE", "services/early")[0] == 200


@pytest.mark.parametrize("by_force", [False, True])
def test_a_restart_of_the_loop_keeps_what_was_registered(registrar: Registrar, by_force: bool) -> None:
    loop = registrar.loop
    assert registrar.curl("PUT", "services/kept", registrar.service("kept", "10.99.0.7"))[0] == 201
    assert registrar.curl("PUT", "services/gone", registrar.service("gone", "10.99.0.8"))[0] == 201
    assert registrar.curl("DELETE", "services/gone")[0] == 200
    if by_force:  # the store writes within the blink of an eye, not before it answers
        loop.until(lambda: _noted(loop) == {"skydns:kept"}, what="it is written")
        loop.kill()
    else:
        assert loop.stop() == 0
    assert registrar.curl("GET", "regions/")[0] == 0
    loop.start()
    loop.until(lambda: registrar.addresses("kept") == {"10.99.0.7"}, what="kept is answered again")
    assert registrar.addresses("gone") == set()
    assert json.loads(registrar.curl("GET", "services/kept")[1])["TTL"] > 3000
    assert registrar.curl("DELETE", "services/kept")[0] == 200


def _noted(loop: LoopProcess) -> set[str]:
    with closing(sqlite3.connect(f"file:{loop.state / 'state.db'}?mode=ro", uri=True)) as connection:
        return {str(key) for (key,) in connection.execute("SELECT key FROM notes WHERE key LIKE 'skydns:%'")}


@pytest.fixture
def others(engine: str, tmp_path: Path) -> Iterator[Registrar]:
    """Another environment on the same engine, whose API wants a secret."""
    loop = LoopProcess(engine, tmp_path, options=("--skydns-secret", "s3cret"))
    try:
        loop.save("webapp", WEBAPP)
        loop.start()
        loop.until_ready("webapp", 1)
        yield Registrar(loop)
    finally:
        loop.close()


def test_two_environments_on_one_engine_do_not_see_each_others_names(registrar: Registrar, others: Registrar) -> None:
    theirs = others.loop.env
    assert registrar.curl("PUT", "services/db", registrar.service("db", "10.99.0.1"))[0] == 201
    assert others.curl("PUT", "services/db", others.service("db", "10.99.0.2"))[0] == 403
    secret = ("-H", "Authorization: s3cret")
    assert others.curl("PUT", "services/db", others.service("db", "10.99.0.2"), *secret)[0] == 201
    assert (registrar.addresses("db"), others.addresses("db")) == ({"10.99.0.1"}, {"10.99.0.2"})
    assert registrar.addresses("db", theirs) == registrar.addresses("webapp", theirs) == set()
    assert others.addresses("db", registrar.loop.env) == set()

    # Even a name given for the other environment is known to its own server alone.
    shadow = registrar.service("webapp", "10.99.0.9", env=theirs)
    assert registrar.curl("PUT", "services/shadow", shadow)[0] == 201
    assert "10.99.0.9" not in others.addresses("webapp")
    (container,) = others.loop.containers("webapp")
    inside = dig_inside(others.loop.docker, container, f"webapp.{theirs}.{DOMAIN}")
    assert inside.addresses == others.addresses("webapp") != set()
    # And their containers may not call our API.
    command = ["python3", "-c", _INSIDE, registrar.gateway, "GET", "/skydns/regions/", ""]
    made = others.loop.docker.exec_create(container, command)
    said = others.loop.docker.exec_start(made["Id"]).decode()
    assert said.split()[-1] == "403" or "Error" in said
    for uuid in ("db", "shadow"):
        assert registrar.curl("DELETE", f"services/{uuid}")[0] == 200
