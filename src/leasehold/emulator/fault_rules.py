"""Rules that say which calls go wrong, and how."""

import re

import msgspec

from leasehold.emulator.effects import Effect

KINDS = {
    "server": ("compute", r"^/v(2\.1|1\.0)/servers(/detail|/[^/]+(/action)?)?$"),
    "keypair": ("compute", r"^/v2\.1/os-keypairs(/[^/]+)?$"),
    "attachment": ("compute", r"^/v2\.1/servers/[^/]+/os-volume_attachments(/[^/]+)?$"),
    "port": ("network", r"^/v2\.0/ports(/[^/]+)?$"),
    "floating_ip": ("network", r"^/v2\.0/floatingips(/[^/]+)?$"),
    "volume": ("volume", r"^/v3/volumes(/detail|/[^/]+(/action)?)?$"),
    "snapshot": ("volume", r"^/v3/snapshots(/detail|/[^/]+)?$"),
    "image": ("image", r"^/v2/images(/[^/]+(/file)?)?$"),
    "token": ("identity", r"^/((v3/auth|v2\.0)/tokens|v1\.1/auth|v1\.0)$"),
}
"""Words for what a rule is about, with the service and the paths (below its prefix) they mean."""

METHODS = {
    Effect.QUOTA: "POST",
    Effect.NO_VALID_HOST: "POST",
    Effect.STUCK_BUILD: "POST",
    Effect.FAILED_BUILD: "POST",
    Effect.STUCK_DELETE: "DELETE",
    Effect.FAILED_DELETE: "DELETE",
    Effect.STALE: "GET",
    Effect.TRUNCATED: "GET",
    Effect.EMPTY: "GET",
}
"""The only method each of these makes sense for; a rule without a method means it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which calls go wrong, and how. Whatever is not given matches everything."""

    effect: Effect
    service: str | None = None
    method: str | None = None
    path: str | None = None
    """A regular expression, searched in the path below the service's prefix."""
    kind: str | None = None
    """One of `KINDS`: sets service and path."""
    probability: float = 1.0
    count: int | None = None
    """Only the first so many matches; None is all."""
    skip: int = 0
    """Let so many matches pass first."""
    status: int | None = None
    """Of the answer; the effect's usual one when None."""
    seconds: float = 1.0
    """Latency, Retry-After, or how old a stale listing is."""
    keep: int | None = None
    """Of a truncated listing: how many entries stay; half of them when None."""
    message: str | None = None
    body: str | None = None
    """Sent as it is instead of the service's own error body, as a proxy in front would."""

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is unknown: use one of {', '.join(KINDS)}")
        if not 0 < self.probability <= 1:
            raise ValueError(f"probability {self.probability} is not above 0 and up to 1")
        if self.path is not None:
            try:
                re.compile(self.path)
            except re.error as error:
                raise ValueError(f"path {self.path!r} is no regular expression: {error}") from error
