"""The document of the api (OpenAPI 3.1) and its readable page, made from the table of operations.

Operations and parameters come from the api's own tables, shapes of answers from `wire.schemas`; what
is said here is only how they are told. Whatever the table gains is in the document at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pointsman.api import alerts, dead_letters, events, reply, reservations, twiml, workspaces
from pointsman.api.actions import Change, Create, Delete, Fetch, List
from pointsman.api.answers import Answer
from pointsman.api.catalogue import Parameter, Value, parameters, variables
from pointsman.api.operations import OPERATIONS, PREFIXES, Operation
from pointsman.wire.schemas import ERROR, resource_schemas

__all__ = ["document"]

Json = dict[str, Any]

_RESOURCES = {
    reply.WORKSPACE: "Workspace",
    reply.ACTIVITY: "Activity",
    reply.TASK_CHANNEL: "TaskChannel",
    reply.WORKER: "Worker",
    reply.WORKER_CHANNEL: "WorkerChannel",
    reply.TASK_QUEUE: "TaskQueue",
    reply.WORKFLOW: "Workflow",
    reply.TASK: "Task",
    reply.RESERVATION_OF_TASK: "Reservation",
    reply.RESERVATION_OF_WORKER: "Reservation",
}
_SHOWN: dict[Any, tuple[int, str, str]] = {
    workspaces.list_workspaces: (200, "Workspace", "workspaces"),
    workspaces.create_workspace: (201, "Workspace", ""),
    reservations.list_reservations_of_worker: (200, "Reservation", "reservations"),
    events.list_events: (200, "Event", "events"),
    events.fetch_event: (200, "Event", ""),
    alerts.list_alerts: (200, "Alert", "alerts"),
    alerts.fetch_alert: (200, "Alert", ""),
    dead_letters.list_dead_letters: (200, "DeadLetter", "dead_letters"),
    dead_letters.fetch_dead_letter: (200, "DeadLetter", ""),
    dead_letters.redrive_dead_letter: (202, "DeadLetter", ""),
    twiml.list_twiml: (200, "TwiML", "twiml"),
    twiml.create_twiml: (201, "TwiML", ""),
    twiml.fetch_twiml: (200, "TwiML", ""),
    twiml.update_twiml: (200, "TwiML", ""),
}
"""Status, resource and key of the list that operations answer with which are functions."""
_ERRORS = {
    400: "A parameter is missing, wrong or out of range, or the change is not possible now.",
    401: "No credentials, wrong ones, or a token that is over.",
    403: "A token that does not allow this.",
    404: "Nothing is here for this account.",
    408: "The body did not arrive in time.",
    410: "The reservation is over.",
    412: "If-Match names another version.",
    413: "The body is too large.",
    415: "The body is of an unknown kind.",
    429: "More requests than a rate limit allows.",
    500: "Our own mistake.",
    503: "Not stored, or not ready; to be tried again.",
}
_OF_POSTS = frozenset({408, 410, 413, 415})
_SCHEMAS: dict[str, Json] = {
    "truth": {"type": "boolean"},
    "instant": {"type": "string", "format": "date-time"},
    "url": {"type": "string", "format": "uri"},
    "json": {"type": "string", "contentMediaType": "application/json"},
}


def document(version: str, origin: str = "") -> Json:
    """The whole document; `origin` is where the server is reached."""
    paths: dict[str, Json] = {}
    for row in OPERATIONS:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pointsman", "version": version, "description": _ABOUT},
        "servers": [{"url": origin or "/"}],
        "security": [{"basic": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**resource_schemas(), "Error": ERROR, "Meta": _META},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
            "responses": {
                str(status): _json_answer(told, _ref("schemas", "Error"))
                for status, told in _ERRORS.items()
            },
        },
    }


_ABOUT = "A task router. What holds for all operations is told in docs/rest.md."
_META: Json = {
    "type": "object",
    "properties": {
        "page": {"type": "integer"},
        "page_size": {"type": "integer"},
        "key": {"type": "string"},
        **{name: {"type": "string"} for name in ("first_page_url", "url")},
        **{name: {"type": ["string", "null"]} for name in ("previous_page_url", "next_page_url")},
    },
    "required": ["page", "page_size", "key", "first_page_url", "url"],
}


def _operation(row: Operation) -> Json:
    asked = parameters(row)
    told: Json = {
        "operationId": f"{row.method.lower()}{row.path}".replace("/", "_").translate(_BRACES),
        "summary": _summary(row),
        "tags": [_tag(row)],
        "parameters": [*map(_variable, variables(row)), *_headers(row)],
        "responses": _responses(row),
    }
    if row.method == "POST":
        if asked:
            told["requestBody"] = _body(asked)
    else:
        told["parameters"] += [_in_query(each) for each in asked]
    return told


_BRACES = str.maketrans("", "", "{}")


def _tag(row: Operation) -> str:
    """The collection that an operation is about."""
    words = [part for part in row.path.split("/") if part and part[0] != "{"]
    below = words[words.index("v1") + 1 :]
    return below[1] if len(below) > 1 and below[0] == "Workspaces" else below[0]


def _summary(row: Operation) -> str:
    act = row.act
    if isinstance(act, Change | Delete):
        return _first_sentence(act.command.__doc__)
    if isinstance(act, List):
        return f"A page of {act.noun.key.replace('_', ' ')}."
    if isinstance(act, Fetch):
        return f"One of the {act.noun.key.replace('_', ' ')}."
    return _first_sentence(act.__doc__)


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


# --- what is asked -----------------------------------------------------------------------------


def _variable(name: str) -> Json:
    prefix = PREFIXES.get(name)
    schema: Json = {"type": "string", "minLength": 1}
    if prefix is not None:
        schema = {"type": "string", "pattern": f"^{prefix}[0-9a-f]{{32}}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _headers(row: Operation) -> Iterable[Json]:
    if row.method == "POST":
        schema: Json = {"type": "string", "maxLength": 255, "pattern": "^[!-~]*$"}
        yield {"name": "Idempotency-Key", "in": "header", "schema": schema}
    if _is_versioned(row):
        tag: Json = {"type": "string", "pattern": '^(\\*|"?[0-9]{1,9}"?)$'}
        yield {"name": "If-Match", "in": "header", "schema": tag}


def _is_versioned(row: Operation) -> bool:
    act = row.act
    if isinstance(act, Change | Delete):
        return "if_match" in act.command.__struct_fields__
    return isinstance(act, Answer)


def _in_query(asked: Parameter) -> Json:
    told: Json = {"name": asked.name, "in": "query", "schema": _value(asked.value)}
    return told | ({"required": True} if asked.required else {})


def _body(asked: tuple[Parameter, ...]) -> Json:
    schema: Json = {
        "type": "object",
        "properties": {each.name: _value(each.value) for each in asked},
    }
    required = [each.name for each in asked if each.required]
    if required:
        schema["required"] = required
    kinds = ("application/x-www-form-urlencoded", "application/json")
    return {"required": bool(required), "content": {kind: {"schema": schema} for kind in kinds}}


def _value(value: Value) -> Json:
    schema: Json
    if value.words:
        schema = {"type": "string", "enum": list(value.words)}
    elif value.kind == "whole":
        bounds = (("minimum", value.least), ("maximum", value.most))
        schema = {"type": "integer"} | {name: bound for name, bound in bounds if bound is not None}
    elif value.kind == "sid":
        schema = {"type": "string", "pattern": f"^({value.prefix})[0-9a-f]{{32}}$"}
    elif value.kind in _SCHEMAS:
        schema = dict(_SCHEMAS[value.kind])
    else:
        schema = {"type": "string"} | ({"maxLength": value.most} if value.most else {})
    return {"type": "array", "items": schema} if value.many else schema


# --- what is answered --------------------------------------------------------------------------


def _responses(row: Operation) -> Json:
    status, schema = _success(row)
    answers: Json = {str(status): {"description": "Nothing is left to show."}}
    if schema is not None:
        answers = {str(status): _json_answer("As it is now.", schema)}
    for code in _ERRORS:
        if (code not in _OF_POSTS or row.method == "POST") and (code != 412 or _is_versioned(row)):
            answers[str(code)] = _ref("responses", str(code))
    return answers


def _success(row: Operation) -> tuple[int, Json | None]:
    act = row.act
    if isinstance(act, Delete) or act is twiml.delete_twiml:
        return 204, None
    if isinstance(act, List):
        return 200, _listed(_RESOURCES.get(act.noun, ""), act.noun.key)
    if isinstance(act, Change | Fetch | Answer):
        status = 201 if isinstance(act, Create) else 200
        return status, _resource(_RESOURCES.get(act.noun, ""))
    status, resource, key = _SHOWN.get(act, (200, "", ""))
    return status, _listed(resource, key) if key else _resource(resource)


def _resource(name: str) -> Json:
    """What a resource looks like; of one without a schema of its own only that it is an object."""
    return _ref("schemas", name) if name else {"type": "object"}


def _listed(resource: str, key: str) -> Json:
    return {
        "type": "object",
        "properties": {
            key: {"type": "array", "items": _resource(resource)},
            "meta": _ref("schemas", "Meta"),
        },
        "required": [key, "meta"],
        "additionalProperties": False,
    }


def _json_answer(told: str, schema: Json) -> Json:
    return {"description": told, "content": {"application/json": {"schema": schema}}}


def _ref(section: str, name: str) -> Json:
    return {"$ref": f"#/components/{section}/{name}"}
