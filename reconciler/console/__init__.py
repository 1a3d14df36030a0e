"""EDGE: what people look at in a terminal."""
