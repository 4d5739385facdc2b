"""Keystone: v3, v2.0, v1.1 and v1.0."""
