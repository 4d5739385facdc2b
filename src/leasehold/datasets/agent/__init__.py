"""The agent: on each server it finds, checks, formats and mounts the datasets that it is told to.

It needs the standard library, msgspec and programs of the system; no cloud credentials.
"""
