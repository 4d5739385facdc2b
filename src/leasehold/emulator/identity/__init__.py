"""Keystone: v3 and v2.0."""
