"""Flocker's edges: its certificates, its `dataset:` stanza, its block-device calls, its REST API."""
