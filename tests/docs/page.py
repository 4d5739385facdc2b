"""A page of the documentation, taken apart: its code, its headings, its links."""

import re
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(?P<language>\S*)$")
_MARK = re.compile(r"^<!-- (?P<mark>.+?) -->$")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$")
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE_SPAN = re.compile(r"`[^`]*`")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A fenced block of code, with the comment that stands before it."""

    language: str
    text: str
    line: int
    mark: str = ""
    """``not run: WHY``, ``exit code: N``, ``in the background``; or nothing."""

    @property
    def reason_not_to_run(self) -> str | None:
        kind, _, why = self.mark.partition(": ")
        return why if kind == "not run" else None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    blocks: tuple[Block, ...]
    anchors: frozenset[str]
    links: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def written_in(self, *languages: str) -> list[Block]:
        """The blocks in these languages that are to be run."""
        return [
            block
            for block in self.blocks
            if block.language in languages and block.reason_not_to_run is None
        ]


def read(path: Path) -> Page:
    blocks: list[Block] = []
    anchors: set[str] = set()
    links: list[str] = []
    mark, opened, language, lines = "", 0, "", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if opened and line == "```":
            text = "\n".join(lines) + "\n"
            blocks.append(Block(language=language, text=text, line=opened, mark=mark))
            mark, opened = "", 0
        elif opened:
            lines.append(line)
        elif fence:
            opened, language, lines = number, fence["language"], []
        elif found := _MARK.match(line):
            mark = found["mark"]
        elif line.strip():
            mark = ""
            if heading := _HEADING.match(line):
                anchors.add(_anchor(heading["text"]))
            links += [found["target"] for found in _LINK.finditer(_CODE_SPAN.sub("", line))]
    assert not opened, f"{path}:{opened}: the block does not end"
    return Page(path=path, blocks=tuple(blocks), anchors=frozenset(anchors), links=tuple(links))


def _anchor(heading: str) -> str:
    """The fragment that forges make of a heading."""
    plain = re.sub(r"[^\w\- ]", "", _CODE_SPAN.sub(lambda code: code[0][1:-1], heading).lower())
    return plain.strip().replace(" ", "-")


PAGES = tuple(
    read(path)
    for path in (
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
    if path.exists()
)


def page(name: str) -> Page:
    """The page of that name, ``docs/api.md``."""
    return next(each for each in PAGES if each.name == name)
