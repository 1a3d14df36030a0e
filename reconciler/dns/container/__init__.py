"""EDGE: the same DNS server in a container that the loop keeps, for loops that can't listen on port 53.

`service` (what the loop has) keeps the container through `keeping` and sends records through `feed`; `protocol` is what
they say to each other; `program` runs inside, with `control` (the loop's words), `held` (what was said) and `alone`
(what to answer while nobody says anything).
"""
