"""Conferences and their participants as records, and the pure rules of a room.

A room has a name; the conference is one use of it, from the first who enters until it ends. When it
starts, when it ends, and who then hears what are questions answered here; who carries the answers out
is `exchange`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from pointsman.voice.calls import StatusCallback

__all__ = [
    "MOST_PARTICIPANTS",
    "Conference",
    "ConferenceStatus",
    "Participant",
    "beeps",
    "ends_with",
    "may_start",
]

MOST_PARTICIPANTS = 250


class ConferenceStatus(StrEnum):
    """Where a conference stands."""

    INIT = "init"
    """Somebody waits in it for one who starts it."""
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


class Conference(Struct, frozen=True, kw_only=True):
    """One use of a room."""

    sid: str
    account_sid: str
    friendly_name: str
    status: ConferenceStatus
    date_created: int
    date_updated: int
    max_participants: int = MOST_PARTICIPANTS
    record: bool = False
    trim: bool = False
    callback: StatusCallback | None = None
    recording_callback: StatusCallback | None = None
    reason_ended: str = ""
    """conference-ended-via-api, or participant-with-end-conference-on-exit or last-participant, -left or
    -kicked."""
    call_sid_ending: str = ""
    task_sid: str | None = None
    seats: tuple[Participant, ...] = ()
    """Who is in it, for after a restart."""

    @property
    def is_live(self) -> bool:
        return self.status is not ConferenceStatus.COMPLETED


class Participant(Struct, frozen=True, kw_only=True):
    """One call in a conference, and what was asked for it when it entered or later."""

    conference_sid: str
    call_sid: str
    account_sid: str
    date_created: int
    date_updated: int
    label: str = ""
    muted: bool = False
    hold: bool = False
    hold_url: str = ""
    hold_method: str = "GET"
    coaching: bool = False
    call_sid_to_coach: str | None = None
    start_conference_on_enter: bool = True
    end_conference_on_exit: bool = False
    beep: str = "true"
    """true, false, onEnter or onExit."""
    wait_url: str | None = None
    """What he hears alone: None is the provider's music, empty is silence."""
    wait_method: str = "POST"


def may_start(participants: Iterable[Participant]) -> bool:
    """Whether the talking begins: two are there, one of whom may start it."""
    there = list(participants)
    return len(there) > 1 and any(one.start_conference_on_enter for one in there)


def ends_with(leaving: Participant, staying: Iterable[Participant], *, kicked: bool = False) -> str:
    """Why the conference ends when this one left; empty: it goes on."""
    how = "kicked" if kicked else "left"
    if leaving.end_conference_on_exit:
        return f"participant-with-end-conference-on-exit-{how}"
    return "" if list(staying) else f"last-participant-{how}"


def beeps(participant: Participant, moment: str) -> bool:
    """Whether a beep is heard at his `onEnter` or `onExit`."""
    return participant.beep in ("true", moment)
