"""The page of what waits and what failed: each cause with its meaning and the next step."""

from pathlib import Path

from tools.docs.markdown import code, sentence, table
from tools.docs.source import members_of

from leasehold.engine.reason import Cause
from leasehold.lab.advice import ADVICE, PASSES

_PROSE = Path(__file__).with_name("waits.md")


def page() -> str:
    """The prose beside this module, with the two tables in their places."""
    text = _PROSE.read_text(encoding="utf-8")
    return text.format(
        waits=_causes([cause for cause in Cause if cause in PASSES]),
        failed=_causes([cause for cause in Cause if cause not in PASSES]),
    )


def _causes(causes: list[Cause]) -> str:
    meanings = dict(members_of(Cause))
    return table(
        ("cause", "it means", "next step"),
        [(code(each.value), sentence(meanings[each.value]), ADVICE[each]) for each in causes],
    )
