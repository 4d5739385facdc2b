"""The page of what waits and what failed: each cause with its meaning and the next step."""

from collections.abc import Mapping
from pathlib import Path

from tools.docs.markdown import code, sentence, table
from tools.docs.source import members_of

from leasehold.engine.reason import Cause
from leasehold.lab.advice import FAILED, WAITING

_PROSE = Path(__file__).with_name("waits.md")


def page() -> str:
    """The prose beside this module, with the two tables in their places."""
    text = _PROSE.read_text(encoding="utf-8")
    return text.format(
        waits=_causes(WAITING),
        failed=_causes(FAILED),
    )


def _causes(advice: Mapping[Cause, str]) -> str:
    meanings = dict(members_of(Cause))
    return table(
        ("cause", "it means", "next step"),
        [
            (code(each.value), sentence(meanings[each.value]), advice[each])
            for each in Cause
            if each in advice
        ],
    )
