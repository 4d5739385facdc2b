import pytest

from leasehold.emulator.guests.inside.scp import Copy, asked


@pytest.mark.parametrize(
    ("command", "copy"),
    [
        (
            "scp -t .",
            Copy(to_guest=True, recursive=False, keep_times=False, directory=False, paths=(".",)),
        ),
        (
            "/usr/bin/scp -r -p -d -t -- '/a b'",
            Copy(to_guest=True, recursive=True, keep_times=True, directory=True, paths=("/a b",)),
        ),
        (
            "scp -qrf a b",
            Copy(
                to_guest=False, recursive=True, keep_times=False, directory=False, paths=("a", "b")
            ),
        ),
    ],
)
def test_the_servers_side_of_scp_is_recognised(command: str, copy: Copy) -> None:
    assert asked(command) == copy


@pytest.mark.parametrize(
    "command",
    [
        "",
        "scp a b",
        "scp -t -f a",
        "scp -i key -t a",
        "echo scp -t a",
        "scp -t 'unclosed",
        "scpx -t a",
    ],
)
def test_every_other_command_is_left_to_the_shell(command: str) -> None:
    assert asked(command) is None
