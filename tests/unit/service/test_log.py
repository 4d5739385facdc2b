import io
import json
import logging

import pytest
import structlog

from leasehold.service.log import configure_logs


@pytest.fixture(autouse=True)
def _restored():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_without_a_terminal_each_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    structlog.get_logger("leasehold.test").info("locked", node="demo001")
    logged = json.loads(stream.getvalue())
    assert (logged["event"], logged["node"], logged["level"]) == ("locked", "demo001", "info")
    assert logged["timestamp"].endswith("Z")


def test_an_exception_stays_on_its_line() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    try:
        raise ValueError("of no value")
    except ValueError:
        structlog.get_logger("leasehold.test").exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "of no value" in json.loads(line)["exception"]


def test_libraries_are_heard_when_something_is_wrong() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    logging.getLogger("keystoneauth").info("chatter")
    logging.getLogger("keystoneauth").warning("trouble")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "trouble"
