"""What to do about each cause: the next step for the person who waits, or whose lock failed."""

from collections.abc import Mapping

from leasehold.engine.reason import Cause

WAITING: Mapping[Cause, str] = {
    Cause.NODES_BUSY: "Wait, ask a holder, or have `nodes` of the machine type raised.",
    Cause.ENDS_SOON: "Nothing is wrong: extend the lease to keep it longer, or hold it without end.",
    Cause.LIMIT: "Give something back that you hold, or have your limit raised.",
    Cause.DOWN: "Take another node, or mend it and `leasehold nodes up NODE`; the sentence tells.",
    Cause.NEEDS: "Nothing: another object of the same node comes first.",
    Cause.BOOTING: "Nothing. If servers take longer than `boot_patience`, raise it.",
    Cause.NO_ANSWER: "See whether security group, address and image let SSH through.",
    Cause.NO_SENTINEL: "See what cloud-init is doing: its log on the node tells.",
    Cause.QUOTA_FULL: "Wait, or have the quota raised; the sentence says how much others use.",
    Cause.BOOTS_FAIL: "See why with `leasehold boots`, mend it, then `leasehold machine-types resume`.",
    Cause.API_BUDGET: "Nothing. If it is so for long, raise `calls_per_second`.",
    Cause.CLOUD_BUSY: "Nothing: it is tried again when the cloud said, or a little later.",
    Cause.UNSURE: "Nothing: a listing will tell. It takes about half a minute.",
    Cause.RETRYING: "Nothing: it is tried again; the sentence says what went wrong.",
    Cause.DELETING: "Nothing: the cloud was asked to delete it, and a listing has to confirm it.",
    Cause.LISTING_DOUBTED: "Nothing at first. If it stays, see whether the listing is really short.",
}
"""For the causes that end by themselves."""

FAILED: Mapping[Cause, str] = {
    Cause.QUOTA: "Have the quota raised, or choose a smaller flavor: waiting does not help.",
    Cause.NOT_FOUND: "Correct the machine type: an image, flavor or the like is gone.",
    Cause.NO_HOST: "Try later, another flavor or zone; give the operator the request id.",
    Cause.BUILD_FAILED: "Give the cloud's operator the sentence and the request id.",
    Cause.REFUSED: "Correct what the sentence names: the cloud does not take the request.",
    Cause.CREDENTIALS: "See `leasehold clouds check`: the sign-in is refused, or allows too little.",
    Cause.DEADLINE: "Look at the end of the sentence; if it was only slow, raise the patience.",
    Cause.LOST: "Ask who else works in the project: the server vanished without our doing.",
    Cause.CHANGED: "Nothing: it says who registered, changed or removed the node.",
    Cause.UNHEALTHY: "See why the node does not answer; a free one comes up by itself once it does.",
    Cause.RELEASED: "Nothing: it was given back.",
    Cause.EXPIRED: "Next time extend it before its end, or ask for longer.",
}
"""For those that do not."""

ADVICE: Mapping[Cause, str] = {**WAITING, **FAILED}
"""Shown beside the reason on the page, and in the documentation. Every cause has one."""
