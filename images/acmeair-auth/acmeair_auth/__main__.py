"""Runs the auth tier."""

from acmeair.serve import main
from acmeair_auth.tier import AuthTier

main(AuthTier)
