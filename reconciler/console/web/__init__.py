"""EDGE: the web console: pages rendered here, live by server-sent events. It acts through api.services only."""
