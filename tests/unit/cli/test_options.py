import pytest

from leasehold.cli.app import make_app


@pytest.mark.parametrize(
    ("command", "field", "option"),
    [
        ("lock", "purpose", "--purpose"),
        ("lock", "purpose", "--reason"),
        ("amend lease-1", "purpose", "--purpose"),
        ("amend lease-1", "purpose", "--reason"),
        ("dataset hold pg", "purpose", "--purpose"),
        ("lock", "duration", "--for"),
        ("unhold lease-1", "duration", "--for"),
        ("dataset hold pg", "duration", "--for"),
        ("token ann", "owner", "--owner"),
        ("token ann", "owner", "--for"),
        ("token create ann", "owner", "--owner"),
        ("token create ann", "owner", "--for"),
    ],
)
def test_one_thing_has_one_option_in_all_commands(command: str, field: str, option: str) -> None:
    _, given, _ = make_app().parse_args([*command.split(), option, "2h"], exit_on_error=False)
    assert given.arguments[field] == "2h"


def test_whose_a_token_is_does_not_change_who_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_OWNER", "rita@lab")
    words = ["token", "create", "ann-laptop", "--owner", "ann@lab"]
    _, given, _ = make_app().parse_args(words, exit_on_error=False)
    assert (given.arguments["owner"], given.arguments["connection"].me) == ("ann@lab", "rita@lab")


def test_whose_a_token_is_is_told_once_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    make_app("token")(["token", "create", "--help"], result_action="return_value")
    assert capsys.readouterr().out.count("--owner") == 1
