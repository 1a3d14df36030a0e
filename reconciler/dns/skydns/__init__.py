"""The SkyDNS v1 HTTP API: things that we don't manage register names beside ours (docs/reference/skydns-api.md)."""
