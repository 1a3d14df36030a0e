"""EDGE: a machine made ready: the engine found, installed or started, and the base image made.

Before: nothing of ours but errors. After: the doctor command. Never here: anything about environments and
clusters.
The whole room runs before the first loop does, and everything in it may be run again at any time.
"""
