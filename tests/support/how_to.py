"""A how-to page as something that can be followed: its files are saved, its steps are run as they stand.

Before: a page under docs/how-to. After: the end-to-end tests of pages. A file stands in a block of YAML behind
`<!-- file: specs/site.yaml -->`, a step in a block of shell behind `<!-- test: start -->`.
"""

import re
from pathlib import Path

from tests.support.loop_process import ROOT, LoopProcess, Ran


class HowTo:
    """One page, followed in the environment of `process`."""

    def __init__(self, page: str, process: LoopProcess) -> None:
        self.text = (ROOT / "docs/how-to" / page).read_text(encoding="utf-8")
        self.files = dict(re.findall(r"<!-- file: (\S+) -->\n```yaml\n(.*?)```", self.text, re.DOTALL))
        self.steps = dict(re.findall(r"<!-- test: (\w+) -->\n```sh\n(.*?)```", self.text, re.DOTALL))
        self._process = process
        self._left = dict(self.steps)
        process.variables.pop("RECONCILER_SPECS", None)  # as on the page: ./specs
        for name, text in self.files.items():
            self.place(name).write_text(text, encoding="utf-8")

    def place(self, name: str) -> Path:
        """A file of the page, where it was saved."""
        path = self._process.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def step(self, name: str, *, code: int = 0, seconds: float = 60.0) -> Ran:
        """Run a step, which exits with `code`."""
        del self._left[name]
        ran = self._process.shell(self.steps[name], seconds=seconds)
        assert ran.code == code, f"{name}: exit {ran.code}\n{ran.out}\n{ran.err}\n{self._process.picture()}"
        return ran

    @property
    def left(self) -> list[str]:
        """The steps that nobody has run."""
        return [*self._left]
