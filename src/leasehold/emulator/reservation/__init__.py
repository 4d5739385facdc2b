"""Blazar: v1."""
