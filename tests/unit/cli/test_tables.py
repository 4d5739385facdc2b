from datetime import UTC, datetime, timedelta

import pytest

from leasehold.cli.tables import ago, clean, plain, print_table

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_plain_table_is_aligned_and_cuts_nothing() -> None:
    long = "why " * 50
    assert plain(("node", "why"), [["demo001", long], ["d2", ""]]) == [
        "NODE     WHY",
        f"demo001  {long}".rstrip(),
        "d2",
    ]


def test_a_piped_table_holds_no_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a",), [["[red]x[/red]"], [None], [3]])
    assert capsys.readouterr().out == "A\n[red]x[/red]\n\n3\n"


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    assert clean("a\x1b[2Jb\rc\nd") == "a\N{REPLACEMENT CHARACTER}[2Jb c d"


@pytest.mark.parametrize(
    ("seconds", "words"), [(-90, "1m30s"), (0, "0s"), (7200, "in 2h"), (-86400 * 3, "3d")]
)
def test_time_is_told_from_now(seconds: int, words: str) -> None:
    assert ago(NOW + timedelta(seconds=seconds), NOW) == words


def test_no_time_is_told_as_nothing() -> None:
    assert ago(None, NOW) == ""
