import pytest
from litestar import Litestar
from litestar.testing import TestClient

from leasehold import __version__
from leasehold.service.described import field_docs
from leasehold.service.problem import Problem

from .labs import a_service

PATHS = {
    "/leases": {"get", "post"},
    "/leases/{lease}": {"get", "patch", "delete"},
    "/leases/{lease}/hold": {"post"},
    "/leases/{lease}/unhold": {"post"},
    "/leases/{lease}/extend": {"post"},
    "/nodes": {"get", "post"},
    "/nodes/{name}": {"get", "patch", "delete"},
    "/nodes/change": {"post"},
    "/nodes/remove": {"post"},
    "/nodes/unlock": {"post"},
    "/plan": {"get"},
    "/machine-types": {"get"},
    "/takeover": {"post"},
    "/machine-types/{name}/resume": {"post"},
    "/boots": {"get"},
    "/boots/{number}": {"get"},
    "/clouds": {"get"},
    "/clouds/{name}/audit": {"post"},
    "/events": {"get"},
    "/tokens": {"get", "post"},
    "/tokens/{name}": {"delete"},
    "/audit-log": {"get"},
    "/datasets": {"get", "post"},
    "/datasets/{dataset}": {"get", "delete"},
    "/datasets/{dataset}/move": {"post"},
    "/datasets/{dataset}/grow": {"post"},
    "/datasets/{dataset}/metadata": {"put"},
    "/datasets/{dataset}/undelete": {"post"},
    "/datasets/{dataset}/hold": {"post"},
    "/datasets/{dataset}/release": {"post"},
    "/datasets/{dataset}/snapshots": {"get", "post"},
    "/datasets/{dataset}/snapshots/{snapshot}": {"delete"},
    "/datasets/{dataset}/restore": {"post"},
    "/dataset-profiles": {"get"},
    "/agents": {"get", "post"},
    "/agents/{name}": {"delete"},
    "/agent/report": {"post"},
    "/agent/orders": {"get"},
    "/agent/datasets": {"get", "post"},
    "/agent/datasets/{name}": {"delete"},
    "/agent/datasets/{name}/fetch": {"post"},
    "/health": {"get"},
    "/version": {"get"},
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    with a_service(tmp_path_factory.mktemp("lab")) as client:
        yield _read(client)


def _read(client: TestClient[Litestar]) -> dict:
    return client.get("/api/v1/openapi.json").json()


def operations(document: dict) -> list[dict]:
    return [
        operation
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method != "parameters"
    ]


def test_every_route_is_described_and_no_page_is(document: dict) -> None:
    found = {
        path.removeprefix("/api/v1"): set(methods) for path, methods in document["paths"].items()
    }
    assert found == PATHS


def test_the_document_has_title_version_and_tags(document: dict) -> None:
    assert document["info"]["title"] == "Leasehold"
    assert document["info"]["version"] == __version__
    known = {tag["name"] for tag in document["tags"]}
    assert {tag for each in operations(document) for tag in each["tags"]} == known


def test_every_operation_has_a_name_of_its_own_a_summary_and_a_description(document: dict) -> None:
    names = [each["operationId"] for each in operations(document)]
    assert len(set(names)) == len(names)
    assert all(each["summary"] and each["description"] for each in operations(document))


def test_every_parameter_is_described(document: dict) -> None:
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (operation["operationId"], parameter["name"])


def test_every_error_has_the_one_shape(document: dict) -> None:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema["$ref"].endswith("/ErrorAnswer")


def test_every_schema_says_what_it_is(document: dict) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name


def test_the_token_is_described(document: dict) -> None:
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_texts_below_fields_are_theirs() -> None:
    texts = field_docs(Problem)
    assert texts["near"] == "Known names that look like it."
    assert "message" not in texts
