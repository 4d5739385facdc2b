"""The one root of every error that Leasehold raises on purpose."""


class LeaseholdError(Exception):
    """Something failed in a way that was foreseen; the message says what to do next.

    Leaf classes carry their facts as attributes, so that callers decide on fields and people read
    the message.
    """
