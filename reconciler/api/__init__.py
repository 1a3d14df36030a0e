"""EDGE: the local control API on a unix socket, its server and its client."""
