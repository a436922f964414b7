"""The provider `twilio`: what it asks of the carrier, what it answers it, and whom it believes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.voice.provider import (
    Cause,
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    ProviderDown,
    ProviderGone,
    ProviderUp,
    SipAuth,
)
from tests.voice.twilio.recorder import (
    AT,
    CALLER,
    HOTLINE,
    LEG,
    WORKER,
    Line,
    Recorder,
    a_line,
    told,
    up,
)


@pytest.mark.feature(222)
def test_a_call_is_placed(tmp_path: Path) -> None:
    """One request of the stock client: whom, as whom, where its document is, and what is to be told of it."""

    async def story(line: Line) -> None:
        await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={"X-Task": "WT1"})
        ((method, path, fields),) = line.recorder.take()
        assert (method, path) == ("POST", "/Calls.json")
        assert fields == {
            "To": CALLER,
            "From": HOTLINE,
            "Url": f"{AT}/legs/{LEG}",
            "Method": "POST",
            "StatusCallback": f"{AT}/status/{LEG}",
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
            "Timeout": 20,
        }

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_sip_and_clients_are_told_the_task(tmp_path: Path) -> None:
    """Headers travel in the address of a client or a SIP phone, and the login beside it."""

    async def story(line: Line) -> None:
        named = {"X-Task": "WT1"}
        await line.provider.originate(LEG, "client:ann", HOTLINE, timeout_s=20, headers=named)
        auth = SipAuth("ann", "secret")
        await line.provider.originate(
            WORKER, "sip:ann@phones.test", HOTLINE, timeout_s=20, headers=named, auth=auth
        )
        client, sip = (fields for _, _, fields in line.recorder.take())
        assert client["To"] == "client:ann?X-Task=WT1"
        assert sip["To"] == "sip:ann@phones.test?X-Task=WT1"
        assert (sip["SipAuthUsername"], sip["SipAuthPassword"]) == ("ann", "secret")

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_where_there_is_no_route(tmp_path: Path) -> None:
    """An address outside of the operator's templates is not asked of the carrier."""

    async def story(line: Line) -> None:
        await line.provider.originate(
            LEG, "sip:ann@elsewhere.test", HOTLINE, timeout_s=20, headers={}
        )
        assert line.recorder.take() == []
        (ended,) = line.seen
        assert isinstance(ended, LegEnded)
        assert ended.cause is Cause.FAILED

    told(tmp_path, story)


@pytest.mark.feature(222)
@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("busy", Cause.BUSY),
        ("no-answer", Cause.NO_ANSWER),
        ("failed", Cause.FAILED),
        ("canceled", Cause.CANCELED),
        ("completed", Cause.COMPLETED),
    ],
)
def test_status_callbacks(tmp_path: Path, status: str, cause: Cause) -> None:
    """Signed status callbacks become the events of the leg, however often they come."""

    async def story(line: Line) -> None:
        await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={})
        for each in ("initiated", "ringing", "ringing", status, status):
            await line.tells(f"{AT}/status/{LEG}", CallSid="CA9", CallStatus=each)
        assert [type(event) for event in line.seen] == [LegRinging, LegEnded]
        assert line.seen[-1] == LegEnded(LEG, cause)

    told(tmp_path, story)


@pytest.mark.feature(222)
@pytest.mark.parametrize(
    "path", ["incoming", f"legs/{LEG}", f"status/{LEG}", "rooms/CF1", "recordings/RE1"]
)
def test_forged_requests(tmp_path: Path, path: str) -> None:
    """What is not signed with the account's token, or was changed since, is refused and changes nothing."""

    async def story(line: Line) -> None:
        await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={})
        fields = {"CallSid": "CA9", "CallStatus": "completed", "From": CALLER, "To": HOTLINE}
        assert (await line.tells(f"{AT}/{path}", token="0" * 32, **fields)).status == 403
        signed = await line.tells(f"{AT}/status/CA0", **fields)
        assert signed.status == 204
        assert line.seen == []
        assert list(line.provider.legs) == [LEG]

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_call_comes_in(tmp_path: Path) -> None:
    """A caller hears ringing until he is answered, and then what his leg shall do."""

    async def story(line: Line) -> None:
        fields = {"CallSid": "CA9", "CallStatus": "ringing", "From": CALLER, "To": HOTLINE}
        asking = asyncio.create_task(line.asks(f"{AT}/incoming", **fields))
        await line.news.wait()
        assert line.seen == [LegIncoming("CA9", CALLER, HOTLINE)]
        assert not asking.done()
        await line.provider.answer("CA9")
        (gather, attributes, _), (redirect, _, url) = await asking
        assert (gather, redirect) == ("Gather", "Redirect")
        assert attributes["action"] == f"{AT}/legs/CA9?keys=1"
        assert url == f"{AT}/legs/CA9"
        assert line.seen[1:] == [LegAnswered("CA9")]

    told(tmp_path, story)


@pytest.mark.feature(222)
@pytest.mark.parametrize(
    ("busy", "reason", "cause"), [(True, "busy", Cause.BUSY), (False, "rejected", Cause.FAILED)]
)
def test_a_call_is_turned_away(tmp_path: Path, *, busy: bool, reason: str, cause: Cause) -> None:
    """A rejected caller is never picked up, so that nobody pays for him."""

    async def story(line: Line) -> None:
        fields = {"CallSid": "CA9", "CallStatus": "ringing", "From": CALLER, "To": HOTLINE}
        asking = asyncio.create_task(line.asks(f"{AT}/incoming", **fields))
        await line.news.wait()
        await line.provider.reject("CA9", busy=busy)
        assert await asking == [("Reject", {"reason": reason}, "")]
        assert line.seen[1:] == [LegEnded("CA9", cause)]

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_hang_up(tmp_path: Path) -> None:
    """A call is ended by its status; one that is over at the carrier ends here as well."""

    async def story(line: Line) -> None:
        sid = await up(line)
        await line.provider.hangup(LEG)
        assert line.recorder.take() == [("POST", f"/Calls/{sid}.json", {"Status": "completed"})]
        assert line.seen == []
        line.recorder.answers[f"/Calls/{sid}.json"] = (404, {"code": 20404, "message": "gone"})
        await line.provider.hangup(LEG)
        assert line.seen == [LegEnded(LEG, Cause.COMPLETED)]
        assert await line.provider.add("BR1", LEG) is False

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_caller_is_let_go_before_he_is_answered(tmp_path: Path) -> None:
    """A hang-up while he hears ringing turns him away, and he is told as canceled."""

    async def story(line: Line) -> None:
        fields = {"CallSid": "CA9", "CallStatus": "ringing", "From": CALLER, "To": HOTLINE}
        asking = asyncio.create_task(line.asks(f"{AT}/incoming", **fields))
        await line.news.wait()
        await line.provider.hangup("CA9")
        assert await asking == [("Reject", {"reason": "rejected"}, "")]
        assert line.seen[1:] == [LegEnded("CA9", Cause.CANCELED)]
        assert line.recorder.take() == []

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_what_the_carrier_refuses(tmp_path: Path) -> None:
    """A refused call ends as failed with the carrier's own code and words."""

    async def story(line: Line) -> None:
        refusal = {"code": 21210, "message": "'From' is not verified"}
        line.recorder.answers["/Calls.json"] = (400, refusal)
        await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={})
        (ended,) = line.seen
        assert isinstance(ended, LegEnded)
        assert (ended.cause, ended.code) == (Cause.FAILED, 21210)
        assert "not verified" in ended.reason

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_a_carrier_that_is_not_there(tmp_path: Path) -> None:
    """A command raises ProviderGone and leaves nothing behind; the next one is tried anew."""

    async def story(line: Line) -> None:
        line.recorder.is_down = True
        with pytest.raises(ProviderGone, match="cannot be reached"):
            await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={})
        line.recorder.is_down = False
        await line.provider.originate(LEG, CALLER, HOTLINE, timeout_s=20, headers={})
        assert line.seen == []
        assert len(line.recorder.take()) == 1

    told(tmp_path, story)


@pytest.mark.feature(222)
def test_the_start(tmp_path: Path) -> None:
    """Wrong credentials end the start with a sentence; a carrier that is away is asked again until it is there."""

    async def refused() -> None:
        recorder = Recorder()
        recorder.answers[""] = (401, {"code": 20003, "message": "Authenticate"})
        async with a_line(tmp_path, recorder):
            raise AssertionError("it started")

    async def away() -> None:
        recorder = Recorder()
        recorder.is_down = True
        async with a_line(tmp_path, recorder) as line:
            assert [type(event) for event in line.seen] == [ProviderDown]
            recorder.is_down = False
            line.ambient.advance(30_000)
            line.pace.clock_changed()
            await line.pace.settled()
            assert line.seen[1:] == [ProviderUp()]
            assert recorder.take() == [("GET", ".json", {})]

    with pytest.raises(ProviderGone, match="Authenticate"):
        asyncio.run(refused())
    asyncio.run(away())
