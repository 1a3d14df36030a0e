"""The examples' own drills, made shorter, against a cloud of a test's own; what their report says.

Before: a running Cloud, `examples/*/drills`. After: end-to-end tests. A drill is changed by replacing text, and each
text has to be there: one that was changed in the examples is noticed here. Never here: other drills.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.acmeair import EXAMPLES, Cloud

BOOKERS = EXAMPLES / "acmeair" / "drills" / "bookers.py"
_MORE = ("--pause", "'0.2'", "--first-customer", "'60'")  # other tests have the other customers
_SECONDS = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A drill's end: its exit code, what it printed, its report, its history's verdict."""

    code: int
    said: str
    report: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        return self.code == 0 and bool(self.report["passed"])

    @property
    def verdict(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.report["history"]["verdict"]
        return found

    def side(self, name: str) -> Mapping[str, int]:
        """What the clients of one side met."""
        return next(side for side in self.verdict["sides"] if side["name"] == name)


def run(cloud: Cloud, example: str, name: str, shorter: Mapping[str, str], *, seconds: float = _SECONDS) -> Told:
    """Run `examples/EXAMPLE/drills/NAME.yaml`, with each text of `shorter` replaced."""
    text = (EXAMPLES / example / "drills" / f"{name}.yaml").read_text(encoding="utf-8")
    program = "../../acmeair/drills/bookers.py" if "../acmeair/" in text else "bookers.py"
    ports = {"127.0.0.1:8081": f"127.0.0.1:{cloud.site + 1}", "127.0.0.1:8080": f"127.0.0.1:{cloud.site}"}
    steps = text.index("steps:")
    for old, new in shorter.items():
        assert old in text[steps:], f"{name}.yaml has no {old!r}"
        text = text[:steps] + text[steps:].replace(old, new)
    text = text.replace(program + ",", f"{BOOKERS}, {', '.join(_MORE)},")
    text = text.replace(f"- {program}\n", f"- {BOOKERS}\n" + "".join(f"    - {word}\n" for word in _MORE))
    for old, new in ports.items():
        text = text.replace(old, new)
    assert str(BOOKERS) in text
    file = cloud.loop.root / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    report = cloud.loop.root / f"report-{name}"
    ran = cloud.loop.cli("drill", file, "--unleash", "--report", report, seconds=seconds)
    said = ran.out + ran.err
    return Told(code=ran.code, said=said, report=_report(report / "report.json", said))


def _report(file: Path, said: str) -> Mapping[str, Any]:
    assert file.exists(), said
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
