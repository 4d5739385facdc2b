"""The lifecycle engine: what is wanted, what the clouds show, and the calls that make both the same."""
