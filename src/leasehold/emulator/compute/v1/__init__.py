"""Nova 1.0, the API of Rackspace's Cloud Servers and of the first OpenStack clouds.

A dialect at the edge: what it says of servers, images and flavors it asks the routes of 2.1 for.
Only shared IP groups and backup schedules are its own; nothing after it had them.
"""
