"""Kubernetes-operator style for plain Docker: save a YAML file, and the containers follow."""
