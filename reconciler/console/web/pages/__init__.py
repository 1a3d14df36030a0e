"""EDGE: the pages that look: each a view (GET) that makes values for its template, from what the services tell."""
