"""Which number a call may show as its caller, and how a number becomes one of the account's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pointsman.voice.phones import Plan
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.stock import refused, stock
from tests.voice.test_dequeue import waiting
from tests.voice.test_refusals import refused as refused_instruction
from tests.voice.test_restart import restarted
from tests.webhooks.scene import an_account

OFFICE, FOREIGN, BOB = "+4930123456789", "+15559999999", "+15550002222"
HELLO = "<Response><Pause length='30'/></Response>"


async def verified(scene: VoiceScene, number: str = OFFICE) -> str:
    """Have the number verified by somebody who enters the right digits; its SID."""
    client = stock(scene)
    claim = await client.validation_requests.create_async(number, friendly_name="Office")
    await scene.pass_time(1)
    scene.world.press(claim.call_sid, claim.validation_code)
    await scene.pass_time(10)
    (made,) = await client.outgoing_caller_ids.list_async(phone_number=number)
    assert made.sid is not None
    return made.sid


@pytest.mark.feature(201)
def test_only_own_verified_or_dialled_numbers(tmp_path: Path) -> None:
    """A foreign number is refused wherever one can be shown; own, verified and dialled ones are shown."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        url = f"{scene.application.url}/hello"
        assert await refused_instruction(scene, "dequeue", DequeueFrom=FOREIGN) == 40132
        assert await refused_instruction(scene, "call", CallFrom=FOREIGN, CallUrl=url) == 40111
        assert await refused_instruction(scene, "conference", From=FOREIGN) == 40138
        client = stock(scene)
        for shown in (FOREIGN, OFFICE, CALLER):
            made = client.calls.create_async(to=BOB, from_=shown, twiml=HELLO)
            assert await refused(made) == (400, 21210)
        sid = await verified(scene)
        made = await client.calls.create_async(to=BOB, from_="49 30 1234 56789", twiml=HELLO)
        assert scene.world.legs[made.sid].other == OFFICE
        await scene.instruct("dequeue", DequeueFrom="4930123456789")
        assert scene.world.legs[scene.leg_of("client:alice")].other == OFFICE
        assert await client.outgoing_caller_ids(sid).delete_async()
        again = client.calls.create_async(to=BOB, from_=OFFICE, twiml=HELLO)
        assert await refused(again) == (400, 21210)

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
def test_the_number_that_was_dialled(tmp_path: Path) -> None:
    """It may be shown as long as its call lives, also when it is no more the account's; a claim is not believed."""

    async def story(scene: VoiceScene) -> None:
        await waiting(scene)
        task = await scene.task()
        (number,) = await stock(scene).incoming_phone_numbers.list_async()
        await number.delete_async()
        await scene.post(f"{scene.home}/Tasks/{task['sid']}", Attributes=_claiming(task, FOREIGN))
        assert await refused_instruction(scene, "dequeue") == 40132
        await scene.instruct("dequeue", DequeueFrom=HOTLINE.removeprefix("+"))
        assert scene.world.legs[scene.leg_of("client:alice")].other == HOTLINE

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
@pytest.mark.parametrize(
    ("caller_id", "called"),
    [
        ("", CALLER),
        ("1 555 765 4321", CALLER),
        (HOTLINE, HOTLINE),
        ("15550001111", HOTLINE),
        (FOREIGN, None),
        ("client:bob", None),
    ],
)
def test_what_dial_shows(tmp_path: Path, caller_id: str, called: str | None) -> None:
    """The caller's number, the one he dialled, or an own one; anything else calls nobody, with a warning."""

    async def story(scene: VoiceScene) -> None:
        attribute = f"callerId='{caller_id}'" if caller_id else ""
        await scene.number(f"<Dial {attribute}>1 (555) 000-2222</Dial>")
        await scene.call_in()
        shown = [leg.other for leg in scene.world.legs.values() if leg.phone == BOB]
        assert shown == ([] if called is None else [called])
        warned = [code for code, _ in await scene.alerts()]
        assert warned == ([13214] if called is None else [])

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
def test_the_customer_of_an_outbound_task(tmp_path: Path) -> None:
    """He is called as a number of the account, by digits with or without a plus, and never as a foreign one."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        await scene.a_phone("alice")
        attributes = '{"outbound_to": "15550002222", "from": "%s"}'
        task = await scene.a_task(Attributes=attributes % FOREIGN)
        assert await refused_instruction(scene, "conference", From=HOTLINE) == 40138
        path = f"{scene.home}/Tasks/{task}"
        await scene.post(path, Attributes=attributes % HOTLINE.removeprefix("+"))
        await scene.instruct("conference", From=HOTLINE)
        await scene.pass_time(2)
        assert scene.world.legs[scene.leg_of(BOB)].other == HOTLINE

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
def test_a_number_is_verified_by_its_digits(tmp_path: Path) -> None:
    """The number is called and asked for the code; only the right one makes it the account's, and it is told."""

    async def story(scene: VoiceScene) -> None:
        client = stock(scene)
        status = f"{scene.application.url}/verified"
        claim = await client.validation_requests.create_async(
            "49 30 123456789", friendly_name="Office", extension="12", status_callback=status
        )
        assert (claim.phone_number, claim.friendly_name) == (OFFICE, "Office")
        leg = scene.world.legs[claim.call_sid]
        await scene.pass_time(1)
        assert leg.got_digits == "12" and leg.other == "anonymous"
        scene.world.press(leg.name, _other(claim.validation_code))
        await scene.pass_time(1)
        assert await client.outgoing_caller_ids.list_async() == []
        scene.world.press(leg.name, claim.validation_code)
        await scene.pass_time(10)
        assert leg.ended
        (made,) = await client.outgoing_caller_ids.list_async(friendly_name="Office")
        assert (made.phone_number, made.date_created is not None) == (OFFICE, True)
        (fields,) = scene.application.told("/verified")
        assert (fields["VerificationStatus"], fields["OutgoingCallerIdSid"]) == (
            "success",
            made.sid,
        )
        renamed = await client.outgoing_caller_ids(made.sid).update_async(friendly_name="Berlin")
        assert renamed.friendly_name == "Berlin"
        again = client.validation_requests.create_async(OFFICE)
        assert await refused(again) == (400, 21450)

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
@pytest.mark.parametrize("end", ["wrong", "silent", "hangs up", "busy"])
def test_a_number_that_is_not_verified(tmp_path: Path, end: str) -> None:
    """Three wrong codes, silence, a hang-up and a busy line leave it foreign, and the failure is told once."""

    async def story(scene: VoiceScene) -> None:
        if end == "busy":
            scene.world.plan(OFFICE, Plan(outcome="busy"))
        client = stock(scene)
        status = f"{scene.application.url}/verified"
        claim = await client.validation_requests.create_async(OFFICE, status_callback=status)
        await scene.pass_time(1)
        leg = scene.world.legs[claim.call_sid]
        if end == "wrong":
            for _ in range(3):
                scene.world.press(leg.name, _other(claim.validation_code))
                await scene.pass_time(1)
            scene.world.press(leg.name, claim.validation_code)
        elif end == "hangs up":
            scene.world.hang_up(leg.name)
        await scene.pass_time(90)
        assert leg.ended
        assert await client.outgoing_caller_ids.list_async() == []
        (fields,) = scene.application.told("/verified")
        assert (fields["VerificationStatus"], fields["CallSid"]) == ("failed", claim.call_sid)

    told(tmp_path, story)


@pytest.mark.feature(201, partly=True)
def test_nobody_is_called_too_often(tmp_path: Path) -> None:
    """Verifying is dialling: it counts, and is refused when the account has dialled enough in this minute."""

    async def story(scene: VoiceScene) -> None:
        client = stock(scene)
        await client.validation_requests.create_async(OFFICE)
        again = client.validation_requests.create_async(BOB)
        assert await refused(again) == (429, 20429)
        await scene.pass_time(60)
        scene.world.fall()
        down = client.validation_requests.create_async(BOB)
        assert await refused(down) == (503, 20503)

    told(tmp_path, story, voice_dials_per_minute=1)


@pytest.mark.feature(201, partly=True)
def test_verified_numbers_of_others_are_nowhere(tmp_path: Path) -> None:
    """Another account sees, shows and deletes none of ours; nonsense is no number."""

    async def story(scene: VoiceScene) -> None:
        sid = await verified(scene)
        other = stock(scene, *an_account(scene.app.settings, scene.ambient))
        assert await other.outgoing_caller_ids.list_async() == []
        theirs = other.outgoing_caller_ids(sid)
        assert await refused(theirs.fetch_async()) == (404, 20404)
        assert await refused(theirs.delete_async()) == (404, 20404)
        made = other.calls.create_async(to=BOB, from_=OFFICE, twiml=HELLO)
        assert await refused(made) == (400, 21210)
        for number in ("client:bob", "office", ""):
            claim = stock(scene).validation_requests.create_async(number)
            assert await refused(claim) == (400, 21401)
        delayed = stock(scene).validation_requests.create_async(BOB, call_delay=5)
        assert await refused(delayed) == (400, 20001)

    told(tmp_path, story)


def _claiming(task: dict[str, Any], number: str) -> str:
    """The task's attributes, with another number that was dialled."""
    return json.dumps(task["attributes"] | {"to": number, "called": number})


def _other(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


@pytest.mark.feature(201, partly=True)
def test_a_verified_number_outlives_the_server(tmp_path: Path) -> None:
    """After a restart it may be shown as before."""

    async def before(scene: VoiceScene) -> None:
        await verified(scene)

    async def after(scene: VoiceScene) -> None:
        made = await stock(scene).calls.create_async(to=BOB, from_=OFFICE, twiml=HELLO)
        assert scene.world.legs[made.sid].other == OFFICE

    restarted(tmp_path, before, after)
