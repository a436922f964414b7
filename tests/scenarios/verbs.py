"""The verbs of stories: how the words of one line become a command.

Each verb is a function of a `Line` and of the `Names` that the story gave its records so far.
Nothing here executes anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pointsman.engine import commands as c
from pointsman.engine.records import Actor

ACTOR = Actor("account", "AC" + "0" * 32)
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
JSON = r"\{(?:[^{}]|\{[^{}]*\})*\}"
WORD = re.compile(rf"(?:'[^']*'|{JSON}|[^\s'{{])+")
PIECE = re.compile(rf"'([^']*)'|({JSON}|[^\s'{{]+)")


def words_of(text: str) -> list[str]:
    """Words are separated by spaces, but for those within single quotes and within JSON objects."""
    return [
        "".join(quoted or bare for quoted, bare in PIECE.findall(word))
        for word in WORD.findall(text)
    ]


def milliseconds(text: str) -> int:
    """`30s`, `5m`, `24h`, `1ms` as milliseconds."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h)", text)
    assert match is not None, f"{text!r} is not a span of time such as 30s"
    return int(match[1]) * UNITS[match[2]]


@dataclass
class Names:
    """What the story calls its records; the newest reservation for each worker and task; transfers."""

    sid: dict[str, str] = field(default_factory=dict)
    name: dict[str, str] = field(default_factory=dict)
    reservations: dict[tuple[str, str], str] = field(default_factory=dict)
    transfers: dict[str, str] = field(default_factory=dict)
    """The newest transfer of each task."""

    def call(self, name: str, sid: str) -> None:
        """Give a record its name."""
        self.sid[name] = sid
        self.name[sid] = name

    def of(self, sid: str) -> str:
        """The name of a record."""
        return self.name.get(sid, sid)

    def with_sids(self, text: str) -> str:
        """A text with the SID in place of each `$name`."""
        return re.sub(r"\$(\w+)", lambda match: self.sid[match[1]], text)

    def readable(self, text: str) -> str:
        """A text with names in place of SIDs."""
        known = re.sub(r"\b[A-Z]{2}[0-9a-f]{32}\b", lambda m: self.of(m[0]), text)
        return re.sub(r"\b([A-Z]{2})[0-9a-f]{32}\b", r"\1…", known)


class Line:
    """One line of a story: a verb, plain words, `key=value` words, and the indented lines below it."""

    def __init__(self, lines: list[str]) -> None:
        self.verb, *words = words_of(lines[0])
        self.named = dict(word.split("=", 1) for word in words if _is_named(word))
        self.plain = [word for word in words if not _is_named(word)]
        self.block = lines[1:]

    def word(self, position: int, otherwise: str) -> str:
        """A plain word that may be left out."""
        return self.plain[position] if len(self.plain) > position else otherwise

    def mentioned(self, **fields: tuple[str, Callable[[str], Any]]) -> dict[str, Any]:
        """The fields of a command that the line mentions: `field=("key", how to read its value)`."""
        return {
            name: read(self.named[key]) for name, (key, read) in fields.items() if key in self.named
        }


def _is_named(word: str) -> bool:
    return re.match(r"[a-z_]+=(?!=)", word) is not None


def _truth(text: str) -> bool:
    return text == "true"


# --- making ------------------------------------------------------------------------------------


def _worker(line: Line, names: Names) -> c.Command:
    at_first = "Available" if "Available" in names.sid else "Idle"
    activity = names.sid[line.named.get("activity", at_first)]
    return c.CreateWorker(
        actor=ACTOR,
        friendly_name=line.plain[0],
        attributes=line.word(1, "{}"),
        activity_sid=activity,
    )


def _activity(line: Line, _: Names) -> c.Command:
    available = line.named.get("available") == "true"
    return c.CreateActivity(actor=ACTOR, friendly_name=line.plain[0], available=available)


def _channel(line: Line, _: Names) -> c.Command:
    return c.CreateTaskChannel(
        actor=ACTOR,
        friendly_name=line.plain[0],
        unique_name=line.plain[0],
        channel_optimized_routing=line.named.get("optimized") == "true",
    )


def _queue(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        reservation_activity_sid=("reserved", names.sid.__getitem__),
        assignment_activity_sid=("assigned", names.sid.__getitem__),
    )
    return c.CreateTaskQueue(
        actor=ACTOR,
        friendly_name=line.plain[0],
        target_workers=line.word(1, "1==1"),
        max_reserved_workers=int(line.named.get("max", "1")),
        task_order=line.named.get("order", "FIFO"),
        **more,
    )


def _workflow(line: Line, names: Names) -> c.Command:
    return c.CreateWorkflow(
        actor=ACTOR,
        friendly_name=line.plain[0],
        configuration=configuration(line.block, names),
        task_reservation_timeout_s=int(line.named.get("reservation_timeout", "120")),
    )


def _task(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        workflow_sid=("workflow", names.sid.__getitem__),
        priority=("priority", int),
        timeout_s=("timeout", int),
        task_channel=("channel", str),
        virtual_start_at=("started_at", int),
        routing_target=("to", str),
        ignore_capacity=("ignore_capacity", _truth),
        task_queue_sid=("queue", names.sid.__getitem__),
    )
    return c.CreateTask(actor=ACTOR, attributes=line.word(1, "{}"), **more)


MAKING: dict[str, Callable[[Line, Names], c.Command]] = {
    "worker": _worker,
    "activity": _activity,
    "channel": _channel,
    "queue": _queue,
    "workflow": _workflow,
    "task": _task,
}


# --- answering and changing --------------------------------------------------------------------


def _accept(line: Line, names: Names) -> c.Command:
    return c.AcceptReservation(actor=ACTOR, reservation_sid=_reservation(line, names))


def _reject(line: Line, names: Names) -> c.Command:
    activity = line.named.get("activity")
    return c.RejectReservation(
        actor=ACTOR,
        reservation_sid=_reservation(line, names),
        worker_activity_sid=None if activity is None else names.sid.get(activity, activity),
    )


def _unreachable(line: Line, names: Names) -> c.Command:
    return c.CancelReservation(actor=ACTOR, reservation_sid=_reservation(line, names))


def _wrap(line: Line, names: Names) -> c.Command:
    return c.WrapUpReservation(actor=ACTOR, reservation_sid=_reservation(line, names))


def _done(line: Line, names: Names) -> c.Command:
    return c.CompleteReservation(actor=ACTOR, reservation_sid=_reservation(line, names))


def _transfer(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        mode=("mode", str), attributes=("attributes", str), priority=("priority", int)
    )
    reservation_sid = _reservation(line, names)
    return c.InitiateTransfer(
        actor=ACTOR, reservation_sid=reservation_sid, to=line.named["to"], **more
    )


def _recall(line: Line, names: Names) -> c.Command:
    return c.CancelTransfer(actor=ACTOR, transfer_sid=names.transfers[names.sid[line.plain[0]]])


def _update(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        attributes=("attributes", str),
        priority=("priority", int),
        task_channel=("channel", str),
        assignment_status=("status", str),
        virtual_start_at=("started_at", int),
        if_match=("if_match", int),
    )
    reason = line.named.get("reason")
    return c.UpdateTask(actor=ACTOR, task_sid=names.sid[line.plain[0]], reason=reason, **more)


def _delete(line: Line, names: Names) -> c.Command:
    return c.DeleteTask(actor=ACTOR, task_sid=names.sid[line.plain[0]])


def _set(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        activity_sid=("activity", names.sid.__getitem__),
        attributes=("attributes", str),
        friendly_name=("name", str),
        reject_pending_reservations=("reject_pending", _truth),
    )
    return c.UpdateWorker(actor=ACTOR, worker_sid=names.sid[line.plain[0]], **more)


def _capacity(line: Line, names: Names) -> c.Command:
    worker, channel, *capacity = line.plain
    more = line.mentioned(available=("available", _truth))
    if capacity:
        more["capacity"] = int(capacity[0])
    return c.UpdateWorkerChannel(
        actor=ACTOR, worker_sid=names.sid[worker], worker_channel=channel, **more
    )


def _workspace(line: Line, names: Names) -> c.Command:
    more = line.mentioned(
        prioritize_queue_order=("order", str),
        multi_task_enabled=("multi_tasking", _truth),
        timeout_activity_sid=("timeout_activity", names.sid.__getitem__),
    )
    return c.UpdateWorkspace(actor=ACTOR, **more)


def _settings(line: Line, _: Names) -> c.Command:
    more = line.mentioned(
        wrap_up_after_s=("wrap_up", int),
        complete_after_s=("complete", int),
        vanished_after_s=("vanished", int),
        vanished_pending=("pending", str),
        vanished_accepted=("accepted", str),
    )
    return c.UpdateSettings(actor=ACTOR, **more)


def _change(line: Line, names: Names) -> c.Command:
    noun, name = line.plain
    if noun == "queue":
        more = line.mentioned(
            target_workers=("target", str),
            task_order=("order", str),
            max_reserved_workers=("max", int),
        )
        return c.UpdateTaskQueue(actor=ACTOR, task_queue_sid=names.sid[name], **more)
    if noun == "activity":
        return c.UpdateActivity(
            actor=ACTOR, activity_sid=names.sid[name], friendly_name=line.named["name"]
        )
    assert noun == "workflow", f"cannot change a {noun}"
    return c.UpdateWorkflow(
        actor=ACTOR,
        workflow_sid=names.sid[name],
        configuration=configuration(line.block, names) if line.block else c.UNSET,
        re_evaluate_tasks=line.named.get("re_evaluate") == "true",
    )


def _come(line: Line, names: Names) -> c.Command:
    return c.NoteConnected(actor=ACTOR, worker_sid=names.sid[line.plain[0]])


def _leave(line: Line, names: Names) -> c.Command:
    return c.NoteDisconnected(actor=ACTOR, worker_sid=names.sid[line.plain[0]])


def _remove(line: Line, names: Names) -> c.Command:
    noun, name = line.plain[0], line.word(1, "demo")
    sid = names.sid.get(name, name)
    commands: dict[str, c.Command] = {
        "worker": c.DeleteWorker(actor=ACTOR, worker_sid=sid),
        "queue": c.DeleteTaskQueue(actor=ACTOR, task_queue_sid=sid),
        "workflow": c.DeleteWorkflow(actor=ACTOR, workflow_sid=sid),
        "activity": c.DeleteActivity(actor=ACTOR, activity_sid=sid),
        "channel": c.DeleteTaskChannel(actor=ACTOR, task_channel=name),
        "workspace": c.DeleteWorkspace(actor=ACTOR),
    }
    return commands[noun]


CHANGING: dict[str, Callable[[Line, Names], c.Command]] = {
    "accept": _accept,
    "reject": _reject,
    "unreachable": _unreachable,
    "wrap": _wrap,
    "done": _done,
    "transfer": _transfer,
    "recall": _recall,
    "update": _update,
    "delete": _delete,
    "set": _set,
    "capacity": _capacity,
    "workspace": _workspace,
    "settings": _settings,
    "comes": _come,
    "leaves": _leave,
    "change": _change,
    "remove": _remove,
}


def _reservation(line: Line, names: Names) -> str:
    worker, task = line.plain
    found = names.reservations.get((names.sid[worker], names.sid[task]))
    assert found is not None, f"{worker} was never offered {task}"
    return found


def configuration(block: Iterable[str], names: Names) -> str:
    """A workflow's configuration from the indented lines below `workflow`."""
    routing: dict[str, Any] = {"filters": []}
    for text in block:
        verb, subject, *words = words_of(text)
        named: dict[str, Any] = dict(word.split("=", 1) for word in words)
        queue = {} if subject == "same" else {"queue": names.sid.get(subject, subject)}
        if verb == "filter":
            name = named.get("name")
            routing["filters"].append(
                {"filter_friendly_name": name, "expression": subject, "targets": []}
            )
        elif verb == "target":
            routing["filters"][-1]["targets"].append({**queue, **named})
        else:
            assert verb == "default", f"cannot read {text!r}"
            routing["default_filter"] = {**queue, **named}
    return json.dumps({"task_routing": routing})
