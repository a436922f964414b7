"""What TwiML may say: everything that will not be carried out is named, and what is malformed is left out."""

from __future__ import annotations

import pytest

from pointsman.voice.attributes import fitting
from pointsman.voice.provider import CAPABILITIES
from pointsman.voice.twiml import Element, parse


def judged(text: str, *lacking: str) -> tuple[Element, list[str]]:
    """The only verb of a document, by a provider that lacks this."""
    (verb,) = parse(f"<Response>{text}</Response>".encode())
    return fitting(verb, "phones", CAPABILITIES - set(lacking))


@pytest.mark.feature(214, partly=True)
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<Gather numDigits='0'/>", "numDigits"),
        ("<Gather finishOnKey='x'/>", "finishOnKey"),
        ("<Gather input='voice'/>", "input"),
        ("<Record maxLength='99999'/>", "maxLength"),
        (
            "<Record recordingStatusCallbackEvent='paused'/>",
            "recordingStatusCallbackEvent",
        ),
        ("<Enqueue maxQueueSize='5001'/>", "maxQueueSize"),
        ("<Dial timeLimit='0'/>", "timeLimit"),
        ("<Dial record='please'/>", "record"),
        ("<Reject reason='tired'/>", "reason"),
        ("<Say color='red'>Hello</Say>", "color"),
    ],
)
def test_what_is_unfit_is_left_out(text: str, name: str) -> None:
    """One sentence names the verb and the attribute, and the verb goes on without it."""
    verb, (told,) = judged(text)
    assert told.startswith(f"<{verb.name} {name}> ")
    assert name not in verb.attributes


@pytest.mark.feature(214, partly=True)
def test_nouns_are_judged_as_their_verb() -> None:
    """What is unfit in a noun is named as well, with the noun's name."""
    verb, told = judged(
        "<Dial><Conference beep='maybe' statusCallbackEvent='start speaker'>room</Conference></Dial>"
    )
    assert [each.split()[:2] for each in told] == [
        ["<Conference", "beep>"],
        ["<Conference", "statusCallbackEvent>"],
    ]
    assert verb.children[0].attributes == {"statusCallbackEvent": "start"}
    assert verb.children[0].text == "room"


@pytest.mark.feature(214, partly=True)
@pytest.mark.parametrize(
    ("text", "capability"),
    [
        ("<Dial hangupOnStar='true'/>", "bridge_digits"),
        ("<Dial record='record-from-answer-dual'/>", "record_dual"),
        ("<Dial trim='trim-silence'/>", "trim"),
        ("<Play digits='1'/>", "digits"),
    ],
)
def test_what_a_provider_lacks_is_named(text: str, capability: str) -> None:
    """A provider that has it is asked for it; for another one a sentence names provider and attribute."""
    assert judged(text)[1] == []
    verb, (told,) = judged(text, capability)
    (name,) = verb.attributes
    assert told == f"<{verb.name} {name}> cannot be honoured by the provider phones; it is left out"


@pytest.mark.feature(214, partly=True)
def test_what_is_fit_is_left_alone() -> None:
    """Markup in a sentence, commas between events and words in other cases are as good as any."""
    for text in (
        "<Say voice='woman'>Hello <emphasis level='strong'>you</emphasis></Say>",
        "<Dial><Number statusCallbackEvent='initiated, answered completed'>1</Number></Dial>",
        "<Gather actionOnEmptyResult='True' method='get'><Pause/></Gather>",
        "<Enqueue workflowSid='WW1'><Task priority='5'>{}</Task></Enqueue>",
    ):
        (verb,) = parse(f"<Response>{text}</Response>".encode())
        fit, told = fitting(verb, "phones", CAPABILITIES)
        assert (fit, told) == (verb, [])
