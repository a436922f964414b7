"""What applications are told of a conference: the fields of its status callbacks.

Whether somebody asked for an event, what it is called on the wire, and what belongs to it; sending it
is `status`'s matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pointsman.voice.conference import Participant
    from pointsman.voice.rooms import Room

__all__ = ["news"]

_ANNOUNCED = {"announcement-end": "announcement", "announcement-fail": "announcement"}
_WORDS = {
    "start": "conference-start",
    "end": "conference-end",
    **{event: event for event in _ANNOUNCED},
}
_KINDS = {"unmute": "mute", "unhold": "hold", **_ANNOUNCED}
"""Events that are asked for by another one's name."""


def news(room: Room, event: str, participant: Participant | None = None) -> dict[str, str] | None:
    """The fields to be sent; None when nobody wants to know of this."""
    conference, callback = room.conference, room.conference.callback
    if callback is None or _KINDS.get(event, event) not in callback.events:
        return None
    told = {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.friendly_name,
        "AccountSid": conference.account_sid,
        "StatusCallbackEvent": _WORDS.get(event, f"participant-{event}"),
        "SequenceNumber": str(room.told),
    }
    room.told += 1
    if participant is not None:
        told |= _about(participant)
    if event == "end":
        told["ReasonConferenceEnded"] = conference.reason_ended
        if conference.call_sid_ending:
            told["CallSidEndingConference"] = conference.call_sid_ending
    return told


def _about(participant: Participant) -> dict[str, str]:
    told = {
        "CallSid": participant.call_sid,
        "Muted": _word(participant.muted),
        "Hold": _word(participant.hold),
        "Coaching": _word(participant.coaching),
        "EndConferenceOnExit": _word(participant.end_conference_on_exit),
        "StartConferenceOnEnter": _word(participant.start_conference_on_enter),
    }
    if participant.call_sid_to_coach:
        told["CallSidToCoach"] = participant.call_sid_to_coach
    if participant.label:
        told["ParticipantLabel"] = participant.label
    return told


def _word(truth: bool) -> str:
    return "true" if truth else "false"
