"""SEEN: what the engine, the heartbeats and the names say, as frozen values. Pure; knows nothing of specs."""
