"""EDGE: what people look at in a terminal; pure renderers from status, plans and events to text.

Before: plan.status, plan.plan, state.event. After: cli, which prints what is made here.
Nothing here fetches, decides or reads a clock; `live` alone waits, for the terminal's sake.
"""
