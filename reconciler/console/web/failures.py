"""Pages that say why there is nothing else to see: what happened, and what to do now.

Before: answering, app. After: error.html. Pure. A fault of ours shows no insides; they are in the loop's log.
"""

from collections.abc import Mapping
from typing import Literal

from reconciler.api.refusal import refused as refusal_of
from reconciler.console.web.page import Page
from reconciler.errors import FileChanged, Problem, ReconcilerError, SpecError

Refusal = Literal["form", "read-only", "sign-in"]

_REFUSALS: Mapping[Refusal, tuple[str, str, str]] = {
    "form": (
        "This form is from another session",
        "Nothing was changed. The page was open from before the last sign-in, or it isn't one of this console.",
        "Go back, load the page again, and send the form once more.",
    ),
    "read-only": (
        "This console only shows",
        "Nothing was changed. The loop was started with --console-read-only.",
        "Edit the spec files, or use the command line on the machine where the loop runs.",
    ),
    "sign-in": ("Sign in first", "Nobody is signed in here.", "Sign in with the token."),
}


def refused(why: Refusal) -> Page:
    """403, and what to do instead."""
    title, text, advice = _REFUSALS[why]
    return error_page(403, title, text, advice)


def unknown_page(what: str) -> Page:
    """404 of something that a path names."""
    return error_page(404, "Not there", what or "There is nothing at this address.", "It may have been removed.")


def failure_page(error: ReconcilerError | None) -> Page:
    """What an error says; None: a fault of ours."""
    if error is None:
        text = "The console has a fault: this page could not be made. Nothing else is affected, the loop goes on."
        return error_page(500, "This page failed", text, "The loop's log says what happened.")
    status = refusal_of(error).status
    problems = error.problems if isinstance(error, SpecError) else ()
    difference = error.difference if isinstance(error, FileChanged) else ""
    text = "" if problems else str(error)
    advice = "Try again in a moment." if status >= 500 else "Nothing was changed."
    return error_page(status, "That did not work", text, advice, problems=problems, difference=difference)


def error_page(
    status: int,
    title: str,
    text: str,
    advice: str = "",
    *,
    problems: tuple[Problem, ...] = (),
    difference: str = "",
) -> Page:
    """Any of them."""
    values = {"status": status, "text": text, "advice": advice, "problems": problems, "difference": difference}
    return Page(template="error.html", title=title, values=values, status=status)
