"""EDGE: the embedded DNS server; answers from records that others publish."""
