"""The reference of the driver for Libcloud: its arguments, and each method with what it is made of."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator

from tools.docs.markdown import code, table
from tools.docs.source import doc, texts_of

from leasehold import libcloud
from leasehold.libcloud.arguments import Options
from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.openstack.libcloud_arguments import LibcloudArguments

Method = Callable[..., object]

_ARGUMENTS = """Of every class, by keyword. Before them come `key` (the user's name), `secret` (the
password), and `secure`, `host` and `port`, which do nothing: the addresses say it."""


def page() -> str:
    parts = [
        "# Driver for Libcloud",
        "[Coming from Libcloud](../libcloud.md) shows how to use it, and what is different.",
        "## Arguments",
        _ARGUMENTS,
        table(("argument", "type", "meaning"), _arguments()),
    ]
    for kind in _classes():
        parts += [
            f"## {kind.__name__}",
            doc(kind),
            table(("method", "meaning", "made of"), _methods(kind)),
        ]
    return "\n\n".join(parts)


def _arguments() -> Iterator[tuple[str, str, str]]:
    texts = texts_of(LibcloudArguments) | texts_of(Options)
    for name, kind in Options.__annotations__.items():
        yield code(name), getattr(kind, "__name__", str(kind)), texts.get(name, "")


def _classes() -> list[type[OpenStackNodeDriver]]:
    """The classes for one API version, the newest first."""
    named = (getattr(libcloud, name) for name in libcloud.__all__)
    return [kind for kind in named if isinstance(kind, type) and kind is not OpenStackNodeDriver]


def _methods(kind: type[OpenStackNodeDriver]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(name for name in dir(kind) if not name.startswith("_")):
        method = getattr(kind, name)
        if not inspect.isfunction(method):
            continue
        if method.__module__.startswith("leasehold."):
            verbs = ", ".join(code(f"{verb}()") for verb in verbs_of(kind, method))
            yield code(f"{name}{_signature(method)}"), _first_sentence(method), verbs
        else:
            yield code(f"{name}{_signature(method)}"), _of_libclouds(method), ""


def _of_libclouds(method: Method) -> str:
    missing = "raise NotImplementedError" in inspect.getsource(method)
    return "Not implemented, as in Libcloud" if missing else "Libcloud's own"


def _signature(method: Method) -> str:
    """The parameters, with their defaults but without types."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    return str(inspect.Signature(bare))


def _first_sentence(method: Method) -> str:
    return doc(method).partition("\n\n")[0]


def verbs_of(kind: type, method: Method) -> list[str]:
    """The verbs of our own driver that a method uses, itself or by methods of its own class."""
    found: dict[str, None] = {}
    seen = {method.__name__}
    ahead = [method]
    while ahead:
        for chain in _chains(ahead.pop(0)):
            match chain:
                case ["self", "cloud", client, verb]:
                    found[f"{client}.{verb}"] = None
                case ["self", name, verb] if isinstance(
                    shared := getattr(kind, name, None), property
                ):
                    found |= {f"{client}.{verb}": None for client in _clients(shared)}
                case ["self", name] if name not in seen and inspect.isfunction(
                    own := getattr(kind, name, None)
                ):
                    seen.add(name)
                    ahead.append(own)
    return list(found)


def _clients(shared: property) -> Iterator[str]:
    """The client of our driver that a property gives."""
    assert shared.fget is not None
    for chain in _chains(shared.fget):
        match chain:
            case ["self", "cloud", client]:
                yield client


def _chains(method: Method) -> Iterator[list[str]]:
    """Each ``self.a.b`` of a method's source, as its names."""
    if not method.__module__.startswith("leasehold."):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            names = ast.unparse(node).split(".")
            if all(name.isidentifier() for name in names):
                yield names
