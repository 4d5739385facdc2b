"""Markdown from parts: tables, anchors, and docstrings as a page writes them."""

import re
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns that are empty throughout are left out."""
    cells = [[prose(cell) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    lines = [[columns[place] for place in used], ["---"] * len(used)]
    lines += [[row[place].replace("|", "\\|") for place in used] for row in cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def prose(text: str | None) -> str:
    """A docstring as running Markdown: one line, code in single backticks."""
    return re.sub(r"``(.+?)``", r"`\1`", " ".join((text or "").split()))


def sentence(text: str | None) -> str:
    """The same, begun with a capital and ended with a full stop."""
    plain = prose(text)
    if not plain:
        return ""
    return plain[0].upper() + plain[1:] + ("" if plain[-1] in ".:!?" else ".")


def code(value: object) -> str:
    """A value in code type."""
    return f"`{value}`"


def anchor(heading: str) -> str:
    """The fragment by which forges link to a heading."""
    plain = re.sub(r"[^\w\- ]", "", heading.lower())
    return plain.strip().replace(" ", "-")


def link(heading: str, shown: str | None = None) -> str:
    """A link to a heading of the same page."""
    return f"[{shown or heading}](#{anchor(heading)})"
