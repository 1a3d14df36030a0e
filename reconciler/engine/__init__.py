"""DONE: the effects, behind small ports: the container engine, heartbeats, names, the store."""
