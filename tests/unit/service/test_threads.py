import asyncio
import threading

import pytest

from leasehold.service.threads import in_own_thread


def test_what_the_call_returns_or_raises_arrives() -> None:
    async def main() -> None:
        assert await in_own_thread(lambda: 7) == 7
        with pytest.raises(LookupError, match="nobody"):
            await in_own_thread(fails)

    def fails() -> None:
        raise LookupError("nobody")

    asyncio.run(main())


def test_a_call_that_goes_on_holds_up_no_ending() -> None:
    go_on = threading.Event()
    begun = threading.Event()

    def long() -> None:
        begun.set()
        go_on.wait()

    async def main() -> None:
        asyncio.create_task(in_own_thread(long))  # noqa: RUF006 - left alone on purpose
        await asyncio.to_thread(begun.wait)

    asyncio.run(main())
    assert not go_on.is_set()
    go_on.set()


def test_a_caller_that_went_away_is_no_error() -> None:
    go_on = threading.Event()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_own_thread(go_on.wait), 0.01)
        go_on.set()
        await asyncio.sleep(0)

    asyncio.run(main())
