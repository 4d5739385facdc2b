"""Agents: the nodes that they run on, and what they call themselves."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from leasehold.datasets.model import AgentNode, Dataset, DatasetNode, DatasetWish, NewAgent
from leasehold.datasets.protocol import LONGEST_WAIT, Orders, Report
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.fingerprints import fingerprint, new_token
from leasehold.service.given import Asked, GivenDatasets


class AgentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a node's token."""

    name: DatasetNode
    cloud: str | None = None
    """None: the only one, or the one that the node is in."""
    server: str | None = None
    """The cloud's id of its server: the token is then good for no other."""


class AgentController(Controller):
    """Routes below /agents."""

    path = "/agents"
    tags = ["Agents"]  # noqa: RUF012 - litestar's way to set it

    @get(
        operation_id="listAgents",
        needs=Right.LOOK,
        summary="List agents",
        responses=errors(),
        sync_to_thread=True,
    )
    def index(self, datasets: GivenDatasets) -> list[AgentNode]:
        """List the nodes that agents run on: their servers, and when they were heard of last."""
        return datasets.agents.nodes()

    @post(
        status_code=201,
        operation_id="makeAgentToken",
        needs=Right.ADMINISTER,
        summary="Give an agent a token",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def register(
        self, request: Asked, datasets: GivenDatasets, data: JSONBody[AgentRequest]
    ) -> NewAgent:
        """Register a node, or give one a new token; the token before is worth nothing then."""
        note_of(request.scope).target = data.name
        token = new_token()
        node = datasets.agents.register(
            data.name, fingerprint(token), cloud=data.cloud, server=data.server
        )
        return NewAgent(node=node, token=token)

    @delete(
        "/{name:str}",
        status_code=200,
        operation_id="removeAgent",
        needs=Right.ADMINISTER,
        summary="Remove an agent",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def remove(
        self,
        datasets: GivenDatasets,
        name: Annotated[str, PathParameter(description="The node's name.")],
    ) -> AgentNode:
        """Forget a node and its token. Refused while datasets belong there."""
        return datasets.agents.remove(name)


class OwnController(Controller):
    """Routes below /agent: what an agent calls, in the name of its node."""

    path = "/agent"
    tags = ["Agents"]  # noqa: RUF012 - litestar's way to set it

    @post(
        "/report",
        status_code=200,
        operation_id="reportAsAgent",
        needs=None,
        summary="Report as an agent",
        responses=errors(403),
        sync_to_thread=True,
    )
    def report(self, request: Asked, datasets: GivenDatasets, data: JSONBody[Report]) -> Orders:
        """Say how the datasets of this node are, and hear what they shall be."""
        address = request.client.host if request.client else None
        return datasets.agents.report(request.user.owner, data, address)

    @get(
        "/orders",
        operation_id="followOrders",
        needs=None,
        summary="Wait for orders as an agent",
        responses=errors(403),
    )
    async def orders(
        self,
        request: Asked,
        datasets: GivenDatasets,
        after: Annotated[
            int | None, QueryParameter(description="Answer as soon as the number is another one.")
        ] = None,
        wait: Annotated[
            float, QueryParameter(ge=0, description="Answer after so many seconds (60 at most).")
        ] = 0,
    ) -> Orders:
        """What the datasets of this node shall be."""
        found = await asyncio.to_thread(datasets.agents.orders, request.user.owner)
        if after is None:
            return found
        async for _ in datasets.news(min(wait, LONGEST_WAIT)):
            found = await asyncio.to_thread(datasets.agents.orders, request.user.owner)
            if found.number != after:
                break
        return found

    @get(
        "/datasets",
        operation_id="listDatasetsAsAgent",
        needs=None,
        summary="List datasets as an agent",
        responses=errors(403),
        sync_to_thread=True,
    )
    def index(self, request: Asked, datasets: GivenDatasets) -> list[Dataset]:
        """List the datasets in the cloud of this node."""
        return datasets.agents.datasets(request.user.owner)

    @post(
        "/datasets",
        status_code=202,
        operation_id="createDatasetAsAgent",
        needs=None,
        summary="Make a dataset as an agent",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def create(
        self, request: Asked, datasets: GivenDatasets, data: JSONBody[DatasetWish]
    ) -> Response[Dataset]:
        """Make a dataset on this node; one of that name is the answer, whatever it is like."""
        return Response(datasets.agents.create(request.user.owner, data))

    @post(
        "/datasets/{name:str}/fetch",
        status_code=202,
        operation_id="fetchDatasetAsAgent",
        needs=None,
        summary="Fetch a dataset as an agent",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def fetch(
        self,
        request: Asked,
        datasets: GivenDatasets,
        name: Annotated[str, PathParameter(description="The dataset's name or id.")],
    ) -> Dataset:
        """Have a dataset on this node, unless somebody holds it or uses it elsewhere."""
        return datasets.agents.fetch(request.user.owner, name)

    @delete(
        "/datasets/{name:str}",
        status_code=202,
        operation_id="deleteDatasetAsAgent",
        needs=None,
        summary="Delete a dataset as an agent",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def remove(
        self,
        request: Asked,
        datasets: GivenDatasets,
        name: Annotated[str, PathParameter(description="The dataset's name or id.")],
    ) -> Dataset:
        """Delete a dataset with the usual grace, unless it is held or used."""
        return datasets.agents.delete(request.user.owner, name)
