"""The verbs that need nothing but the call they run on."""

from __future__ import annotations

from pointsman.voice.calls import Source, StatusCallback
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
from pointsman.voice.script import Act, End, Goto, Run, Wait
from pointsman.voice.twiml import Element

__all__ = ["PLAIN_VERBS", "WAIT_VERBS"]

MISSING = 12200
LONGEST_RECORDING_S = 3_600


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
    if "speech" in verb.get("input", "dtmf"):
        run.warn(MISSING, "<Gather> understands no speech here; it collects keys")
    digits = await _collected(run, verb)
    if not digits and not verb.flag("actionOnEmptyResult"):
        return None
    source = run.link(verb) or run.here()
    return Goto(source, {"Digits": digits, "msg": "Gather End"} if digits else {"Digits": ""})


async def _collected(run: Run, verb: Element) -> str:
    wanted, finish = verb.whole("numDigits", 0), verb.get("finishOnKey", "#")
    timeout_ms = verb.whole("timeout", 5) * 1000
    digits = await _prompted(run, verb)
    while not (wanted and len(digits) >= wanted):
        if digits and digits[-1] in finish:
            break
        key = await run.digit(run.board.pace.now + timeout_ms)
        if not key:
            break
        digits += key
    return digits.rstrip(finish) if finish else digits


async def _prompted(run: Run, verb: Element) -> str:
    """Play the prompts; the first key ends them."""
    for nested in verb.children:
        media = _media(run, nested)
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
    """Record the caller; what he said is told at `action`."""
    if not _capable(run, verb, "record"):
        return None
    if verb.flag("transcribe"):
        run.warn(MISSING, "<Record transcribe> is not offered here; the recording is made")
    callback = _recording_callback(run, verb)
    made = await run.board.exchange.recorder.record(
        run.line,
        source="RecordVerb",
        callback=callback,
        beep=verb.flag("playBeep", otherwise=True),
        finish_on=verb.get("finishOnKey", "1234567890*#"),
        max_s=min(verb.whole("maxLength", 3_600), LONGEST_RECORDING_S),
        silence_s=verb.whole("timeout", 5),
        trim=verb.get("trim") == "trim-silence" and "trim" in run.board.provider.capabilities,
    )
    while True:
        letter = await run.line.media.next()
        if isinstance(letter, RecordingEnded) and letter.recording == made.sid:
            break
    if letter.error:
        run.warn(MISSING, letter.error)
        return None
    fields = {
        "RecordingUrl": run.board.recording_url(made.account_sid, made.sid),
        "RecordingSid": made.sid,
        "RecordingDuration": str(round(letter.length_ms / 1000)),
        "Digits": letter.digit or "hangup",
    }
    return Goto(run.link(verb) or run.here(), fields)


def _recording_callback(run: Run, verb: Element) -> StatusCallback | None:
    found = run.link(verb, "recordingStatusCallback")
    return None if found is None else StatusCallback(found.url, found.method)


def _media(run: Run, nested: Element) -> list[Media]:
    """What a nested prompt sounds like."""
    match nested.name:
        case "Say" if nested.spoken:
            return [_speech(nested)]
        case "Play" if nested.text:
            return [Sound(run.document.link(nested.text))]
        case "Pause":
            return [Builtin("silence", nested.whole("length", 1) * 1000)]
    run.warn(MISSING, f"<{nested.name}> cannot be inside of <Gather>; it is skipped")
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
PLAIN_VERBS: dict[str, Act] = WAIT_VERBS | {"Reject": reject, "Record": record}
