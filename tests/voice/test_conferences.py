"""Conferences and their participants over REST, by the stock library, with calls on simulated phones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from pointsman.voice.calls import Source
from pointsman.voice.phones import Plan
from tests.voice.scene import CALLER, HOTLINE, VoiceScene, told
from tests.webhooks.scene import ACCOUNT_SID, an_account

SECOND, THIRD = "+15552222222", "+15553333333"


def room(attributes: str = "", name: str = "room") -> str:
    return f"<Dial action='/after'><Conference {attributes}>{name}</Conference></Dial>"


async def meeting(scene: VoiceScene, *callers: str, attributes: str = "") -> list[str]:
    """Legs of callers who are in one room."""
    await scene.number(room(attributes))
    legs = [await scene.call_in(caller) for caller in callers]
    await scene.pass_time(1)
    return legs


async def refusal(scene: VoiceScene, ask: Any) -> tuple[int, int | None]:
    """Status and code of what the library raises."""
    with pytest.raises(TwilioRestException) as caught:
        await scene.stock(ask)
    return caught.value.status, caught.value.code


@pytest.mark.feature(195)
def test_a_conference_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """The stock library finds it by status, name and day, fetches it, and ends it for everybody."""

    async def story(scene: VoiceScene) -> None:
        first, second = await meeting(scene, CALLER, SECOND)
        (found,) = await scene.stock(lambda c: c.conferences.list(status="in-progress"))
        assert (found.friendly_name, found.status) == ("room", "in-progress")
        assert scene.hears(first) == {SECOND}
        ended = await scene.stock(lambda c: c.conferences(found.sid).update(status="completed"))
        await scene.pass_time(0)
        assert ended.status == "completed"
        assert ended.reason_conference_ended == "conference-ended-via-api"
        assert scene.world.legs[first].ended and scene.world.legs[second].ended
        assert len(scene.application.told("/after")) == 2
        again = await scene.stock(lambda c: c.conferences(found.sid).fetch())
        assert (again.status, again.sid) == ("completed", found.sid)
        today = datetime.fromtimestamp(scene.ambient.now() / 1000, UTC).date()
        for count, filters in [
            (0, {"status": "in-progress"}),
            (1, {"status": "completed", "friendly_name": "room"}),
            (0, {"friendly_name": "other"}),
            (1, {"date_created": today}),
            (1, {"date_created_after": today, "date_updated_before": today}),
            (0, {"date_created_before": today - timedelta(days=1)}),
            (0, {"date_updated_after": today + timedelta(days=1)}),
        ]:
            listed = await scene.stock(lambda c, asked=filters: c.conferences.list(**asked))
            assert len(listed) == count, filters

    told(tmp_path, story)


@pytest.mark.feature(195, partly=True)
def test_conferences_are_listed_newest_first(tmp_path: Path) -> None:
    """The library follows the pages, forwards and back, and finds each conference once."""

    async def story(scene: VoiceScene) -> None:
        for number in range(5):
            await scene.number(room(name=f"room {number}"))
            leg = await scene.call_in()
            await scene.pass_time(1)
            scene.world.hang_up(leg)
            await scene.pass_time(0)
        listed = await scene.stock(lambda c: c.conferences.list(page_size=2))
        assert [one.friendly_name for one in listed] == [f"room {n}" for n in (4, 3, 2, 1, 0)]
        first = await scene.stock(lambda c: c.conferences.page(page_size=2))
        back = await scene.stock(lambda c: first.next_page().next_page().previous_page())
        assert [one.friendly_name for one in back] == ["room 2", "room 1"]
        assert listed[0].reason_conference_ended == "last-participant-left"

    told(tmp_path, story)


class Chair:
    """Whoever changes the participants of the only conference there is."""

    def __init__(self, scene: VoiceScene, conference_sid: str, calls: list[str]) -> None:
        self.scene = scene
        self.conference_sid = conference_sid
        self.calls = calls

    async def ask(self, ask: Any) -> Any:
        return await self.scene.stock(lambda c: ask(c.conferences(self.conference_sid)))

    async def change(self, place: int, **changes: Any) -> Any:
        call_sid = self.calls[place]
        return await self.ask(lambda c: c.participants(call_sid).update(**changes))

    async def kick(self, place: int) -> None:
        call_sid = self.calls[place]
        assert await self.ask(lambda c: c.participants(call_sid).delete())
        await self.scene.pass_time(1)


async def chaired(scene: VoiceScene) -> Chair:
    (conference,) = await scene.stock(lambda c: c.conferences.list(status="in-progress"))
    there = await scene.stock(lambda c: c.conferences(conference.sid).participants.list())
    assert {one.status for one in there} == {"connected"}
    return Chair(scene, conference.sid, [one.call_sid for one in there])


@pytest.mark.feature(196)
def test_who_hears_whom_is_changed_from_outside(tmp_path: Path) -> None:
    """Muted and held ones are heard by nobody, a coach by one; the kicked goes on; the last ends it for all."""

    async def story(scene: VoiceScene) -> None:
        legs = await meeting(scene, CALLER, SECOND, THIRD)
        chair = await chaired(scene)
        await mute_and_hold(chair, *legs)
        await coach_and_kick(chair, *legs)
        last = await chair.change(0, end_conference_on_exit=True)
        assert last.end_conference_on_exit
        scene.application.documents["/after"] = ""
        scene.world.hang_up(legs[0])
        await scene.pass_time(0)
        assert scene.world.legs[legs[1]].ended
        ended = await chair.ask(lambda c: c.fetch())
        assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-left"
        assert ended.call_sid_ending_conference == chair.calls[0]

    told(tmp_path, story)


async def mute_and_hold(chair: Chair, first: str, second: str, third: str) -> None:
    hears = chair.scene.hears
    muted = await chair.change(0, muted=True)
    assert muted.muted and hears(second) == {THIRD} and hears(first) == {SECOND, THIRD}
    await chair.change(0, muted=False)
    assert hears(second) == {CALLER, THIRD}
    held = await chair.change(1, hold=True, hold_url="http://app.test/hold.wav")
    assert held.hold and hears(first) == {THIRD}
    assert hears(second) == {"music:http://app.test/hold.wav"}
    on_hold = await chair.ask(lambda c: c.participants.list(hold=True))
    assert [one.call_sid for one in on_hold] == [chair.calls[1]]
    await chair.change(1, hold=False)
    assert hears(second) == {CALLER, THIRD}


async def coach_and_kick(chair: Chair, first: str, second: str, third: str) -> None:
    hears = chair.scene.hears
    coach = await chair.change(2, coaching=True, call_sid_to_coach=chair.calls[0])
    assert (coach.coaching, coach.call_sid_to_coach) == (True, chair.calls[0])
    assert hears(first) == {SECOND, THIRD} and hears(second) == {CALLER}
    assert hears(third) == {CALLER, SECOND}
    await chair.change(2, coaching=False)
    assert hears(second) == {CALLER, THIRD}
    chair.scene.application.documents["/after"] = "<Say loop='0'>You were asked to leave</Say>"
    await chair.kick(2)
    assert hears(third) == {"say:You were asked to leave"}
    assert hears(first) == {SECOND}


@pytest.mark.feature(196, partly=True)
def test_somebody_is_called_into_a_conference(tmp_path: Path) -> None:
    """He is there while his phone rings, takes part when he answers, and his call ends with the conference."""

    async def story(scene: VoiceScene) -> None:
        (first,) = await meeting(scene, CALLER)
        status = f"{scene.application.url}/leg"
        made = await scene.stock(
            lambda c: c.conferences("room").participants.create(
                from_=HOTLINE,
                to="client:bob",
                label="expert",
                status_callback=status,
                status_callback_event=["ringing", "answered", "completed"],
                end_conference_on_exit=True,
            )
        )
        assert (made.label, made.status) == ("expert", "connecting")
        await scene.pass_time(2)
        assert scene.hears(first) == {"client:bob"}
        seen = await scene.stock(
            lambda c: c.conferences(made.conference_sid).participants("expert").fetch()
        )
        assert (seen.call_sid, seen.status) == (made.call_sid, "connected")
        scene.world.hang_up(scene.leg_of("client:bob"))
        await scene.pass_time(0)
        assert scene.world.legs[first].ended
        states = [one["CallStatus"] for one in scene.application.told("/leg")]
        assert states == ["ringing", "in-progress", "completed"]

    told(tmp_path, story)


@pytest.mark.feature(196, partly=True)
@pytest.mark.parametrize("outcome", ["busy", "no-answer"])
def test_nobody_answers_the_invitation(tmp_path: Path, outcome: str) -> None:
    """A room that was made for somebody who does not come is over when he does not."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("")
        scene.world.plan("client:bob", Plan(outcome=outcome))
        made = await scene.stock(
            lambda c: c.conferences("empty").participants.create(
                from_=HOTLINE, to="client:bob", timeout=20
            )
        )
        waiting = await scene.stock(lambda c: c.conferences(made.conference_sid).fetch())
        assert waiting.status == "init"
        await scene.pass_time(20)
        over = await scene.stock(lambda c: c.conferences(made.conference_sid).fetch())
        assert over.status == "completed"
        assert await refusal(
            scene, lambda c: c.conferences(over.sid).participants(made.call_sid).fetch()
        ) == (404, 20404)

    told(tmp_path, story)


def test_a_redirected_call_leaves_its_conference(tmp_path: Path) -> None:
    """Sent elsewhere, a participant hears the new document alone, and the conference goes on without him."""

    async def story(scene: VoiceScene) -> None:
        first, second, third = await meeting(scene, CALLER, SECOND, THIRD)
        line = next(line for line in scene.exchange.lines.values() if line.call.leg == first)
        await scene.exchange.redirect(
            line, Source(twiml="<Response><Say loop='0'>Alone</Say></Response>")
        )
        await scene.pass_time(1)
        assert scene.hears(first) == {"say:Alone"}
        assert scene.hears(second) == {THIRD} and scene.hears(third) == {SECOND}

    told(tmp_path, story)


@pytest.mark.feature(195, 196, partly=True)
def test_what_is_refused(tmp_path: Path) -> None:
    """Who is not there is 404, what cannot be is 400, each with the code that programs know."""

    async def story(scene: VoiceScene) -> None:
        first, second = await meeting(scene, CALLER, SECOND)
        (conference,) = await scene.stock(lambda c: c.conferences.list())
        sid, nobody = conference.sid, "CA" + "0" * 32
        (one, _) = await scene.stock(lambda c: c.conferences(sid).participants.list())
        create = {"from_": HOTLINE, "to": "client:bob"}
        for code, ask in [
            (20404, lambda c: c.conferences("CF" + "0" * 32).fetch()),
            (20404, lambda c: c.conferences(sid).participants(nobody).fetch()),
            (20404, lambda c: c.conferences(sid).participants(nobody).update(muted=True)),
            (20404, lambda c: c.conferences(sid).participants(nobody).delete()),
            (20404, lambda c: c.conferences("CF" + "0" * 32).participants.create(**create)),
            (20001, lambda c: c.conferences(sid).update(status="in-progress")),
            (16028, lambda c: c.conferences(sid).participants(one.call_sid).update(coaching=True)),
            (
                21210,
                lambda c: c.conferences(sid).participants.create(
                    from_="+15559999999", to="+15558888888"
                ),
            ),
            (21211, lambda c: c.conferences(sid).participants.create(from_=HOTLINE, to="???")),
            (16002, lambda c: c.conferences(sid).participants.create(**create, label="x" * 129)),
            (21208, lambda c: c.conferences(sid).participants.create(**create, timeout=0)),
            (
                20001,
                lambda c: c.conferences(sid).participants.create(
                    **create, status_callback_event=["talking"]
                ),
            ),
        ]:
            assert await refusal(scene, ask) == (404 if code == 20404 else 400, code)
        assert scene.hears(first) == {SECOND} and scene.hears(second) == {CALLER}

    told(tmp_path, story)


@pytest.mark.feature(195, 196, partly=True)
def test_conferences_of_others_are_nowhere(tmp_path: Path) -> None:
    """Another account finds neither the conference nor its participants, under no path, and changes nothing."""

    async def story(scene: VoiceScene) -> None:
        first, second = await meeting(scene, CALLER, SECOND)
        (conference,) = await scene.stock(lambda c: c.conferences.list())
        other = an_account(scene.app.settings, scene.ambient)
        for account in (ACCOUNT_SID, other[0]):
            path = f"/2010-04-01/Accounts/{account}/Conferences/{conference.sid}"
            for method, end in (("GET", ""), ("POST", ""), ("GET", "/Participants")):
                asked = {"data": {"Status": "completed"}} if method == "POST" else {}
                answer = await scene.http.request(method, f"{path}{end}.json", auth=other, **asked)
                assert (answer.status_code, answer.json()["code"]) == (404, 20404)
        assert scene.hears(first) == {SECOND} and scene.hears(second) == {CALLER}

    told(tmp_path, story)
