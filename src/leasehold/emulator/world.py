"""Everything there is in the emulated cloud."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from random import Random
from typing import TypeVar

from leasehold.emulator.collection import Collection, Record
from leasehold.emulator.identity.accounts import (
    ApplicationCredential,
    Assignment,
    Domain,
    Project,
    Role,
    Token,
    User,
)
from leasehold.emulator.ids import Ids
from leasehold.emulator.seams import ImageState, NetworkState, ServerWatch, VolumeState
from leasehold.emulator.settings import Quota, Settings
from leasehold.emulator.timeline import Timeline

R = TypeVar("R", bound=Record)


class World:
    """The state shared by all services. Only the event loop's thread touches it.

    Each service makes its own collections with `collection`, so that stale listings can look back
    at them all. `network`, `volume`, `image` and `compute` are set by the services themselves.
    """

    network: NetworkState
    volume: VolumeState
    image: ImageState
    compute: ServerWatch

    def __init__(self, timeline: Timeline, random: Random, settings: Settings) -> None:
        self.timeline = timeline
        self.random = random
        self.ids = Ids(random)
        self.settings = settings
        self.rewinding = False
        """Whether the collections show the past just now: nothing may be kept of what they show."""
        self.quotas: dict[str, Quota] = {}
        """Quotas of the projects that differ from the settings'."""
        self._collections: list[Collection[Record]] = []
        self.domains: Collection[Domain] = self.collection()
        self.projects: Collection[Project] = self.collection()
        self.users: Collection[User] = self.collection()
        self.roles: Collection[Role] = self.collection()
        self.assignments: list[Assignment] = []
        self.application_credentials: Collection[ApplicationCredential] = self.collection(
            owner=lambda credential: credential.user_id
        )
        self.tokens: dict[str, Token] = {}

    def collection(self, owner: Callable[[R], str | None] = lambda record: None) -> Collection[R]:
        """A new collection, rewound together with all others."""
        made = Collection[R](self.timeline.now, owner)
        self._collections.append(made)  # type: ignore[arg-type]  # rewinding never puts a record
        return made

    def valid_token(self, token_id: str) -> Token | None:
        """What the token stands for; None when it is unknown, revoked or expired."""
        token = self.tokens.get(token_id)
        if token is None or token.expires_at <= self.timeline.now():
            return None
        return token

    def quota(self, project_id: str) -> Quota:
        return self.quotas.get(project_id, self.settings.quota)

    @contextmanager
    def rewound(self, seconds: float) -> Iterator[None]:
        """Within the context, all collections are as they were `seconds` ago. Only for reading."""
        moment = self.timeline.now() - timedelta(seconds=seconds)
        with ExitStack() as stack:
            for collection in self._collections:
                stack.enter_context(collection.rewound(moment))
            self.rewinding = True
            try:
                yield
            finally:
                self.rewinding = False
