"""Performance, measured as ratios beside a peer in one run; `make bench` runs all of it."""
