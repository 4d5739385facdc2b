import pytest

from leasehold.cli.arguments import arranged


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("nodes --json", "nodes --json"),
        ("--json nodes", "nodes --json"),
        ("--server http://h:1 nodes --mine", "nodes --server http://h:1 --mine"),
        ("--server=http://h:1 --token t nodes", "nodes --server=http://h:1 --token t"),
        ("--server h:1 clouds audit emu", "clouds audit --server h:1 emu"),
        ("--server h:1 token create ann", "token create --server h:1 ann"),
        ("--json clouds --help", "clouds --json --help"),
        ("--help", "--help"),
        ("--server x", "--server x"),
        ("", ""),
    ],
)
def test_options_before_the_command_are_moved_behind_it(given: str, wanted: str) -> None:
    assert arranged(given.split()) == wanted.split()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("ssh n1", "ssh n1"),
        ("ssh n1 ls --json -l", "ssh n1 -- ls --json -l"),
        ("ssh n1 -- ls", "ssh n1 -- ls"),
        ("ssh -- n1 ls", "ssh -- n1 ls"),
        ("ssh --server h:1 n1 uname -n", "ssh --server h:1 n1 -- uname -n"),
        ("ssh --resolver d:53 n1 uname", "ssh --resolver d:53 n1 -- uname"),
        ("ssh --server=h:1 n1 uname", "ssh --server=h:1 n1 -- uname"),
        ("--server h:1 ssh n1 env --server", "ssh --server h:1 n1 -- env --server"),
        ("ssh --help", "ssh --help"),
        ("ssh", "ssh"),
    ],
)
def test_what_follows_the_node_belongs_to_the_remote_command(given: str, wanted: str) -> None:
    assert arranged(given.split()) == wanted.split()
