"""Ids, from a seeded source: the same run gives the same ids."""

from random import Random
from uuid import UUID


class Ids:
    """Makes ids the way OpenStack writes them."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def uuid(self) -> str:
        """Dashed, as of servers, ports and volumes."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def hex(self) -> str:
        """Without dashes, as of projects, users and roles."""
        return UUID(int=self._random.getrandbits(128), version=4).hex

    def token(self, length: int = 24) -> str:
        """Letters and digits, as of an audit id, a reservation id or a generated password."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self._random.choices(letters, k=length))
