"""The verbs that need nothing but the call they run on."""

from __future__ import annotations

import asyncio

from pointsman.voice.calls import Source, StatusCallback
from pointsman.voice.lines import parameters
from pointsman.voice.provider import (
    Builtin,
    Digit,
    Media,
    PlaybackEnded,
    ProviderGone,
    RecordingEnded,
    Sound,
    Speech,
)
from pointsman.voice.recordings import Recording
from pointsman.voice.script import Act, End, Goto, Run, Wait
from pointsman.voice.twiml import Element

__all__ = [
    "ASIDE_VERBS",
    "NOT_ASIDE",
    "PLAIN_VERBS",
    "WAIT_VERBS",
    "collected",
    "is_trimmed",
    "media_of",
    "recording_callback",
]

MISSING = 12200
NOT_ASIDE = 13238
"""Of a verb that nobody carries out beside a conference."""
LONGEST_RECORDING_S = 3_600
SLACK_MS = 100
"""So much more than the time-out a recording of nothing but silence may last."""


async def say(run: Run, verb: Element) -> Wait:
    if _capable(run, verb, "say") and verb.spoken:
        await run.play([_speech(verb)], verb.whole("loop", 1))
    return None


async def play(run: Run, verb: Element) -> Wait:
    digits = verb.get("digits")
    if digits and _capable(run, verb, "digits"):
        try:
            await run.board.provider.send_digits(run.line.call.leg, digits)
        except ProviderGone:
            return End()
    if verb.text and _capable(run, verb, "play"):
        await run.play([Sound(run.document.link(verb.text))], verb.whole("loop", 1))
    return None


async def pause(run: Run, verb: Element) -> Wait:
    await run.rest(verb.whole("length", 1) * 1000)
    return None


async def hangup(run: Run, verb: Element) -> Wait:
    return End()


async def leave(run: Run, verb: Element) -> Wait:
    return End("leave")


async def reject(run: Run, verb: Element) -> Wait:
    try:
        await run.board.provider.reject(run.line.call.leg, busy=verb.get("reason") == "busy")
    except ProviderGone:
        return End()
    return End()


async def redirect(run: Run, verb: Element) -> Wait:
    method = "GET" if verb.get("method").upper() == "GET" else "POST"
    return Goto(Source(url=run.document.link(verb.text), method=method))


async def gather(run: Run, verb: Element) -> Wait:
    """Collect keys while the nested prompts are heard; without any the next verb runs."""
    if not _capable(run, verb, "digits"):
        return None
    if "speech" in verb.get("input", "dtmf"):
        run.warn(MISSING, "<Gather> understands no speech here; it collects keys")
    digits, finish = await collected(run, verb)
    if not digits and not verb.flag("actionOnEmptyResult"):
        return None
    fields = {"Digits": digits, "msg": "Gather End"} | ({"FinishedOnKey": finish} if finish else {})
    return Goto(run.link(verb) or run.here(), fields)


async def collected(run: Run, verb: Element) -> tuple[str, str]:
    """The keys that were pressed, and the one that finished them."""
    wanted, finish = verb.whole("numDigits", 0), verb.get("finishOnKey", "#")
    timeout_ms = verb.whole("timeout", 5) * 1000
    digits, key = "", await _prompted(run, verb)
    while True:
        key = key or await run.digit(run.board.pace.now + timeout_ms)
        if not key or key in finish:
            return digits, key
        digits, key = digits + key, ""
        if len(digits) == wanted:
            return digits, ""


async def _prompted(run: Run, verb: Element) -> str:
    """Play the prompts; the first key ends them."""
    for nested in verb.children:
        media = media_of(run, nested)
        if not media:
            continue
        playback = await run.board.exchange.play(run.line, media, nested.whole("loop", 1))
        while True:
            letter = await run.line.media.next()
            if isinstance(letter, Digit):
                await run.board.exchange.quiet(run.line)
                return letter.digit
            if isinstance(letter, PlaybackEnded) and letter.playback == playback:
                run.heard(letter)
                break
    return ""


async def record(run: Run, verb: Element) -> Wait:
    """Record the caller; `action` is told of what he said, the next verb runs if that was nothing."""
    if not _capable(run, verb, "record"):
        return None
    longest_s, silence_s = verb.whole("maxLength", LONGEST_RECORDING_S), verb.whole("timeout", 5)
    trim = is_trimmed(run, verb)
    made = await run.board.exchange.recorder.record(
        run.line,
        source="RecordVerb",
        callback=recording_callback(run, verb),
        beep=verb.flag("playBeep", otherwise=True),
        finish_on=verb.get("finishOnKey", "1234567890*#"),
        max_s=longest_s,
        silence_s=silence_s,
        trim=trim,
    )
    try:
        ended = await _recorded(run, made)
    except asyncio.CancelledError:
        await _broken_off(run, verb, made)
        raise
    if ended.error:
        run.warn(MISSING, ended.error)
        return None
    quiet_ms = 0 if trim else silence_s * 1000 + SLACK_MS
    if not ended.digit and silence_s < longest_s and ended.length_ms <= quiet_ms:
        return None
    return Goto(run.link(verb) or run.here(), _message(run, ended, ended.digit))


async def _recorded(run: Run, made: Recording) -> RecordingEnded:
    while True:
        letter = await run.line.media.next()
        if isinstance(letter, RecordingEnded) and letter.recording == made.sid:
            return letter


async def _broken_off(run: Run, verb: Element, made: Recording) -> None:
    """The caller hung up, and his message counts; or he was sent elsewhere, and it ends."""
    if run.line.call.is_live:
        exchange = run.board.exchange
        exchange.spawn(exchange.recorder.stop(made.sid))
        return
    action = run.link(verb) or run.here()
    while (letter := await run.line.media.next(0)) is not None:
        if isinstance(letter, RecordingEnded) and not letter.error and action.url:
            fields = parameters(run.line.call) | _message(run, letter, "hangup")
            run.board.tell_document(action, fields, run.line.call)


def _message(run: Run, ended: RecordingEnded, digits: str) -> dict[str, str]:
    """What the action is told."""
    return {
        "RecordingUrl": run.board.recording_url(run.line.call.account_sid, ended.recording),
        "RecordingSid": ended.recording,
        "RecordingDuration": str(round(ended.length_ms / 1000)),
        "Digits": digits,
    }


def is_trimmed(run: Run, verb: Element) -> bool:
    """Whether the silence of a recording is left out, as the verb wants and the provider can."""
    wanted = verb.get("trim") in ("trim-silence", "true")
    return wanted and "trim" in run.board.provider.capabilities


def recording_callback(run: Run, verb: Element) -> StatusCallback | None:
    """Who is told of a recording that the verb asks for."""
    found = run.link(verb, "recordingStatusCallback")
    events = tuple(verb.get("recordingStatusCallbackEvent", "completed").replace(",", " ").split())
    return None if found is None else StatusCallback(found.url, found.method, events)


def media_of(run: Run, nested: Element) -> list[Media]:
    """What a nested prompt sounds like."""
    match nested.name:
        case "Say" if nested.spoken:
            return [_speech(nested)]
        case "Play" if nested.text:
            return [Sound(run.document.link(nested.text))]
        case "Pause":
            return [Builtin("silence", nested.whole("length", 1) * 1000)]
    return []


def _speech(verb: Element) -> Speech:
    return Speech(verb.spoken, verb.get("language"), verb.get("voice"))


def _capable(run: Run, verb: Element, capability: str) -> bool:
    if capability in run.board.provider.capabilities:
        return True
    run.warn(MISSING, f"The provider {run.board.provider.name} cannot carry out <{verb.name}>")
    return False


WAIT_VERBS: dict[str, Act] = {
    "Say": say,
    "Play": play,
    "Pause": pause,
    "Gather": gather,
    "Redirect": redirect,
    "Leave": leave,
    "Hangup": hangup,
}
"""What a waiting caller's document may do."""
ASIDE_VERBS: dict[str, Act] = {
    name: WAIT_VERBS[name] for name in ("Say", "Play", "Pause", "Redirect")
}
"""What is heard by somebody who waits for a conference, or is held in it."""
PLAIN_VERBS: dict[str, Act] = WAIT_VERBS | {"Reject": reject, "Record": record}
