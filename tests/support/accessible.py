"""What axe-core finds wrong with a page: rules of WCAG 2.2, A and AA, and of good practice.

Before: a page in a browser. After: tests, which want none. Never here: exceptions.
"""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page, *rules: str) -> list[str]:
    """A line for each: the rule, what it wants, the first element that breaks it. With `rules` only of those."""
    options = {"runOnly": list(rules), "resultTypes": ["violations"]} if rules else None
    found = Axe().run(page, options=options)
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]]
