"""WIRING: what the REST API and the console act through, made of the loop, the engine, chaos and our own commands."""
