"""Tokens of the stock library on the live channel: who is let in, who is told what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import jwt
import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.gateway.session import EXPIRY_GRACE_S
from tests.gateway.live import AC, ALL, AUTH_TOKEN, OTHER_AC, Live, a_live_channel, ended, frame

HOUR_S = 3600


@pytest.fixture
def ambient() -> VirtualAmbient:
    return VirtualAmbient()


def a_refused_token(live: Live, case: str) -> str:
    """A token that the channel of Alice refuses, by the reason."""
    now_s = int(live.ambient.wall())
    made: dict[str, dict[str, Any]] = {
        "expired": {"valid_until": now_s - 61},
        "not yet valid": {"nbf": now_s + 61},
        "bad signature": {"auth_token": "0" * 32},
        "unknown account": {"account_sid": "AC" + "9" * 32},
        "no policies": {"allow_web_sockets": False},
    }
    if case in made:
        return live.token(**made[case])
    claims = jwt.decode(live.token(), options={"verify_signature": False})
    forged: dict[str, str] = {
        "other channel": jwt.encode(
            {**claims, "channel": live.names["bob"], "worker_sid": live.names["bob"]}, AUTH_TOKEN
        ),
        "other algorithm": jwt.encode(claims, AUTH_TOKEN * 2, algorithm="HS512"),
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "garbage": "not.a.token",
    }
    return forged[case]


REFUSALS = [
    ("expired", 401, 20104, 4401),
    ("not yet valid", 401, 20104, 4401),
    ("bad signature", 403, 20107, 4403),
    ("other algorithm", 403, 20107, 4403),
    ("unsigned", 403, 20107, 4403),
    ("unknown account", 403, 20101, 4403),
    ("other channel", 403, 20101, 4403),
    ("garbage", 403, 20101, 4403),
    ("no policies", 403, 20003, 4403),
]


@pytest.mark.feature(20, 240)
@pytest.mark.parametrize(("case", "status", "code", "closed"), REFUSALS)
def test_a_bad_token_is_told_why(
    tmp_path: Path, ambient: VirtualAmbient, case: str, status: int, code: int, closed: int
) -> None:
    """A POST is answered with status, code and a sentence; a socket is closed with code and reason."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob")
            token = a_refused_token(live, case)
            answer = await live.post(live.asked(f"/Workers/{live.names['alice']}", token))

            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer.json()["message"] and answer.json()["status"] == status
            assert answer.headers["access-control-allow-origin"] == "*"
            async with live.socket(token) as opened:
                code_, reason = await ended(opened)
                assert code_ == closed and reason

    asyncio.run(story())


@pytest.mark.feature(240)
def test_a_token_opens_its_own_account_s_channel_only(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """Under another account's path the same token is refused."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            asked = live.asked("/Activities", live.token())
            answer = await live.post(asked, account_sid=OTHER_AC)

            assert (answer.status_code, answer.json()["code"]) == (403, 20101)
            async with live.socket(live.token(), account_sid=OTHER_AC) as opened:
                assert (await ended(opened))[0] == 4403

    asyncio.run(story())


@pytest.mark.feature(240)
def test_a_token_reaches_its_own_workspace_only(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A request to another workspace is refused, whatever the policies say."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            other = await live.rest("POST", "/v1/Workspaces", FriendlyName="Other")
            asked = live.asked("/Activities", live.token())
            asked["url"] = f"https://taskrouter.twilio.com/v1/Workspaces/{other['sid']}/Activities"
            answer = await live.post(asked)

            assert (answer.status_code, answer.json()["code"]) == (403, 20101)

    asyncio.run(story())


@pytest.mark.feature(240)
def test_an_account_cannot_open_a_channel_in_another_account_s_workspace(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """A well-signed token that names a foreign workspace finds nothing there and changes nothing."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            stranger = live.token(
                account_sid=OTHER_AC, auth_token="7e" * 16, allow_update_activities=True
            )
            asked = live.asked(f"/Workers/{live.names['alice']}", stranger)
            answer = await live.post(asked, account_sid=OTHER_AC)
            assert (answer.status_code, answer.json()["code"]) == (404, 20404)

            wanted = live.names["Offline"]
            async with live.socket(
                stranger, account_sid=OTHER_AC, disconnectActivitySid=wanted
            ) as opened:
                assert (await ended(opened))[0] == 4404
            ambient.advance(60_000)
            assert (await live.worker())["activity_name"] == "Available"

    asyncio.run(story())


@pytest.mark.feature(21)
@pytest.mark.parametrize(
    ("path", "method", "params", "rights", "status"),
    [
        ("/Workers/{alice}", "GET", {}, {}, 200),
        ("/Activities", "GET", {}, {}, 200),
        ("/Workers/{alice}/Reservations", "GET", {}, {}, 200),
        ("/Workers/{alice}/Channels", "GET", {}, {}, 403),
        ("/Workers/{alice}/Channels", "GET", {}, {"allow_fetch_subresources": True}, 200),
        ("/Workers/{alice}", "POST", {"ActivitySid": "{Offline}"}, {}, 403),
        (
            "/Workers/{alice}",
            "POST",
            {"ActivitySid": "{Offline}"},
            {"allow_update_activities": True},
            200,
        ),
        (
            "/Workers/{alice}",
            "POST",
            {"ActivitySid": "{Offline}", "FriendlyName": "Alicia"},
            {"allow_update_activities": True},
            403,
        ),
        ("/Workers/{alice}", "POST", {"FriendlyName": "Alicia"}, {"allow_update_self": True}, 200),
        ("/Workers/{bob}", "GET", {}, ALL, 403),
        ("/Workers", "GET", {}, ALL, 403),
        ("/Tasks", "POST", {"WorkflowSid": "{workflow}"}, ALL, 403),
        ("/Workers/{alice}", "DELETE", {}, {}, 403),
    ],
)
def test_policies_decide_what_a_token_may_do(
    tmp_path: Path,
    ambient: VirtualAmbient,
    path: str,
    method: str,
    params: dict[str, str],
    rights: dict[str, bool],
    status: int,
) -> None:
    """What no policy of the token allows is 403/20003, with a sentence that names what would."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob")
            given = {name: value.format(**live.names) for name, value in params.items()}
            asked = live.asked(path.format(**live.names), live.token(**rights), method, **given)
            answer = await live.post(asked)

            assert answer.status_code == status
            if status == 403:
                assert answer.json()["code"] == 20003
                assert "would" in answer.json()["message"]

    asyncio.run(story())


@pytest.mark.feature(183)
def test_a_refreshed_token_keeps_the_socket(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """A POST with a later token keeps the channel's sockets open beyond the old one's expiry."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            now_s = int(ambient.wall())
            short, long = live.token(valid_until=now_s + 20), live.token(valid_until=now_s + HOUR_S)
            async with live.socket(short) as opened:
                await live.post(live.asked("/Activities", long))
                ambient.advance(int(EXPIRY_GRACE_S + 21) * 1000)
                await live.add_task()

                assert (await frame(opened))["event_type"] == "reservation.created"

    asyncio.run(story())


@pytest.mark.feature(183)
def test_an_expired_token_is_refused_and_its_socket_closed_after_the_grace_period(
    tmp_path: Path, ambient: VirtualAmbient
) -> None:
    """The POST after expiry is 401; the socket still hears events for two minutes, then closes 4401."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            short = live.token(valid_until=int(ambient.wall()) + 20)
            path = f"{live.home}/Workers/{live.names['alice']}"
            async with live.socket(short) as opened:
                ambient.advance(int(EXPIRY_GRACE_S + 19) * 1000)
                await live.rest("POST", path, Attributes='{"level": 1}')
                assert (await frame(opened))["event_type"] == "worker.attributes.update"
                assert (await live.post(live.asked("/Activities", short))).status_code == 401

                ambient.advance(1000)
                await live.rest("POST", path, Attributes='{"level": 2}')
                assert (await ended(opened))[0] == 4401

    asyncio.run(story())


@pytest.mark.feature(20)
def test_the_path_may_be_written_in_either_case(tmp_path: Path, ambient: VirtualAmbient) -> None:
    """SIDs in a channel's path are compared as everywhere: in the case in which they were issued."""

    async def story() -> None:
        async with a_live_channel(tmp_path, ambient) as live:
            asked = live.asked("/Activities", live.token())

            assert (await live.post(asked, account_sid=AC[:2] + AC[2:].upper())).status_code == 200

    asyncio.run(story())
