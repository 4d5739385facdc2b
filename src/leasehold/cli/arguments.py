"""Puts arguments in the order the parser wants them, where people may write them otherwise."""

from collections.abc import Sequence

_WITH_VALUE = frozenset({"--server", "--token", "--owner", "--config"})
_GLOBAL = _WITH_VALUE | {"--json"}
_OF_SSH = _WITH_VALUE | {"--resolver"}
_NESTED = frozenset({"clouds", "dns", "nodes", "token"})
"""Commands with commands of their own."""


def arranged(arguments: Sequence[str]) -> list[str]:
    """Move options before the command behind it, and fence off the command that `ssh` runs.

    ``--server X nodes`` becomes ``nodes --server X``. In ``ssh NODE ls --json`` all that follows
    NODE belongs to the remote command, as with OpenSSH: ``--`` goes between them.
    """
    leading, rest = _leading(list(arguments))
    if not rest:
        return leading
    if rest[0] == "ssh":
        return ["ssh", *leading, *_fenced(rest[1:])]
    words = 2 if rest[0] in _NESTED and len(rest) > 1 and not rest[1].startswith("-") else 1
    return [*rest[:words], *leading, *rest[words:]]


def _leading(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split off our own options that stand before the command."""
    place = 0
    while place < len(arguments):
        name, equals, _ = arguments[place].partition("=")
        if name not in _GLOBAL:
            break
        place += 2 if name in _WITH_VALUE and not equals else 1
    return arguments[:place], arguments[place:]


def _fenced(arguments: list[str]) -> list[str]:
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        if arguments[place] == "--":
            return arguments
        place += 2 if arguments[place] in _OF_SSH else 1
    node, command = arguments[: place + 1], arguments[place + 1 :]
    if not command:
        return node
    return [*node, *(command if command[0] == "--" else ["--", *command])]
