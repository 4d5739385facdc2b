"""The page of reasons: why something waits or failed."""

from itertools import starmap

from tools.docs.markdown import code, sentence, table
from tools.docs.source import members_of, texts_of

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.decide import WORTH_A_RETRY


def page() -> str:
    texts = texts_of(Reason) | _PLAIN
    names = Reason.__struct_fields__
    return f"""# Reasons

Who waits can see why, and what failed says why. A reason is one word of the list below, a sentence for
people, and the numbers behind it. Nodes, leases, objects, events and the steps of `leasehold plan`
carry one; [When something waits or fails](../waits-and-failures.md) says what to do about each.

{table(("field", "meaning"), [(code(name), sentence(texts[name])) for name in names])}

## Words

{table(("cause", "meaning", "another server is tried"), starmap(_row, members_of(Cause)))}

A node that failed for a reason marked "yes" gets another server, as often as `attempts` of its
machine type allows. For every other reason the lease fails at once.
"""


_PLAIN = {
    "cause": "one word of the list below",
    "text": "the sentence for people",
    "have": "the number that is there, in the cause's own unit: nodes, cores, seconds ...",
    "want": "the number that is needed",
}
"""Fields whose name says it all in the code, but not to a reader of the page."""


def _row(value: str, text: str) -> tuple[str, str, str]:
    return code(value), sentence(text), "yes" if Cause(value) in WORTH_A_RETRY else ""
