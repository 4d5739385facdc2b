"""The HTTP application: a lab behind routes. Only wiring."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Tag
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from leasehold import __version__
from leasehold.lab.duration import parse_duration
from leasehold.lab.lab import Lab
from leasehold.service.api import (
    about,
    agents,
    audit_log,
    boots,
    clouds,
    events,
    leases,
    nodes,
    takeover,
)
from leasehold.service.api import (
    datasets as dataset_routes,
)
from leasehold.service.api import (
    tokens as token_routes,
)
from leasehold.service.audit_log import AuditLog
from leasehold.service.datasets import Datasets, DatasetsOff, listening
from leasehold.service.described import describe
from leasehold.service.door import Door
from leasehold.service.errors import answer_error
from leasehold.service.feed import Feed, opened
from leasehold.service.guard import guard
from leasehold.service.page import dataset_deeds, dataset_views, deeds, sign_in, views
from leasehold.service.page.board import Board
from leasehold.service.page.errors import answer_page_error
from leasehold.service.page.html import Html
from leasehold.service.threads import call_threads
from leasehold.service.tokens import Tokens

_API = "/api/v1"
_LARGEST_BODY = 1 << 20


def make_app(
    lab: Lab,
    feed: Feed,
    *,
    tokens: Tokens,
    local_owner: str,
    datasets: Datasets | None = None,
) -> ASGIApp:
    """Put a lab behind HTTP. `local_owner` owns what nobody else claims, where no tokens are."""
    log = AuditLog(lab.database, parse_duration(lab.config.service.audit_log))
    api = Router(
        _API,
        route_handlers=[
            leases.LeaseController,
            nodes.NodeController,
            nodes.plan,
            nodes.machine_types,
            takeover.take_over,
            boots.BootController,
            boots.resume,
            clouds.CloudController,
            events.events,
            dataset_routes.DatasetController,
            dataset_routes.profiles,
            agents.AgentController,
            agents.OwnController,
            token_routes.TokenController,
            audit_log.audit_log,
            about.health,
            about.version,
        ],
        guards=[guard],
    )
    page = Router(
        "/",
        route_handlers=[
            views.lab_view,
            views.nodes_view,
            views.node_view,
            views.leases_view,
            views.clouds_view,
            views.failures_view,
            views.boot_view,
            views.search_view,
            views.audit_log_view,
            views.live,
            dataset_views.datasets_view,
            dataset_views.dataset_view,
            deeds.lock,
            deeds.extend,
            deeds.release,
            deeds.hold,
            deeds.unhold,
            deeds.prioritise,
            deeds.change_node,
            deeds.resume,
            dataset_deeds.move,
            dataset_deeds.hold,
            dataset_deeds.release,
            dataset_deeds.remove,
            dataset_deeds.undelete,
            sign_in.sign_in_page,
            sign_in.sign_in,
            sign_in.sign_out,
        ],
        guards=[guard],
        exception_handlers={Exception: answer_page_error},
    )
    application = Litestar(
        route_handlers=[
            api,
            page,
            create_static_files_router("/static", [Path(__file__).parent / "static"]),
        ],
        dependencies={
            "lab": _given(lab),
            "feed": _given(feed),
            "board": _given(Board(lab, feed)),
            "html": _given(Html(datasets=datasets is not None)),
            "tokens": _given(tokens),
            "audit_log": _given(log),
            "datasets": _given_datasets(datasets),
        },
        exception_handlers={Exception: answer_error},
        lifespan=[
            lambda _: call_threads(),
            lambda _: opened(feed),
            lambda _: listening(datasets, feed.stir),
        ],
        openapi_config=_openapi(),
        request_max_body_size=_LARGEST_BODY,
        logging_config=None,
    )
    describe(application)
    agent_tokens = datasets.agents.tokens if datasets else dict[str, str]
    return Door(application, tokens, log, local_owner, agent_tokens)


def _given(value: object) -> Provide:
    def give() -> Any:
        return value

    return Provide(give, sync_to_thread=False)


def _given_datasets(datasets: Datasets | None) -> Provide:
    def give() -> Any:
        if datasets is None:
            raise DatasetsOff
        return datasets

    return Provide(give, sync_to_thread=False)


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Leasehold",
        version=__version__,
        summary="Lock machines of an OpenStack cloud, use them, give them back.",
        description=(
            "Times are UTC, durations are seconds. Every error has the same body: `error` with a"
            " `code` for programs and a `message` for people."
        ),
        license=License(name="MIT", identifier="MIT"),
        tags=[
            Tag("Leases", description="Who holds which nodes, why, and until when."),
            Tag("Nodes", description="The named places of the lab and what stands behind them."),
            Tag("Clouds", description="The OpenStack projects where servers are made."),
            Tag("Datasets", description="Named data on volumes that follow their container."),
            Tag("Agents", description="The nodes that datasets are mounted on."),
            Tag("Events", description="What happened, as a page or as a stream."),
            Tag("Tokens", description="Who may call, in which role, and what they did."),
            Tag("Service", description="This service itself."),
        ],
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="Asked for once there is one; `leasehold token create` makes them."
                    " Its role says what it may do.",
                )
            }
        ),
        security=[{"token": []}, {}],
        path=f"{_API}/openapi.json",
        render_plugins=[JsonRenderPlugin(path="/")],
        use_handler_docstrings=True,
    )
