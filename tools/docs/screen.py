"""The screen of a terminal, as far as rich and plain programs need one."""

import re

_SEQUENCE = re.compile(r"\x1b\[(?P<numbers>[\d;?]*)(?P<verb>[A-Za-z])")
_PLAIN = "\x1b[0m"


class Screen:
    """Takes what a program writes; knows colours, cursor up, carriage return and erased lines.

    Text is wrapped nowhere: who writes knows the width.
    """

    def __init__(self) -> None:
        self._lines: list[list[tuple[str, str]]] = [[]]
        self._row = self._column = 0
        self._style = ""
        self._rest = ""

    def write(self, text: str) -> None:
        """Take in the next piece, which may end in the middle of a sequence."""
        text = self._rest + text
        place = 0
        while place < len(text):
            found = _SEQUENCE.match(text, place)
            if found:
                self._obey(found["verb"], found["numbers"])
                place = found.end()
            elif text[place] == "\x1b" and len(text) - place < 12:
                break
            else:
                self._put(text[place])
                place += 1
        self._rest = text[place:]

    def text(self) -> str:
        """All lines, each with its colours as ANSI sequences."""
        return "\n".join(_joined(line) for line in self._lines)

    def _put(self, char: str) -> None:
        match char:
            case "\r":
                self._column = 0
            case "\n":
                self._row += 1
                if self._row == len(self._lines):
                    self._lines.append([])
            case _ if char.isprintable():
                line = self._lines[self._row]
                line += [(" ", "")] * (self._column - len(line))
                line[self._column : self._column + 1] = [(char, self._style)]
                self._column += 1

    def _obey(self, verb: str, numbers: str) -> None:
        match verb:
            case "m":
                plain = numbers in ("", "0")
                self._style = "" if plain else f"{self._style}\x1b[{numbers}m"
            case "A":
                self._row = max(0, self._row - int(numbers or 1))
            case "K" if numbers == "2":
                self._lines[self._row] = []


def _joined(line: list[tuple[str, str]]) -> str:
    parts, before = [], ""
    for char, style in line:
        if style != before:
            parts.append(_PLAIN + style)
            before = style
        parts.append(char)
    return "".join(parts).rstrip() + (_PLAIN if before else "")
