"""EDGE: the embedded DNS server, which answers for the environment's names and passes all others to the
host's resolvers.
"""
