"""What the tests of bad inputs share: the lines that a refusal prints, the shortest good beginnings."""

import pytest

from reconciler.errors import SpecError
from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy

OK = "image: nginx:1.27\nsize: 3\n"
ONE = "image: nginx:1.27\nsize: 1\n"
LABEL = "use a to z, 0 to 9 and hyphens inside, as in `web-app`"


def lines_of(data: bytes, policy: Policy | None = None, file: str = "specs/webapp.yaml") -> list[str]:
    """The lines that a file is refused with."""
    with pytest.raises(SpecError) as refused:
        parse_cluster(data, file=file, policy=policy or Policy())
    return str(refused.value).splitlines()


def assert_refused(text: str, line: str) -> None:
    """The mistake is named; beside it only a missing key may be, because the examples are short."""
    found = lines_of(text.encode())
    assert f"specs/webapp.yaml:{line}" in found
    others = [said for said in found if said != f"specs/webapp.yaml:{line}"]
    assert all("` is missing; add" in said for said in others), others
