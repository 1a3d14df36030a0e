"""One good request for every operation of the document, over the environment of fake_services."""

from typing import Any, NamedTuple

SPEC = "name: web2\nimage: nginx:1.27\nsize: 2\n"


class Good(NamedTuple):
    """`path` with its parameters filled in; `body` is sent as JSON."""

    method: str
    path: str
    body: Any = None


GOOD: dict[str, Good] = {
    "status": Good("GET", "/v1/status"),
    "info": Good("GET", "/v1/info"),
    "clusters": Good("GET", "/v1/clusters"),
    "cluster": Good("GET", "/v1/clusters/webapp"),
    "spec": Good("GET", "/v1/clusters/webapp/spec"),
    "revisions": Good("GET", "/v1/clusters/webapp/revisions"),
    "revision": Good("GET", "/v1/clusters/webapp/revisions/v000"),
    "name": Good("GET", "/v1/names?name=webapp"),
    "zones": Good("GET", "/v1/zones"),
    "schema": Good("GET", "/v1/schema"),
    "doctor": Good("GET", "/v1/doctor"),
    "instances": Good("GET", "/v1/instances?cluster=webapp&verdict=ready"),
    "instance": Good("GET", "/v1/instances/webapp-1"),
    "logs": Good("GET", "/v1/instances/webapp1/logs?tail=2"),
    "execute": Good("POST", "/v1/instances/webapp-1/exec", {"command": ["id"], "seconds": 5}),
    "terminate": Good("POST", "/v1/instances/webapp-1/terminate"),
    "propose": Good("POST", "/v1/proposals", {"kind": "resize", "name": "webapp", "size": 7}),
    "change": Good("POST", "/v1/changes", {"wish": {"kind": "resize", "name": "webapp", "size": 7}}),
    "validate": Good("POST", "/v1/validate", {"files": {"web2.yaml": SPEC}}),
    "plan": Good("POST", "/v1/plan", {"files": {"web2.yaml": SPEC}}),
    "events": Good("GET", "/v1/events?limit=3"),
    "faults": Good("GET", "/v1/faults"),
    "preview_fault": Good("POST", "/v1/faults/preview", {"kind": "monkey", "cluster": "webapp"}),
    "make_fault": Good("POST", "/v1/faults", {"kind": "monkey", "cluster": "webapp"}),
    "heal_all": Good("DELETE", "/v1/faults"),
    "heal": Good("DELETE", "/v1/faults/{fault}"),
    "operations": Good("GET", "/v1/operations"),
    "operation": Good("GET", "/v1/operations/1"),
    "operation_log": Good("GET", "/v1/operations/1/log"),
    "stop_operation": Good("DELETE", "/v1/operations/1"),
    "close_zone": Good("POST", "/v1/zones/az2/close", {"seconds": 60, "why": "a disk"}),
    "open_zone": Good("POST", "/v1/zones/az2/open"),
    "confirm": Good("POST", "/v1/confirm", {"names": None}),
    "rescan": Good("POST", "/v1/rescan"),
    "stop": Good("POST", "/v1/stop"),
    "build_images": Good("POST", "/v1/images", {"names": ["base"]}),
    "run_drill": Good("POST", "/v1/drills", {"text": "name: a\n"}),
}
ENDLESS = frozenset({"stream"})
