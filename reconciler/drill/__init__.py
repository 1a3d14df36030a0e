"""Drills: a file that says what to break, what must hold meanwhile, and what is expected; run, measured, reported.

Before: a Drill's YAML. After: the command line, which lends the runner its effects (a Stage) and shows the report.
The room plans faults only through chaos, changes nothing by itself, and never decides what the loop does.
"""
