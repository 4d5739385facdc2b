"""Why something waits or failed: an enum with numbers, kept with every decision."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """What blocks, or what went wrong. The first group ends by itself; the second does not."""

    # waiting
    NODES_BUSY = "nodes_busy"
    """Enough nodes exist, but others hold them."""
    ENDS_SOON = "ends_soon"
    """A lease will run out."""
    LIMIT = "limit"
    """Its owner holds as much as one may."""
    NEEDS = "needs"
    """Another object of ours must be there (or gone) first."""
    BOOTING = "booting"
    """The cloud is at work on it."""
    NO_ANSWER = "no_answer"
    """The server has an address, but SSH does not answer there yet."""
    NO_SENTINEL = "no_sentinel"
    """SSH answers, but the file that says "prepared" is not there yet."""
    QUOTA_FULL = "quota_full"
    """The quota would do, but is in use just now."""
    API_BUDGET = "api_budget"
    """The calls that we allow ourselves per second are spent."""
    CLOUD_BUSY = "cloud_busy"
    """The cloud asked for a pause or is out of order."""
    UNSURE = "unsure"
    """A call's outcome is unknown; a complete listing will tell."""
    RETRYING = "retrying"
    """It failed, and is tried again."""
    DELETING = "deleting"
    """Its end has been asked for; a complete listing has yet to confirm it."""
    DOWN = "down"
    """A person marked the node down, and says why."""
    BOOTS_FAIL = "boots_fail"
    """Servers of this machine type failed again and again: none is ordered for a while."""
    LISTING_DOUBTED = "listing_doubted"
    """A listing shrank so much that its gaps are not believed without a second one."""

    # failed
    QUOTA = "quota"
    """The project's quota can never hold this."""
    NOT_FOUND = "not_found"
    """An image, flavor, network or the like is gone."""
    NO_HOST = "no_host"
    """The cloud found no host with room ("No valid host")."""
    BUILD_FAILED = "build_failed"
    """The cloud gave up on it."""
    REFUSED = "refused"
    """The cloud said no to the request as such."""
    CREDENTIALS = "credentials"
    """The cloud does not accept our sign-in, or allows us too little."""
    DEADLINE = "deadline"
    """It took longer than its state may last."""
    LOST = "lost"
    """It was there, and vanished without our doing."""
    UNHEALTHY = "unhealthy"
    """A node that should answer did not, several times in a row."""
    RELEASED = "released"
    """Its holder gave it back."""
    CHANGED = "changed"
    """A person registered, changed or removed a node."""
    EXPIRED = "expired"
    """Its lease ran out."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One cause with its facts; `text` is the sentence shown to the person who waits."""

    cause: Cause
    text: str
    have: float | None = None
    want: float | None = None
    """The numbers behind the cause, in its own unit: nodes, cores, seconds, position ..."""
    until: datetime | None = None
    """When this state's time is up or the next try is due."""
    request_id: str | None = None
    """The cloud's ``x-openstack-request-id``, where its answer is the cause."""

    def __str__(self) -> str:
        return f"{self.text} (request {self.request_id})" if self.request_id else self.text
