"""What clients call nodes: with the lab's domain, which nodes in a cloud do not have in their names."""

from leasehold.lab.model import NodeName
from leasehold.lab.prompt import Entry, Prompt


class Names:
    """The names of nodes as clients of paddles write and read them."""

    def __init__(self, domain: str | None) -> None:
        """`domain` follows each name that has no dot, as clients make one of it by themselves."""
        self._suffix = f".{domain}" if domain else ""

    def shown(self, name: NodeName) -> str:
        return name if "." in name else f"{name}{self._suffix}"

    def find(self, lab: Prompt, name: str) -> Entry | None:
        """The node that clients call so, or None."""
        found = lab.entry(NodeName(name))
        return lab.entry(self.short(NodeName(name))) if found is None else found

    def short(self, name: NodeName) -> NodeName:
        """A name without the lab's domain, if that leaves no dot in it."""
        short = name.removesuffix(self._suffix)
        return name if "." in short else NodeName(short)
