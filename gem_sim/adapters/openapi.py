"""The session server's operations as a table, and as an OpenAPI description."""

from __future__ import annotations

from typing import Final, NamedTuple

from gem_sim.adapters.api import Api, Body, Call, Create, Fork, Rollback, Say
from gem_sim.canonical import Json


class Operation(NamedTuple):
    """One operation: where it is, the method of `Api` that does it, what it takes and answers.

    `body` None: the request carries nothing. `answer` None: nor does the answer. `open`: it needs no token. `grows`:
    what is asked and answered stays in the session.
    """

    method: str
    path: str
    name: str
    body: type[Body] | None
    status: int
    answer: dict[str, Json] | None
    open: bool = False
    grows: bool = False


def _object(**properties: Json) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_MAYBE: Final[Json] = {"type": ["string", "null"]}
_ANY: Final[Json] = {}
_SESSION: Final = _object(
    id=_TEXT, task=_MAYBE, seed={"type": "integer"}, calls=_COUNT, clock=_TEXT, instruction=_MAYBE
)
_RESULT: Final = _object(id=_TEXT, is_error={"type": "boolean"}, content=_ANY, calls=_COUNT)
_VERDICT: Final = _object(
    id=_TEXT,
    verdict={"enum": ["pass", "fail", "undecided"]},
    calls=_COUNT,
    state_digest=_MAYBE,
    findings={"type": "array", "items": {"type": "object"}},
)
_ABOUT: Final = _object(
    name=_TEXT,
    title=_TEXT,
    digest=_TEXT,
    policy={"type": "array", "items": _TEXT},
    tools={"type": "array", "items": {"type": "object"}},
    tasks={"type": "array", "items": _object(id=_TEXT, instruction=_TEXT)},
)

OPERATIONS: Final = (
    Operation("GET", "/environment", "about", None, 200, _ABOUT),
    Operation("POST", "/sessions", "create", Create, 201, _SESSION),
    Operation("GET", "/sessions/{id}", "show", None, 200, _SESSION),
    Operation("DELETE", "/sessions/{id}", "delete", None, 204, None),
    Operation("POST", "/sessions/{id}/call", "call", Call, 200, _RESULT, grows=True),
    Operation("POST", "/sessions/{id}/messages", "say", Say, 200, _SESSION, grows=True),
    Operation("POST", "/sessions/{id}/fork", "fork", Fork, 201, _object(ids={"type": "array", "items": _TEXT})),
    Operation("POST", "/sessions/{id}/rollback", "rollback", Rollback, 200, _SESSION),
    Operation("GET", "/sessions/{id}/digest", "digest", None, 200, _object(digest=_TEXT)),
    Operation("GET", "/sessions/{id}/verdict", "verdict", None, 200, _VERDICT),
    Operation("GET", "/sessions/{id}/trajectory", "trajectory", None, 200, {"type": "object"}),
    Operation("GET", "/health", "health", None, 200, _object(status=_TEXT), open=True),
)

# Status → when; the content is `{"error": reason}`, for a broken stub with its `kind`.
ERRORS: Final = {
    400: "The body is no JSON object.",
    401: "The token is missing or wrong.",
    404: "There is no such session: it never was, was deleted, or has expired.",
    408: "The body did not arrive in time.",
    409: "The session has had all the calls and messages, or all the bytes, that it may have.",
    413: "The body is too large.",
    422: "The body lacks something or has too much, or names what is not there.",
    500: "A stub is broken (`kind` stub) or hit a limit (`kind` limit): no fault of the agent's, nothing has changed.",
    503: "There are as many sessions, or as many bytes in them, as there may be.",
}


def described(title: str, version: str) -> dict[str, Json]:
    """Return the OpenAPI 3.1 description of the operations."""
    paths: dict[str, Json] = {}
    schemas: dict[str, Json] = {"Error": {**_object(error=_TEXT), "additionalProperties": True}}
    for one in OPERATIONS:
        if one.body is not None:
            schemas[one.body.__name__] = one.body.model_json_schema()
        here = paths.setdefault(one.path, {})
        assert isinstance(here, dict)
        here[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }


def _operation(one: Operation) -> dict[str, Json]:
    summary = (getattr(Api, one.name).__doc__ or "").splitlines()[0]
    error: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answers: dict[str, Json] = {str(one.status): {"description": summary}}
    if one.answer is not None:
        answers = {str(one.status): {"description": summary, "content": {"application/json": {"schema": one.answer}}}}
    if not one.open:
        answers |= {str(status): {"description": why, "content": error} for status, why in ERRORS.items()}
    told: dict[str, Json] = {"operationId": one.name, "summary": summary, "responses": answers}
    if one.open:
        told["security"] = []
    if "{id}" in one.path:
        told["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": _TEXT}]
    if one.body is not None:
        schema: Json = {"$ref": f"#/components/schemas/{one.body.__name__}"}
        required = any(field.is_required() for field in one.body.model_fields.values())
        told["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return told
