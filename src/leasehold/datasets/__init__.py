"""Named data on volumes that follow their container from server to server.

The control side decides and talks to the cloud; the agent on a server mounts. What they say to each
other is `leasehold.datasets.protocol`.
"""
