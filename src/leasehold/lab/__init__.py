"""Door 2, the lab: machine types, nodes, leases, and the proof that a node can be used."""
