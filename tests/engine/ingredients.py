"""What the deeds are made of: expressions, attributes and configurations, chosen by small numbers.

The expressions belong to the small family that the auditor reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from tests.engine.world import World

T = TypeVar("T")
Numbers = Sequence[int]

QUEUE_RULES = (
    "1 == 1",
    "1 == 1",
    "1 == 1",
    'skills HAS "en"',
    "worker.rank >= 2",
    'skills HAS "es" AND team == "a"',
    "channel.voice.assigned_tasks < 1",
    'activity_name == "Desk"',
    "worker.channel.chat.configured_capacity > 1",
    "",
)
TARGET_RULES = (
    None,
    None,
    None,
    None,
    None,
    "worker.skills HAS task.lang",
    "worker.team == task.team",
    "worker.rank >= task.rank AND worker.team == task.team",
    "worker.channel.chat.available_capacity_percentage >= 50",
    "taskrouter.currentMin >= task.minute",
    'worker.skills HAS task.lang AND taskrouter.dayOfWeek == "Fri"',
)
FILTERS = ('kind == "a"', 'kind == "b"', "rank >= 2", "1 == 1", 'lang == "en"')
SKIPS = (None, None, None, "workers.available == 0", "1 == 1", "workers.unavailable > 1")
ORDERS = (None, "worker.level DESC", "worker.level ASC", "worker.odd ASC, worker.level DESC")
KNOWN: tuple[dict[str, str], ...] = (
    *({},) * 4,
    {"known_worker_sid": "task.agent"},
    {"known_worker_friendly_name": "task.agent"},
    {"known_worker_friendly_name": "task.agent"},
)


def of(options: Sequence[T], number: int) -> T:
    """One of the options."""
    return options[number % len(options)]


def one(world: World, kind: str, number: int) -> Any:
    """One of the world's records of a kind, or None when there is none."""
    records = world.all(kind)
    return of(records, number) if records else None


# --- attributes and configurations -------------------------------------------------------------


def worker_attributes(n: Numbers) -> str:
    """Attributes of a worker; `level` may be missing, `odd` may be a text."""
    found: dict[str, Any] = {
        "skills": of((["en"], ["en", "es"], ["es"], []), n[0]),
        "team": of("ab", n[1]),
        "rank": 1 + n[2] % 3,
        "odd": of((1, 2, "x"), n[3]),
    }
    if n[1] % 3:
        found["level"] = n[3] % 4
    return json.dumps(found)


def task_attributes(world: World, n: Numbers) -> str:
    """Attributes of a task; `agent` names a worker by SID or by name, or nobody."""
    found: dict[str, Any] = {
        "kind": of("abc", n[0]),
        "lang": of(("en", "es"), n[1]),
        "team": of("ab", n[2]),
        "rank": 1 + n[3] % 3,
        "minute": of((0, 1, 3, 59), n[0]),
    }
    worker = one(world, "workers", n[2])
    if worker is not None and n[1] % 2:
        found["agent"] = of((worker.sid, worker.friendly_name.upper(), "FINN", "FINN", None), n[3])
    return json.dumps(found)


def configuration(world: World, n: Numbers) -> str:
    """One to three filters of one to three targets, and perhaps a default filter."""
    queues = [queue.sid for queue in world.all("task_queues")]
    seed = n[0] + 64 * (n[1] + 64 * (n[2] + 64 * n[3]))

    def draw(options: Sequence[T]) -> T:
        nonlocal seed
        seed = (seed * 1_103_515_245 + 12_345) % 2**31
        return options[(seed >> 8) % len(options)]

    def target(first: bool) -> dict[str, Any]:
        optional = {
            "expression": draw(TARGET_RULES),
            "skip_if": draw(SKIPS),
            "order_by": draw(ORDERS),
            "timeout": draw((None, None, 5, 10, 25, "30")),
            "priority": draw((None, None, 0, 3, 7)),
            "queue": draw(queues) if first else draw([None, *queues]),
        }
        return {**draw(KNOWN), **{key: v for key, v in optional.items() if v is not None}}

    filters = []
    for _ in range(draw((1, 1, 2, 3))):
        targets = [target(first=position == 0) for position in range(draw((1, 2, 3)))]
        filters.append({"expression": draw(FILTERS), "targets": targets})
    routing: dict[str, Any] = {"filters": filters}
    if draw((True, False)):
        default = target(first=True)
        default.pop("timeout", None)
        routing["default_filter"] = default
    return json.dumps({"task_routing": routing})


def reservation(world: World, number: int, *statuses: str) -> Any:
    """A reservation, rather one in these statuses, for otherwise most answers would be refused."""
    found = [r for r in world.all("reservations") if r.reservation_status in statuses]
    return of(found, number) if found and number % 8 else one(world, "reservations", number)
