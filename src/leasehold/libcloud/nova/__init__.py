"""What Nova 1.1 had of its own: images, networks, floating IPs, security groups and volumes."""
