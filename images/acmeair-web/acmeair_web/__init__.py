"""Acme Air's web tier: the page and the REST API."""
