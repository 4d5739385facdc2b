"""Nova 2.1 with its microversions, and what came before it."""
