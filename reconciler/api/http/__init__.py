"""EDGE: the REST API over HTTP, and what it shares with the console: guard, token, server. Loaded on demand only."""
