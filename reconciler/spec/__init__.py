"""WANTED: spec text becomes frozen values. Nothing here knows of containers, clocks or threads."""
