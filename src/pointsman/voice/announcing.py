"""Announcements: what a document says and plays, once, to one participant or to a whole conference.

Those who talk go on, and hear it over their talk. The document is asked for at once; what cannot be
had of it is told by an alert, and nobody's call changes. Its end is told to whoever listens to the conference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.voice.calls import Source
from pointsman.voice.fetching import NoTwiml
from pointsman.voice.lines import Line
from pointsman.voice.provider import Media
from pointsman.voice.script import Run, Wait
from pointsman.voice.twiml import Element
from pointsman.voice.verbs import ASIDE_VERBS, NOT_ASIDE, media_of

if TYPE_CHECKING:
    from pointsman.voice.rooms import Room
    from pointsman.voice.switchboard import Switchboard

__all__ = ["announce"]


async def announce(
    board: Switchboard, room: Room, line: Line, source: Source, *, to_all: bool
) -> None:
    """Let this participant hear it, or with `to_all` everybody who talks in the room."""
    media: list[Media] = []

    async def collect(run: Run, verb: Element) -> Wait:
        media.extend(media_of(run, verb) * max(1, verb.whole("loop", 1)))
        return None

    def fields() -> dict[str, str]:
        return {"ConferenceSid": room.sid, "FriendlyName": room.conference.friendly_name}

    verbs = ASIDE_VERBS | dict.fromkeys(("Say", "Play", "Pause"), collect)
    try:
        await Run(board, line, verbs, fields, sounds=True, unknown=NOT_ASIDE).follow(source)
    except NoTwiml as nothing:  # which the alert tells, too
        board.rooms.announced(room, None if to_all else line, source.url, str(nothing))
        return
    target = room.sid if to_all else line.call.leg
    error = await board.exchange.announce(target, media) if media else ""
    board.rooms.announced(room, None if to_all else line, source.url, error)
