"""Acme Air's auth tier: sessions."""
