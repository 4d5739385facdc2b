"""What sizes cost, by Libcloud's list of prices or by the program's own."""

from functools import cache

from libcloud import pricing


def price_of(size_id: str, provider: str) -> float | None:
    """Look a size up: 0 if nothing is said of the provider, None if nothing is said of the size.

    Libcloud reads its file of 2 MB anew for each size, for OpenStack is not in it.
    """
    if provider not in pricing.PRICING_DATA["compute"] and not _is_shipped(provider):
        return 0.0
    return pricing.get_size_price("compute", provider, size_id)


@cache
def _is_shipped(provider: str) -> bool:
    try:
        pricing.get_pricing("compute", provider)
    except KeyError:
        return False
    return True
