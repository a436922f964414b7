"""The TwiML interpreter: runs documents on one call, verb after verb.

One run is one task; a redirect from outside ends it and starts another. A verb is a function in a table
(`VERBS`): it says where to go on, or nothing. A verb that is out of scope raises a warning that names
it, and the next one runs. What a verb needs of other calls, queues and tasks is in modules of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pointsman.voice.attributes import fitting
from pointsman.voice.calls import CallStatus, Direction, Source, Waiting
from pointsman.voice.fetching import TOO_MANY_REDIRECTS, Document, NoTwiml
from pointsman.voice.lines import Line, parameters
from pointsman.voice.provider import Digit, Media, PlaybackEnded, Speech
from pointsman.voice.twiml import Element

if TYPE_CHECKING:
    from pointsman.voice.parking import Entry
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Act", "End", "Goto", "Run", "Wait"]

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
MOST_DOCUMENTS = 100
"""So many documents in a row without a second passing are a loop."""
UNKNOWN_VERB = NOT_CARRIED_OUT = 12200
NOT_PLAYED = 13520


class Goto(Struct, frozen=True):
    """Go on with another document."""

    source: Source
    fields: Mapping[str, str] = field(default_factory=dict)


class End(Struct, frozen=True):
    """The run is over; `why` is for whoever started it (hangup, leave)."""

    why: str = "hangup"


Wait = Goto | End | None
Act = Callable[["Run", Element], Awaitable[Wait]]


class Run:
    """One run of TwiML on a call."""

    def __init__(
        self,
        board: Switchboard,
        line: Line,
        verbs: Mapping[str, Act],
        fields: Callable[[], Mapping[str, str]] = dict,
        *,
        sounds: bool = False,
        unknown: int = UNKNOWN_VERB,
    ) -> None:
        """`fields` are sent with every request, besides those of the call; a sound may be the document.

        `unknown` is the code of the warning of a verb that is not among these.
        """
        self.board = board
        self.line = line
        self.document = Document([], "")
        self._verbs = verbs
        self._fields = fields
        self._sounds = sounds
        self._unknown = unknown
        self.ahead: tuple[Element, ...] = ()
        """The verb that is carried out, and those after it."""
        self.resumed: Entry | None = None
        """How the caller waited before a restart; the first verb takes that away."""
        self._documents = 0
        self._since = board.pace.now

    async def follow(self, source: Source, extra: Mapping[str, str] | None = None) -> End:
        """Run documents until one of them is at its end. Raises `NoTwiml`."""
        return await self._go_on(Goto(source, extra or {}))

    async def resume(self, waiting: Waiting, entry: Entry) -> End:
        """Go on where the call waited before a restart. Raises `NoTwiml`."""
        self.document = Document(list(waiting.verbs), waiting.url)
        self.resumed = entry
        return await self._go_on(await self._run(self.document.verbs))

    async def _go_on(self, following: Wait) -> End:
        while isinstance(following, Goto):
            try:
                self.document = await self._fetch(following)
            except NoTwiml as nothing:
                self.warn(nothing.code, str(nothing))
                raise
            following = await self._run(self.document.verbs)
        return following or End("")

    async def _run(self, verbs: list[Element]) -> Wait:
        for place, verb in enumerate(verbs):
            self.ahead = tuple(verbs[place:])
            act = self._verbs.get(verb.name)
            if act is None:
                self.warn(
                    self._unknown, f"The verb <{verb.name}> is not offered here; it is skipped"
                )
                continue
            verb = self._fitting(verb)  # noqa: PLW2901
            if not _may_ring_on(verb) and not await self.answered():
                return End()
            following = await act(self, verb)
            if following is not None:
                return following
        return None

    def _fitting(self, verb: Element) -> Element:
        """The verb as it can be carried out; what is left out of it is named."""
        provider = self.board.provider
        fit, complaints = fitting(verb, provider.name, provider.capabilities)
        for told in complaints:
            self.warn(NOT_CARRIED_OUT, told)
        return fit

    async def answered(self) -> bool:
        """Answer the caller, if he was not; whether he is there."""
        return self.line.is_up or await self.board.exchange.answer(self.line)

    async def _fetch(self, goto: Goto) -> Document:
        now = self.board.pace.now
        if now - self._since >= 1_000:
            self._since, self._documents = now, 0
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            told = f"{MOST_DOCUMENTS} documents in a row redirected without anything to be heard"
            raise NoTwiml(TOO_MANY_REDIRECTS, told, goto.source.url)
        call = self.line.call
        told_fields = parameters(call) | dict(self._fields()) | dict(goto.fields)
        return await self.board.fetcher.fetch(
            goto.source, told_fields, call.account_sid, sounds=self._sounds
        )

    # --- what verbs use ----------------------------------------------------------------------------

    def warn(self, code: int, message: str) -> None:
        """Tell the developer, once for each call: documents are run over and over."""
        call = self.line.call
        if message in self.line.warned:
            return
        self.line.warned.add(message)
        if call.workspace_sid is not None:
            self.board.desk.alert(call.workspace_sid, code, message, call.sid)
        else:
            self.board.desk.alert_account(call.account_sid, code, message, call.sid)

    def link(self, verb: Element, name: str = "action") -> Source | None:
        """The document that an attribute of the verb names."""
        if not verb.get(name):
            return None
        how = "method" if name in ("action", "url") else f"{name}Method"
        method = verb.get(how, "POST").upper()
        url = self.document.link(verb.get(name))
        return Source(url=url, method="GET" if method == "GET" else "POST")

    def here(self) -> Source:
        """The document that runs now."""
        return Source(url=self.document.url)

    async def play(self, media: list[Media], loop: int = 1) -> None:
        """Play to the end; keys that are pressed meanwhile are nobody's."""
        playback = await self.board.exchange.play(self.line, media, loop)
        while True:
            letter = await self.line.media.next()
            if isinstance(letter, PlaybackEnded) and letter.playback == playback:
                self.heard(letter)
                return

    def heard(self, ended: PlaybackEnded) -> None:
        """Warn of what could not be played."""
        if ended.error:
            self.warn(NOT_PLAYED, ended.error)

    async def rest(self, span_ms: int) -> None:
        until = self.board.pace.now + span_ms
        while await self.line.media.next(until) is not None:
            pass

    async def digit(self, until: int | None) -> str:
        """The next key; empty when that moment comes first."""
        while (letter := await self.line.media.next(until)) is not None:
            if isinstance(letter, Digit):
                return letter.digit
        return ""


def _may_ring_on(verb: Element) -> bool:
    """Whether a caller who was not answered hears ringing meanwhile."""
    if verb.name == "Dial":
        return verb.flag("answerOnBridge")
    return verb.name in ("Reject", "Redirect", "Pause")


async def run_call(
    board: Switchboard,
    line: Line,
    verbs: Mapping[str, Act],
    source: Source,
    before: tuple[Waiting, Entry] | None = None,
) -> None:
    """Everything on one call: its documents, then it is hung up.

    With `before` it goes on where it waited before a restart.
    """
    if not await _is_answered(line):
        return
    try:
        await _follow(board, line, verbs, source, before)
    except NoTwiml:
        if await board.exchange.answer(line):
            await Run(board, line, verbs).play([Speech(APOLOGY)])
    await board.exchange.hang_up(line)


async def _follow(
    board: Switchboard,
    line: Line,
    verbs: Mapping[str, Act],
    source: Source,
    before: tuple[Waiting, Entry] | None,
) -> None:
    """Run the call's documents; when one cannot be had, its fallback, which is told why."""
    run = Run(board, line, verbs)
    try:
        await (run.follow(source) if before is None else run.resume(*before))
    except NoTwiml as nothing:
        if not source.fallback_url:
            raise
        fallback = Source(url=source.fallback_url, method=source.fallback_method)
        fields = {"ErrorCode": str(nothing.code), "ErrorUrl": nothing.url}
        await Run(board, line, verbs).follow(fallback, fields)


async def _is_answered(line: Line) -> bool:
    """A call of ours runs its TwiML when it was answered; one that came in at once."""
    while line.call.direction is not Direction.INBOUND and not line.is_up:
        if line.call.status is not CallStatus.IN_PROGRESS and not line.call.is_live:
            return False
        await line.control.next()
    return True
