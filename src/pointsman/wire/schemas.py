"""The shapes of resources as JSON Schema, for the document of the api.

One line for each resource: its fields in their order; `?` may be null, `:type` is not a text. A test
holds every line against what the other modules of `wire` make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ERROR", "resource_schemas"]

_OWN = "sid account_sid workspace_sid"
_DATES = "date_created:date date_updated:date"
_FIELDS: Mapping[str, str] = {
    "Workspace": "sid account_sid friendly_name default_activity_sid default_activity_name?"
    " timeout_activity_sid timeout_activity_name? event_callback_url events_filter?"
    f" multi_task_enabled:boolean prioritize_queue_order {_DATES} url:uri links:object",
    "Activity": f"{_OWN} friendly_name available:boolean {_DATES} url:uri links:object",
    "TaskChannel": f"{_OWN} friendly_name unique_name channel_optimized_routing:boolean {_DATES}"
    " url:uri links:object",
    "Worker": f"{_OWN} friendly_name attributes activity_sid activity_name available:boolean"
    f" {_DATES} date_status_changed:date url:uri links:object",
    "WorkerChannel": f"{_OWN} worker_sid task_channel_sid task_channel_unique_name?"
    " configured_capacity:integer assigned_tasks:integer available:boolean"
    f" available_capacity_percentage:integer {_DATES} url:uri",
    "TaskQueue": f"{_OWN} friendly_name target_workers task_order max_reserved_workers:integer"
    " reservation_activity_sid? reservation_activity_name? assignment_activity_sid?"
    f" assignment_activity_name? {_DATES} url:uri links:object",
    "Workflow": f"{_OWN} friendly_name configuration document_content_type assignment_callback_url"
    " fallback_assignment_callback_url task_reservation_timeout:integer"
    f" {_DATES} url:uri links:object",
    "Task": f"{_OWN} assignment_status attributes addons age:integer priority:integer reason?"
    " timeout:integer task_queue_sid? task_queue_friendly_name? task_queue_entered_date:date?"
    " task_channel_sid task_channel_unique_name? workflow_sid? workflow_friendly_name?"
    " virtual_start_time:date routing_target? ignore_capacity:boolean?"
    f" {_DATES} url:uri links:object",
    "Reservation": f"{_OWN} task_sid worker_sid worker_name? reservation_status {_DATES}"
    " url:uri links:object",
    "Event": f"{_OWN} event_type description event_date:date event_date_ms:integer"
    " event_data:object resource_type resource_sid resource_url:uri actor_type actor_sid"
    " actor_url? source source_ip_address? url:uri",
    "Alert": f"{_OWN} log_level error_code:integer message more_info:uri resource_sid"
    " date_created:date url:uri",
    "TwiML": f"sid account_sid friendly_name twiml {_DATES} url:uri links:object",
    "DeadLetter": f"{_OWN} resource_sid callback_url attempts:integer reason? date_created:date"
    " date_given_up:date? url:uri links:object",
}
_FORMATS = {"date": "date-time", "uri": "uri"}

ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "more_info": {"type": "string"},
        "status": {"type": "integer"},
    },
    "required": ["code", "message", "more_info", "status"],
}


def resource_schemas() -> dict[str, dict[str, Any]]:
    """The schema of each resource by its name: exactly these fields, all of them."""
    return {name: _schema(line.split()) for name, line in _FIELDS.items()}


def _schema(fields: list[str]) -> dict[str, Any]:
    properties = dict(map(_property, fields))
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(field: str) -> tuple[str, dict[str, Any]]:
    name, _, kind = field.removesuffix("?").partition(":")
    wanted = _FORMATS.get(kind)
    told = "string" if wanted or not kind else kind
    schema: dict[str, Any] = {"type": [told, "null"] if field.endswith("?") else told}
    return name, schema | ({"format": wanted} if wanted else {})
