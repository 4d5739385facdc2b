"""Nova 2.1 with its microversions."""
