"""teuthology's regexes as ours: its fit the beginning of a name, ours the whole. Pure."""

import re

_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")


def whole(pattern: str) -> str:
    """A regex that fits a whole name if and only if `pattern` fits its beginning (`re.match`)."""
    flags = _FLAGS.match(pattern)
    head, rest = (flags[0], pattern[flags.end() :]) if flags else ("", pattern)
    if "x" in head:
        return f"{head}(?:{rest}\n).*"  # a comment of a verbose regex ends with its line
    if "|" in rest:
        return f"{head}(?:{rest}).*"
    return pattern if re.search(r"(?<!\\)\.\*$", rest) else f"{pattern}.*"
