"""The verb `<Enqueue>`: the caller waits in a queue, as a task when a workflow is named.

He waits until a worker takes him (`Parking.take`), until his wait document says `<Leave>`, until he
hangs up or until his call is redirected. However he leaves before he was taken, his task is canceled;
after that it is the matter of whoever took him. A task that ends by itself leaves him waiting.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pointsman.engine.records import read_json
from pointsman.voice.calls import Waiting
from pointsman.voice.lines import (
    BridgeOver,
    PutBack,
    RoomOver,
    Taken,
    WaitOver,
    parameters,
)
from pointsman.voice.pace import Mailbox
from pointsman.voice.parking import Entry
from pointsman.voice.queues import LARGEST_MAX_SIZE
from pointsman.voice.script import End, Goto, Run, Wait
from pointsman.voice.twiml import Element
from pointsman.voice.verbs import WAIT_VERBS
from pointsman.voice.waiting import wait

if TYPE_CHECKING:
    from pointsman.voice.calls import Call
    from pointsman.voice.desk import Desk

__all__ = ["enqueue"]

NO_TARGET = 14222
BAD_ATTRIBUTE = 12200
_PLACES = ("city", "state", "zip", "country")


async def enqueue(run: Run, verb: Element) -> Wait:
    if run.resumed is not None:
        return await _resumed(run, verb, run.resumed).until_over()
    workflow_sid = verb.get("workflowSid")
    parking, call = run.board.parking, run.line.call
    size = verb.whole("maxQueueSize", -1)
    name = workflow_sid or verb.text or "default"
    queue = parking.queue(call.account_sid, name, None if size < 0 else min(size, LARGEST_MAX_SIZE))
    entry = parking.park(run.line, queue)
    if entry is None:
        return _after(run, verb, "queue-full", {"QueueSid": queue.sid, "QueueTime": "0"})
    waiting = _Waiting(run, verb, entry)
    if workflow_sid and not await waiting.make_task(workflow_sid):
        parking.remove(entry)
        return _after(run, verb, "error", waiting.told())
    return await waiting.until_over()


def _resumed(run: Run, verb: Element, entry: Entry) -> _Waiting:
    """A caller who waited, or talked, before a restart."""
    run.resumed = None
    waiting = _Waiting(run, verb, entry)
    waiting.task_sid = run.line.call.task_sid or ""
    waiting.taken = "bridged" if entry.is_taken else ""
    return waiting


class _Waiting:
    """One caller's wait."""

    def __init__(self, run: Run, verb: Element, entry: Entry) -> None:
        self.run = run
        self.verb = verb
        self.entry = entry
        self.task_sid = ""
        self.taken = ""

    async def make_task(self, workflow_sid: str) -> bool:
        """Give the caller a task; false when he cannot have one."""
        run, line = self.run, self.run.line
        desk = run.board.desk
        workspace_sid = desk.workspace_of(line.call.account_sid, workflow_sid)
        if workspace_sid is None:
            run.warn(NO_TARGET, f"<Enqueue>: there is no workflow {workflow_sid}")
            return False
        noun = _noun(self.verb)
        told = _attributes(run, noun)
        making = run.board.pace.spawn(
            desk.create_task(
                workspace_sid,
                workflow_sid,
                told | _about(line.call),
                None if noun is None else _number(noun, "priority"),
                None if noun is None else _number(noun, "timeout"),
            )
        )
        done: Mailbox[asyncio.Task[Any]] = Mailbox(run.board.pace)
        making.add_done_callback(done.put)
        try:
            await done.next()
        except asyncio.CancelledError:
            run.board.parking.remove(self.entry)
            run.board.pace.spawn(_forsaken(desk, workspace_sid, making, line.leaving))
            raise
        made = making.result()
        if not isinstance(made, str):
            desk.alert(workspace_sid, NO_TARGET, f"<Enqueue>: {made}", line.sid, "error")
            return False
        self.task_sid = made
        self.entry.member = replace(self.entry.member, task_sid=made)
        run.board.exchange.update(line, workspace_sid=workspace_sid, task_sid=made)
        return True

    async def until_over(self) -> Wait:
        """Wait, and perhaps talk; then the action."""
        self._keep()
        try:
            result = await self._result()
        except asyncio.CancelledError:
            self._broken_off()
            raise
        finally:
            self._silence()
            self.run.board.exchange.update(self.run.line, waiting=None)
        if result in ("leave", "hangup"):
            self._give_up(result)
        return _after(self.run, self.verb, result, self.told())

    async def _result(self) -> str:
        while True:
            if not self.taken:
                self.entry.waiting = self.run.board.pace.spawn(self._wait())
                letter = await self._next(Taken, WaitOver)
                if isinstance(letter, WaitOver):
                    return letter.why
                assert isinstance(letter, Taken)
                self.taken = letter.result
                self._keep()
            if not isinstance(await self._next(BridgeOver, RoomOver, PutBack), PutBack):
                return self.taken
            self.taken = ""
            self._keep()

    def _keep(self) -> None:
        """Remember how he waits, for after a restart."""
        run, member = self.run, self.entry.member
        how = (member.queue_sid, member.date_enqueued, run.document.url, run.ahead)
        run.board.exchange.update(run.line, waiting=Waiting(*how, bool(self.taken)))

    async def _next(self, *kinds: type[Any]) -> object:
        while not isinstance(letter := await self.run.line.control.next(), kinds):
            pass
        return letter

    def _broken_off(self) -> None:
        """The caller hung up, or his call was redirected."""
        leaving = self.run.line.leaving
        self._give_up(leaving)
        result = leaving
        if self.taken:
            result = "bridged" if leaving == "hangup" else "redirected-from-bridged"
        self._tell_action(result)

    def _give_up(self, reason: str) -> None:
        """Nobody took him: his task is over."""
        if self.run.board.parking.remove(self.entry) and self.task_sid:
            call, desk = self.run.line.call, self.run.board.desk
            assert call.workspace_sid is not None, "a task has a workspace"
            self.run.board.pace.spawn(desk.cancel_task(call.workspace_sid, self.task_sid, reason))

    def _tell_action(self, result: str) -> None:
        """The action is asked for although nobody will hear its document."""
        action, run = self.run.link(self.verb), self.run
        if action is not None:
            fields = parameters(run.line.call) | _result(result, self.told())
            run.board.tell_document(action, fields, run.line.call)

    def _silence(self) -> None:
        if self.entry.waiting is not None:
            self.entry.waiting.cancel()

    def told(self) -> dict[str, str]:
        seconds = (self.run.board.pace.now - self.entry.member.date_enqueued) // 1000
        told = {"QueueSid": self.entry.queue.sid, "QueueTime": str(seconds)}
        return told | ({"TaskSid": self.task_sid} if self.task_sid else {})

    # --- what is heard meanwhile -------------------------------------------------------------------

    async def _wait(self) -> None:
        """Music, or the wait document over and over."""
        run, board = self.run, self.run.board
        source = run.link(self.verb, "waitUrl")
        if source is None and "waitUrl" in self.verb.attributes:
            return  # which asks for silence

        def figures() -> dict[str, str]:
            return board.parking.figures(self.entry)

        why = await wait(board, run.line, source, WAIT_VERBS, figures)
        if why:
            run.line.control.put(WaitOver(why))


async def _forsaken(desk: Desk, workspace_sid: str, making: asyncio.Task[Any], reason: str) -> None:
    """The caller left while his task was being made: it is canceled as soon as it is there."""
    made = await making
    if isinstance(made, str):
        await desk.cancel_task(workspace_sid, made, reason)


def _after(run: Run, verb: Element, result: str, told: dict[str, str]) -> Wait:
    """What comes after the wait: the action; without one the next verb, unless somebody hung up."""
    action = run.link(verb)
    if action is not None:
        return Goto(action, _result(result, told))
    return End() if result in ("bridged", "hangup") else None


def _result(result: str, told: dict[str, str]) -> dict[str, str]:
    canceled = result in ("hangup", "leave", "redirected") and "TaskSid" in told
    reason = {"TaskCanceledReason": result} if canceled else {}
    return {"QueueResult": result} | told | reason


# --- the task ----------------------------------------------------------------------------------


def _noun(verb: Element) -> Element | None:
    return next((one for one in verb.children if one.name in ("Task", "TaskAttributes")), None)


def _number(noun: Element, name: str) -> int | None:
    number = noun.whole(name, -1)
    return None if number < 0 else number


def _attributes(run: Run, noun: Element | None) -> dict[str, Any]:
    """The JSON object of the noun."""
    if noun is None or not noun.text:
        return {}
    try:
        told = read_json(noun.text)
    except ValueError as problem:
        run.warn(BAD_ATTRIBUTE, f"<{noun.name}>: the attributes are not JSON: {problem}")
        return {}
    if not isinstance(told, dict):
        run.warn(BAD_ATTRIBUTE, f"<{noun.name}>: the attributes are no JSON object")
        return {}
    return told


# Differs from Twilio: for callers of `<Enqueue>` the attributes from_city, from_state and the like are empty.
def _about(call: Call) -> dict[str, Any]:
    """What a task knows of its call."""
    told: dict[str, Any] = {
        "call_sid": call.sid,
        "account_sid": call.account_sid,
        "from": call.from_,
        "to": call.to,
        "caller": call.from_,
        "called": call.to,
        "direction": call.direction.value,
        "api_version": "2010-04-01",
        "call_status": call.status.value,
    }
    for side in ("from", "to", "caller", "called"):
        told |= {f"{side}_{place}": "" for place in _PLACES}
    return told
