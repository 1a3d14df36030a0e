"""Runs the web tier."""

from acmeair.serve import main
from acmeair_web.tier import WebTier

main(WebTier)
