import asyncio
import os
from collections.abc import Callable

from leasehold.emulator.guests.console import Console


def with_console(use: Callable[[Console], None]) -> str:
    async def run() -> str:
        console = Console()
        use(console)
        console.close()
        return console.text()

    return asyncio.run(run())


def test_what_is_in_the_pipe_when_it_is_closed_is_kept() -> None:
    def use(console: Console) -> None:
        pipe = console.open()
        console.write("outside")
        os.write(pipe, b"inside\n")
        os.close(pipe)

    assert with_console(use) == "outside\ninside\n"


def test_each_boot_adds_to_the_log() -> None:
    def use(console: Console) -> None:
        for text in (b"one ", b"two"):
            pipe = console.open()
            os.write(pipe, text)
            os.close(pipe)

    assert with_console(use) == "one two"


def test_of_a_long_log_the_end_is_kept() -> None:
    def use(console: Console) -> None:
        for number in range(100_000):
            console.write(str(number))

    text = with_console(use)
    assert len(text) == 256 * 1024
    assert text.endswith("99999\n")


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    def use(console: Console) -> None:
        pipe = console.open()
        os.write(pipe, b"a\xffb")
        os.close(pipe)

    assert with_console(use) == "a\N{REPLACEMENT CHARACTER}b"
