"""Ways to sign in that keystoneauth does not have, as plugins of its own kind.

They are registered under its entry point, so that openstacksdk, openstackclient and clouds.yaml can
use them too. Names begin with ``leasehold_``; ``rackspace`` is the one that clouds.yaml files know.
"""
