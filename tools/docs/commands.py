"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator
from typing import Any

from cyclopts import App
from tools.docs.markdown import code, prose, sentence, table
from tools.docs.source import doc

from leasehold.cli.app import make_app
from leasehold.cli.exits import MEANINGS

_SHARED = "Service"
"""The group of the options that are told once, for all commands that call the service."""


def page() -> str:
    parts = [_intro()]
    for path, command in commands():
        parts += [f"## leasehold {path}", *_command(path, command)]
    return "\n\n".join(parts)


def commands() -> Iterator[tuple[str, App]]:
    """Every command with its words: ``lock``, ``clouds check`` ..."""
    yield from _below(make_app(), "")


def _below(parent: App, prefix: str) -> Iterator[tuple[str, App]]:
    told: list[App] = []
    for name in parent:
        if name.startswith("-"):
            continue
        command = parent[name]
        if command in told:
            continue  # by another name
        told.append(command)
        path = f"{prefix}{name}"
        if any(not each.startswith("-") for each in command):
            yield from _below(command, f"{path} ")
        else:
            yield path, command


def _intro() -> str:
    codes = table(("code", "meaning"), [(str(int(each)), MEANINGS[each]) for each in MEANINGS])
    shared = _options(
        [each for each in _arguments(make_app()["lock"]) if each.show and _is_shared(each)]
    )
    return f"""# Commands

What every command takes. `leasehold COMMAND --help` says the same. How they play together is told in
[Lock and use](../lock-and-use.md).

Results go to stdout; progress, logs and errors to stderr. `--json` prints what the
[API](api.md) answered.

## Exit codes

{codes}

`leasehold ssh` gives the exit code of the remote command, and 255 if the connection fails.

## Which service

Commands that call the service take these options too:

{shared}"""


def _command(path: str, command: App) -> Iterator[str]:
    arguments = [each for each in _arguments(command) if each.show]
    own = [each for each in arguments if not _is_shared(each)]
    positional = [each for each in own if each.index is not None]
    named = [each for each in own if each.index is None]
    usage = " ".join([f"leasehold {path}", *map(_place, positional), *map(_usage, named)])
    yield f"```text\n{usage}\n```"
    text = doc(command.default_command).partition("Parameters\n---")[0].strip()
    yield "\n\n".join(sentence(part) for part in text.split("\n\n"))
    if positional:
        rows = [(code(_place(each)), _meaning(each)) for each in positional]
        yield table(("argument", "meaning"), rows)
    if named:
        yield _options(named)
    if len(arguments) > len(own):
        yield "Calls [the service](#which-service)."


def _arguments(command: App) -> list[Any]:
    """The parser's own view of the options, with what the docstring says of each."""
    return list(command.assemble_argument_collection(parse_docstring=True))


def _is_shared(argument: Any) -> bool:
    return any(group.name == _SHARED for group in argument.parameter.group)


def _place(argument: Any) -> str:
    word = argument.names[0].lstrip("-").upper()
    if argument.field_info.kind is argument.field_info.VAR_POSITIONAL:
        return f"[{word.removesuffix('S')}...]"
    return word if argument.required else f"[{word}]"


def _usage(argument: Any) -> str:
    name, value = argument.names[0], _value(argument)
    text = f"{name} {value}" if value else name
    return text if argument.required else f"[{text}]"


def _value(argument: Any) -> str:
    """The word that stands for the option's value; nothing for a switch."""
    if argument.hint is bool:
        return ""
    names = [name for name in argument.names if name.startswith("--")]
    return str(names[0]).lstrip("-").replace("-", "_").upper()


def _options(arguments: list[Any]) -> str:
    return table(
        ("option", "default", "variable", "meaning"),
        [
            (
                ", ".join(map(code, each.names)),
                _default(each),
                ", ".join(map(code, each.parameter.env_var or ())),
                _meaning(each),
            )
            for each in arguments
        ],
    )


def _default(argument: Any) -> str:
    if argument.required:
        return "required"
    value = argument.field_info.default
    switch = argument.hint is bool
    if value in (None, "", ()) or value is argument.field_info.empty or (switch and not value):
        return ""
    return code(argument.names[0] if switch else value)


def _meaning(argument: Any) -> str:
    choices = getattr(_plain(argument.hint), "__members__", None)
    allowed = (
        f" One of {', '.join(code(each.value) for each in choices.values())}." if choices else ""
    )
    return prose(argument.parameter.help) + allowed


def _plain(hint: Any) -> Any:
    """The type behind ``X | None``."""
    inner = [each for each in getattr(hint, "__args__", ()) if each is not type(None)]
    return inner[0] if len(inner) == 1 else hint
