"""The writes that share one transaction: each in a savepoint, so that one cannot undo another."""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from leasehold.store.errors import StoreError, StoreFailed

T = TypeVar("T")
Work = Callable[[Connection], T]
Job = tuple[Work[Any], "Future[Any]"]
Outcome = tuple["Future[Any]", Any, BaseException | None]


def run(connection: Connection, jobs: Collection[Job], name: str) -> list[Outcome]:
    """Run the jobs; raises what concerns all of them, and has undone the whole transaction."""
    outcomes: list[Outcome] = []
    for work, future in jobs:
        connection.exec_driver_sql("SAVEPOINT job")
        try:
            outcomes.append((future, work(connection), None))
        except Exception as error:  # noqa: BLE001 - it is its caller's, and goes there
            _roll_back_job(connection, error)
            outcomes.append((future, None, _told(error, name)))
        connection.exec_driver_sql("RELEASE SAVEPOINT job")
    return outcomes


def settle(outcomes: Collection[Outcome]) -> None:
    """Tell everybody what became of their own, after the commit."""
    for future, result, problem in outcomes:
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)


def fail(jobs: Collection[Job], error: Exception, name: str) -> None:
    """Tell everybody that nothing was kept."""
    for _, future in jobs:
        future.set_exception(error if isinstance(error, StoreError) else _failed(error, name))


def _roll_back_job(connection: Connection, error: Exception) -> None:
    """Undo one job; raises `error` if the whole transaction is undone, as for a full disk."""
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
    except SQLAlchemyError:
        raise error from None


def _told(error: Exception, name: str) -> Exception:
    """The error of a job; what the disk is to blame for looks the same in every job."""
    return _failed(error, name) if isinstance(error, OperationalError) else error


def _failed(error: Exception, name: str) -> StoreFailed:
    cause = str(getattr(error, "orig", None) or error).strip()
    failure = StoreFailed(
        f"{name}: nothing was written: {cause}; see to the database, then try again"
    )
    failure.__cause__ = error
    return failure
