"""User-data that starts the worker, with what only the master knows put in. Pure."""

NAME = "@WORKER_NAME@"
PASSWORD = "@WORKER_PASSWORD@"  # noqa: S105 - a place for one
MASTER = "@MASTER@"


def filled(template: str, *, name: str, password: str, master: str | None) -> str:
    """Put a worker's name, password and master in their places."""
    return template.replace(NAME, name).replace(PASSWORD, password).replace(MASTER, master or "")


def without(secret: str, text: str) -> str:
    """A text that may be shown: programs like to print what they were given."""
    return text.replace(secret, "***") if secret else text
