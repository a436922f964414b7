"""Calls over REST by the stock library: made, found, redirected and ended, on simulated phones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from twilio.rest import Client

from pointsman.voice.phones import Plan
from tests.program import running_server
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.voice.stock import refused, stock
from tests.voice.test_restart import restarted
from tests.webhooks.scene import ACCOUNT_SID, an_account

SID, TOKEN = "AC" + "1" * 32, "f" * 32
BOB = "+15550002222"
CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
HELLO = "<Response><Say>Hello</Say><Pause length='30'/></Response>"


@pytest.mark.feature(193)
def test_a_call_from_its_making_to_its_end(tmp_path: Path) -> None:
    """A call by the stock library rings, runs its TwiML, tells its callback of every step, and is history."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        client = stock(scene)
        status = f"{scene.application.url}/status"
        made = await client.calls.create_async(
            to="+1 (555) 000-2222",
            from_=HOTLINE,
            twiml=HELLO,
            status_callback=status,
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        assert (made.status, made.to, made._from) == ("queued", BOB, HOTLINE)
        assert made.direction == "outbound-api" and made.sid is not None
        await scene.pass_time(1)
        leg = scene.world.legs[made.sid]
        assert scene.hears(made.sid) == {"say:Hello"}
        found = await client.calls(made.sid).fetch_async()
        assert (found.status, found.duration, found.end_time) == ("in-progress", None, None)
        await scene.pass_time(5)
        scene.world.hang_up(leg.name)
        await scene.pass_time(0)
        ended = await client.calls(made.sid).fetch_async()
        assert (ended.status, ended.duration) == ("completed", "5")
        assert isinstance(ended.start_time, datetime) and ended.start_time.tzinfo is UTC
        steps = [fields["CallStatus"] for fields in scene.application.told("/status")]
        assert steps == ["initiated", "ringing", "in-progress", "completed"]
        assert await client.calls(made.sid).delete_async()
        assert await refused(client.calls(made.sid).fetch_async()) == (404, 20404)

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_a_call_of_the_library_without_a_loop(tmp_path: Path) -> None:
    """The library's plain client calls a phone of a running server, whose clock is virtual."""
    account = {
        "POINTSMAN_ACCOUNT_SID": SID,
        "POINTSMAN_AUTH_TOKEN": TOKEN,
        "POINTSMAN_VOICE": "simulator",
    }
    with running_server(tmp_path, "--virtual-clock", **account) as program:
        client = Client(SID, TOKEN)
        client.api.base_url = program.address
        client.incoming_phone_numbers.create(phone_number=HOTLINE)
        made = client.calls.create(to="client:bob", from_=HOTLINE, twiml=HELLO)
        clock = f"{program.address}/pointsman/v1/Clock"
        httpx.post(clock, data={"advance_s": "1"}, auth=(SID, TOKEN)).raise_for_status()
        assert client.calls(made.sid).fetch().status == "in-progress"
        assert client.calls(made.sid).update(status="completed").status == "completed"
        assert [call.sid for call in client.calls.list(status="completed")] == [made.sid]


@pytest.mark.feature(193, partly=True)
@pytest.mark.parametrize(
    ("outcome", "status"),
    [("busy", "busy"), ("no-answer", "no-answer"), ("failed", "failed")],
)
def test_a_call_that_nobody_takes(tmp_path: Path, outcome: str, status: str) -> None:
    """Its end says why, and its TwiML is never asked for."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        scene.world.plan(BOB, Plan(outcome=outcome))
        made = await stock(scene).calls.create_async(
            to=BOB,
            from_=HOTLINE,
            url=f"{scene.application.url}/hello",
            timeout=20,
            status_callback=f"{scene.application.url}/status",
            status_callback_method="GET",
        )
        await scene.pass_time(20)
        ended = await stock(scene).calls(made.sid).fetch_async()
        assert (ended.status, ended.duration) == (status, "0")
        (end,) = scene.application.told("/status")
        assert (end["CallSid"], end["CallStatus"]) == (made.sid, status)
        assert scene.application.told("/hello") == []

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_what_is_done_at_the_answer(tmp_path: Path) -> None:
    """Keys are sent, both sides are recorded, the document is asked for with its method, and time is limited."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        scene.application.documents["/hello"] = "<Say loop='0'>Hello</Say>"
        made = await stock(scene).calls.create_async(
            to=BOB,
            from_=HOTLINE,
            url=f"{scene.application.url}/hello",
            method="GET",
            send_digits="12W#",
            record=True,
            recording_status_callback=f"{scene.application.url}/recorded",
            time_limit=30,
        )
        await scene.pass_time(1)
        assert scene.world.legs[made.sid].got_digits == "12ww#"
        (asked,) = [asked for asked in scene.application.asked if asked.path == "/hello"]
        assert (asked.method, asked.fields["CallStatus"]) == ("GET", "in-progress")
        await scene.pass_time(29)
        assert scene.world.legs[made.sid].is_up
        await scene.pass_time(1)
        assert scene.world.legs[made.sid].ended
        (recorded,) = scene.application.told("/recorded")
        assert (recorded["CallSid"], recorded["RecordingDuration"]) == (made.sid, "30")
        heard = scene.world.recorded(recorded["RecordingSid"])
        assert {f"voice:{made.sid}", "say:Hello"} <= heard

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_what_cannot_be_asked_for(tmp_path: Path) -> None:
    """Each wrong parameter is refused with the original's code, and nobody is called."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        good = {"To": BOB, "From": HOTLINE, "Url": "https://app.test/hello"}
        wrong: list[tuple[dict[str, str], int]] = [
            ({"To": ""}, 21201),
            ({"To": "nobody at all"}, 21211),
            ({"To": "bob"}, 21211),
            ({"From": ""}, 21213),
            ({"From": "hotline"}, 21212),
            ({"From": "client:bob"}, 21212),
            ({"From": "+15559999999"}, 21210),
            ({"CallerId": "+15559999999"}, 21210),
            ({"Url": ""}, 21205),
            ({"Url": "/hello"}, 21205),
            ({"Url": "", "Twiml": "<Response>"}, 12100),
            ({"Url": "", "ApplicationSid": "AP" + "0" * 32}, 21218),
            ({"Method": "PUT"}, 21209),
            ({"SendDigits": "hello"}, 21206),
            ({"Timeout": "0"}, 21208),
            ({"Timeout": "601"}, 21208),
            ({"TimeLimit": "soon"}, 20001),
            ({"StatusCallback": "status"}, 21609),
            ({"StatusCallback": "https://app.test/s", "StatusCallbackEvent": "busy"}, 20001),
        ]
        for change, code in wrong:
            answer = await scene.http.post(CALLS, data=good | change)
            assert (answer.status_code, answer.json()["code"]) == (400, code), change
        assert scene.world.legs == {}

    told(tmp_path, story)


@pytest.mark.feature(214, partly=True)
def test_what_a_call_changes_nothing_by_is_named(tmp_path: Path) -> None:
    """Parameters that are not offered raise a warning each, and the phone is called all the same."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        made = await stock(scene).calls.create_async(
            to=BOB,
            from_=HOTLINE,
            twiml=HELLO,
            machine_detection="Enable",
            record=True,
            trim="trim-silence",
            call_reason="your order",
        )
        await scene.pass_time(1)
        assert scene.hears(made.sid) == {"say:Hello"}
        alerts = (await scene.get("/pointsman/v1/Alerts"))["alerts"]
        named = [alert["message"].partition(" is not offered")[0] for alert in alerts]
        assert named == ["CallReason", "MachineDetection", "Trim"]

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_lists_are_filtered_and_paged(tmp_path: Path) -> None:
    """The newest first, by status, side, time and parent; page by page there and back, each call once."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Dial><Number>+15550002222</Number></Dial>")
        client = stock(scene)
        sids = []
        for number in range(7):
            made = await client.calls.create_async(
                to=f"+1555000300{number}", from_=HOTLINE, twiml=HELLO
            )
            sids.append(made.sid)
        await client.calls(sids[0]).update_async(status="completed")
        everything = await client.calls.list_async(page_size=3)
        assert [call.sid for call in everything] == sids[::-1]
        page = await client.calls.page_async(page_size=3)
        following = await page.next_page_async()
        assert following is not None
        back = await following.previous_page_async()
        assert back is not None and [call.sid for call in back] == sids[:3:-1]
        assert await back.previous_page_async() is None
        assert [c.sid for c in await client.calls.list_async(status="canceled")] == sids[:1]
        assert (
            len(await client.calls.list_async(status="queued"))
            + len(await client.calls.list_async(status="ringing"))
            == 6
        )
        found = await client.calls.list_async(to="1 555 000 3004")
        assert [call.sid for call in found] == [sids[4]]
        caller = await scene.call_in()
        sid = scene.exchange.call_of(caller)
        assert sid is not None
        assert [c.sid for c in await client.calls.list_async(from_=CALLER)][-1] == sid
        (child,) = await client.calls.list_async(parent_call_sid=sid)
        assert (child.to, child.direction) == (BOB, "outbound-dial")
        now = datetime.fromtimestamp(scene.ambient.now() / 1000, UTC)
        hour = timedelta(hours=1)
        assert len(await client.calls.list_async(start_time_after=now - hour)) == 9
        assert await client.calls.list_async(start_time_before=now - hour) == []

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_calls_of_others_are_nowhere(tmp_path: Path) -> None:
    """An unknown call is 404, and another account's can be neither seen, changed nor deleted."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Say loop='0'>Hello</Say>")
        sid = scene.exchange.call_of(await scene.call_in())
        assert sid is not None
        client = stock(scene)
        unknown = client.calls("CA" + "0" * 32)
        assert await refused(unknown.fetch_async()) == (404, 20404)
        assert await refused(unknown.update_async(status="completed")) == (404, 20404)
        assert await refused(client.calls(sid).delete_async()) == (400, 20009)
        other = stock(scene, *an_account(scene.app.settings, scene.ambient))
        assert await refused(other.calls(sid).fetch_async()) == (404, 20404)
        assert await refused(other.calls(sid).update_async(status="completed")) == (404, 20404)
        assert await other.calls.list_async() == []
        foreign = CALLS.replace(ACCOUNT_SID, other.username)
        assert (await scene.http.get(foreign)).status_code == 404
        assert (await client.calls(sid).fetch_async()).status == "in-progress"

    told(tmp_path, story)


@pytest.mark.feature(193, partly=True)
def test_a_request_that_is_sent_twice(tmp_path: Path) -> None:
    """With an Idempotency-Key it calls once, also when it is repeated after a restart."""
    fields = {"To": BOB, "From": HOTLINE, "Twiml": HELLO}
    key = {"Idempotency-Key": "once"}
    sids = []

    async def before(scene: VoiceScene) -> None:
        await scene.number("")
        answers = [await scene.http.post(CALLS, data=fields, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        sids.extend(answer.json()["sid"] for answer in answers)
        assert sids[0] == sids[1] and list(scene.world.legs) == sids[:1]
        other = await scene.http.post(CALLS, data=fields | {"To": CALLER}, headers=key)
        assert (other.status_code, other.json()["code"]) == (400, 20001)

    async def after(scene: VoiceScene) -> None:
        again = await scene.http.post(CALLS, data=fields, headers=key)
        assert (again.status_code, again.json()["sid"]) == (201, sids[0])
        assert not scene.world.legs

    restarted(tmp_path, before, after)


@pytest.mark.feature(193, partly=True)
def test_nobody_is_called_while_the_provider_is_down(tmp_path: Path) -> None:
    """Creating a call is answered 503, and leaves no call behind that rings for ever."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        scene.world.fall()
        client = stock(scene)
        made = client.calls.create_async(to=BOB, from_=HOTLINE, twiml=HELLO)
        assert await refused(made) == (503, 20503)
        assert await client.calls.list_async() == []

    told(tmp_path, story)
