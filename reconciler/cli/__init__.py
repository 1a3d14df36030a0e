"""WIRING: the command line; every decision is elsewhere."""
