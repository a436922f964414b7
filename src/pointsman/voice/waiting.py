"""What somebody hears while he waits: music, a sound, or a document that is run over and over.

It is the same in a queue, in a conference that has not begun, and on hold. A document that cannot be
had is replaced by music and asked for again, each time later; what has a sound's ending or type is
played as a sound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pointsman.voice.calls import Source
from pointsman.voice.fetching import NoTwiml
from pointsman.voice.lines import Line
from pointsman.voice.provider import Sound
from pointsman.voice.script import UNKNOWN_VERB, Act, Run

if TYPE_CHECKING:
    from pointsman.voice.switchboard import Switchboard

__all__ = ["wait"]

LONGEST_BACKOFF_MS = 60_000
_SOUND = re.compile(r".*\.(wav|mp3|ogg|oga|opus|flac|aif|aiff|aac|m4a|gsm|ulaw|au)", re.IGNORECASE)


async def wait(
    board: Switchboard,
    line: Line,
    source: Source | None,
    verbs: Mapping[str, Act],
    fields: Callable[[], Mapping[str, str]] = dict,
    unknown: int = UNKNOWN_VERB,
) -> str:
    """Let him hear it until this is canceled; gives back why the document says that he waits no more.

    Music and sounds go on afterwards, until the line's music is turned off.
    """
    exchange = board.exchange
    if source is None or _SOUND.fullmatch(urlsplit(source.url).path):
        await exchange.music(line, on=True, media=[] if source is None else [Sound(source.url)])
        return ""
    failures = 0
    while True:
        began = board.pace.now
        run = Run(board, line, verbs, fields, sounds=True, unknown=unknown)
        try:
            end = await run.follow(source)
        except NoTwiml:
            await exchange.music(line, on=True)
            await run.rest(min(1_000 << failures, LONGEST_BACKOFF_MS))
            failures = min(failures + 1, 6)
            continue
        if failures:
            failures = 0
            await exchange.music(line, on=False)
        if end.why:
            return end.why
        if board.pace.now == began:
            await run.rest(1_000)
