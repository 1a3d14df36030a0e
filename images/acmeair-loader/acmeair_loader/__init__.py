"""Acme Air's loader: schema and data, once, and again without harm."""
