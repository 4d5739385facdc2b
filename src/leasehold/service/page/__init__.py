"""The page: HTML made here, kept fresh by htmx; what changes something is a form."""
