"""What the application hands to its routes: by these names, and only so."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from leasehold.lab.lab import Lab
from leasehold.service.audit_log import AuditLog
from leasehold.service.caller import Caller
from leasehold.service.datasets import Datasets
from leasehold.service.feed import Feed
from leasehold.service.page.board import Board
from leasehold.service.page.html import Html
from leasehold.service.tokens import Tokens

Asked: TypeAlias = Request[Caller, Any, Any]
"""A request whose `user` the door has set."""

GivenLab: TypeAlias = NamedDependency[Lab]
GivenDatasets: TypeAlias = NamedDependency[Datasets]
GivenFeed: TypeAlias = NamedDependency[Feed]
GivenBoard: TypeAlias = NamedDependency[Board]
GivenHtml: TypeAlias = NamedDependency[Html]
GivenAuditLog: TypeAlias = NamedDependency[AuditLog]
GivenTokens: TypeAlias = NamedDependency[Tokens]
