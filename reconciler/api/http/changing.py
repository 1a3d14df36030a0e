"""Routes of changes: what a wish would do, and the wish carried out. Every change is an edit of spec files.

Before: app. After: the service of changes, the loop's planner.
"""

from typing import Any

from fastapi import APIRouter, Response

from reconciler.api import encode
from reconciler.api.http import shapes
from reconciler.api.http.answers import answer
from reconciler.api.http.bodies import Change, Files, GivenFiles, Wish, contents, wish
from reconciler.api.http.given import BEGUN, Given, GivenPolicy, says, where
from reconciler.api.http.threads import off_loop
from reconciler.changes.proposal import Proposal
from reconciler.changes.sources import Sources, check_all
from reconciler.errors import SpecError
from reconciler.spec.parse import parse
from reconciler.spec.policy import Policy

router = APIRouter(tags=["change"])


@router.post(
    "/v1/proposals",
    summary="What a change would do",
    responses=says(shapes.Proposal, "The files' difference, the plans, and the base to carry it out with."),
)
async def propose(services: Given, body: Wish) -> Response:
    return answer(_proposal(await off_loop(services.changes.propose, wish(body))))


@router.post("/v1/changes", summary="Change the files", status_code=202, responses=BEGUN)
async def change(services: Given, body: Change) -> Response:
    operation = await off_loop(services.changes.carry_out, wish(body.wish), body.base, "api")
    return answer(encode.plain(operation), 202, where(operation))


@router.post(
    "/v1/validate",
    summary="Check spec files",
    responses=says(shapes.Checked, "Every problem of all of them, alone and together, as `validate -o json` prints."),
)
async def validate(policy: GivenPolicy, body: GivenFiles) -> Response:
    return answer(await off_loop(_checked, contents(body.files), policy))


@router.post(
    "/v1/plan",
    summary="A dry run",
    responses=says(shapes.Plans, "What the loop would do with these files in the place of the directory's."),
)
async def plan(services: Given, body: Files) -> Response:
    files = None if body.files is None else contents(body.files)
    plans = await off_loop(services.loop.plan, files)
    return answer({"quiet": all(one.quiet for one in plans), "plans": [encode.plan_dict(one) for one in plans]})


def _checked(files: dict[str, bytes], policy: Policy) -> dict[str, Any]:
    sources = Sources()
    for name, text in files.items():
        try:
            sources.texts[name] = text
            sources.parsed[name] = parse(text, file=name, policy=policy)
        except SpecError as error:
            sources.problems += error.problems
    try:
        check_all(sources)
    except SpecError as error:
        problems = [encode.problem_dict(problem) for problem in error.problems]
        return {"valid": False, "files": sorted(files), "problems": problems}
    return {"valid": True, "files": sorted(files), "problems": []}


def _proposal(proposal: Proposal) -> encode.Json:
    edits = [{**encode.plain(edit), "difference": edit.difference} for edit in proposal.edits]
    plans = None if proposal.plans is None else [encode.plan_dict(one) for one in proposal.plans]
    whole = {"changed": proposal.changed, "difference": proposal.difference, "edits": edits, "plans": plans}
    kept = {"says": proposal.says, "clusters": list(proposal.clusters), "base": proposal.base}
    return {**kept, **whole, "remarks": list(proposal.remarks)}
