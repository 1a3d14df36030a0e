"""EDGE: faults made on purpose; knows nothing of plan and loop."""
