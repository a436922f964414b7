"""What must be true of calls at every moment at which all is done: nothing is left without an owner.

It believes the phones' side (who is on the line) and the records that REST shows, and asks no part of
voice why.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pointsman.engine.state import State
from tests.webhooks.scene import ACCOUNT_SID

if TYPE_CHECKING:
    from tests.voice.scene import VoiceScene

OPEN = ("pending", "accepted", "wrapping")


def audit(scene: VoiceScene) -> None:
    """Raises AssertionError for the first thing that is wrong."""
    lines, world = scene.exchange.lines, scene.world
    on_the_line = {leg.name for leg in world.legs.values() if not leg.ended}
    legs = {line.call.leg for line in lines.values()}
    assert legs == on_the_line, f"records of {legs}, phones on the line {on_the_line}"
    _check_rooms(scene, on_the_line)
    assert scene.app._parts is not None
    for workspace_sid in scene.app._parts.runtime.workspaces_of(ACCOUNT_SID):
        scene.app._parts.runtime.glance(workspace_sid, _check)


def _check_rooms(scene: VoiceScene, on_the_line: set[str]) -> None:
    """Every conference has somebody, each of whom is on the line, in it alone, and where he belongs."""
    seen: set[str] = set()
    for room in scene.board.rooms.rooms(ACCOUNT_SID):
        there = {line.call.leg for line in room.lines.values()}
        assert there or room.coming, f"nobody is in the conference {room.sid}"
        assert there <= on_the_line and not there & seen, f"{there} in {room.sid}, {seen} elsewhere"
        assert set(room.participants) == set(room.lines) == set(room.places)
        seen |= there
        inside = {sid for sid, place in room.places.items() if place.inside}
        bridge = scene.world.rooms.get(room.sid)
        members = {leg.name for leg in bridge.members} if bridge is not None else set()
        assert {room.lines[sid].call.leg for sid in inside} == members, f"{room.sid} is not settled"


def _check(state: State) -> None:
    for reservation in state.reservations.values():
        if reservation.reservation_status == "pending" and reservation.on_hold:
            assert reservation.expires_at is not None, f"{reservation.sid} is on hold for ever"
    _check_capacity(state)


def _check_capacity(state: State) -> None:
    """No worker has more open offers and work on a channel than he takes at a time."""
    used: Counter[tuple[str, str]] = Counter()
    for reservation in state.reservations.values():
        task = state.tasks[reservation.task_sid]
        if reservation.reservation_status in OPEN and not task.ignore_capacity:
            used[reservation.worker_sid, task.task_channel_sid] += 1
    takes = {
        (channel.worker_sid, channel.task_channel_sid): channel.configured_capacity
        for channel in state.worker_channels.values()
    }
    for place, count in used.items():
        assert count <= takes[place], f"the worker {place[0]} has {count} tasks at a time"
