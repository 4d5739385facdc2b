"""What the OpenAPI document says of errors; one place, so that every route says it alike."""

from litestar.openapi.datastructures import ResponseSpec

from leasehold.service.problem import ErrorAnswer

_MEANINGS = {
    400: "The request is wrong: `field`, `found` and `allowed` say where and how.",
    401: "The service asks for a token.",
    403: "Held by somebody else, or the caller's role does not have the right.",
    404: "No such name here; `near` lists the ones that look like it.",
    409: "Cannot be done: more than there is, or the cloud refused for good; `reason` says why.",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a route; 400, 401 and 403 can come from every one."""
    return {
        status: ResponseSpec(
            data_container=ErrorAnswer, description=_MEANINGS[status], generate_examples=False
        )
        for status in sorted({400, 401, 403, *statuses})
    }
