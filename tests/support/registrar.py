"""A small server for end-to-end tests of traffic: it registers itself in Eureka, and is ready only later.

Before: nothing; its whole program goes into a spec as its command. After: test_eureka_traffic. It says UP as soon as it
runs, as careless applications do, and ends at once on SIGTERM: whoever is sent to it then has a failed request.
"""

import json

from tests.support.spec_text import BASE, spec

APP = "REGISTRAR"
EUREKA_SPEC = """\
image: reconciler/eureka:latest
size: 1
environment: {EUREKA_URLS: "http://eureka1.eureka:8080/eureka/v2/"}
health: {http: {port: 8080, path: /healthcheck, timeout: 2s, misses: 60}, start: 60s}
stop: {grace: 2s, drain: 0s}
"""
PROGRAM = """
import http.server, json, os, socket, threading, time, urllib.error, urllib.request
began, name = time.monotonic(), socket.gethostname()
address, app = socket.gethostbyname(name), os.environ["APP"]
url = os.environ["EUREKA"] + "/apps/" + app
after = float(os.environ.get("READY_AFTER", "0"))
lease = {"instanceId": name, "hostName": name, "app": app, "ipAddr": address, "vipAddress": app, "status": "UP",
  "port": {"$": 80, "@enabled": "true"}, "leaseInfo": {"renewalIntervalInSecs": 1, "durationInSecs": 3},
  "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}
def call(method, to, body=None):
    head = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(to, body, head, method=method), timeout=2):
        pass
def register():
    call("POST", url, json.dumps({"instance": lease}).encode())
def live():
    known = False
    while True:
        try:
            if not known:
                register()
            call("PUT", url + "/" + name)
            known = True
        except urllib.error.HTTPError:
            known = False
        except OSError:
            pass
        time.sleep(0.3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        late = self.path == "/health" and time.monotonic() - began < after
        body = (name + " " + os.environ.get("VERSION", "1")).encode()
        self.send_response(503 if late else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("", 80), Handler)
threading.Thread(target=live, daemon=True).start()
server.serve_forever()
"""


def registrar(size: int, version: int, *, rollout: str = "bake: 0s", ready_after: float = 0.0) -> str:
    """A cluster of them, as `version` says of itself."""
    variables = {
        "APP": APP, "EUREKA": "http://eureka1.eureka:8080/eureka/v2", "VERSION": str(version),
        "READY_AFTER": str(ready_after),
    }  # fmt: skip
    return spec(
        size,
        f"environment: {json.dumps(variables)}",
        "health: {http: {port: 80, path: /health, interval: 200ms}, start: 20s}",
        f"discovery: {{eureka: {{app: {APP}, cluster: eureka}}}}",
        image=BASE,
        command=json.dumps(["python3", "-c", PROGRAM]),
        rollout=rollout,
        stop="grace: 2s, drain: 1500ms",
    )
