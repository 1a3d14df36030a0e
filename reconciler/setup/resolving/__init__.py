"""This host's own programs made to resolve an environment's names through its DNS server, and the same taken back.

Before: a network with our server on it (`server`), the files and programs of this host (`host`). After:
`reconciler dns setup`. `ways` decides what to do from values alone; `in_place` and `doing` do it.
Never here: a change that nobody asked for, and anything that a container resolves with.
"""
