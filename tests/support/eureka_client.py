"""What an instance says to Eureka: registering, and taking its lease back. For tests of traffic.

Before: a server's API (`http://…/eureka/v2`). After: contract and unit tests of engine.eureka.
"""

import json
from urllib.parse import quote

from tests.support.edge_ask import Answer, ask


def register(url: str, app: str, entry: str, address: str, status: str = "UP") -> Answer:
    """As a client of Netflix's does, with a lease that outlasts a test."""
    body = {
        "instanceId": entry, "hostName": entry, "app": app, "ipAddr": address, "vipAddress": app, "status": status,
        "port": {"$": 80, "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": 60},
    }  # fmt: skip
    return ask(f"{url}/apps/{app}", body=json.dumps({"instance": body}), kind="application/json")


def cancel(url: str, app: str, entry: str) -> Answer:
    """Its lease ends."""
    return ask(f"{url}/apps/{app}/{quote(entry, safe='')}", method="DELETE")
