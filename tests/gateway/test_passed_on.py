"""A task that is passed on, as the initiator's pages hear of it: an old one and a new one, side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from pointsman.ambient import VirtualAmbient
from pointsman.engine.commands import NoteConnected
from tests.gateway.live import ALL, Live, a_live_channel, frame


async def until(opened: ClientConnection, event_type: str) -> list[dict[str, Any]]:
    """The frames up to the first of this type."""
    told = []
    while not told or told[-1]["event_type"] != event_type:
        told.append(await frame(opened))
    return told


async def hold_a_task(live: Live) -> tuple[str, str]:
    """Alice's task and reservation."""
    task = await live.add_task()
    path = f"{live.home}/Tasks/{task}/Reservations"
    [offer] = (await live.rest("GET", path))["reservations"]
    await live.rest("POST", f"{path}/{offer['sid']}", ReservationStatus="accepted")
    return task, offer["sid"]


@pytest.mark.feature(186, partly=True)
def test_only_the_newer_sdk_is_told_of_transfers(tmp_path: Path) -> None:
    """The newer SDK hears that its transfer began and failed; a page with the older one, which could
    not read that, hears of the task and the worker only.
    """

    async def story() -> None:
        ambient = VirtualAmbient(machine_wall=True)
        async with a_live_channel(tmp_path, ambient) as live:
            await live.add_worker("bob", "Offline")
            task, own = await hold_a_task(live)
            await live.rest(
                "POST",
                f"{live.home}/Workers/{live.names['bob']}",
                ActivitySid=live.names["Available"],
            )
            new, old = live.modern_socket(live.access_token()), live.socket(live.token(**ALL))
            async with new as newer, old as older:
                await live.runtime.saw(NoteConnected)
                assert (await frame(newer))["event_type"] == "init"
                await live.post_modern(f"/Workers/{live.names['alice']}", live.access_token())
                await live.post_modern(live.offers("alice"), live.access_token())
                told = {"TaskSid": task, "ReservationSid": own, "To": live.names["bob"]}
                path = f"/Workers/{live.names['alice']}/Transfers"
                await live.post_modern(path, live.access_token(), "POST", **told)
                bobs = f"{live.home}/Workers/{live.names['bob']}/Reservations"
                [offer] = (await live.rest("GET", bobs))["reservations"]
                await live.rest("POST", f"{bobs}/{offer['sid']}", ReservationStatus="rejected")
                path = f"{live.home}/Workers/{live.names['alice']}"
                await live.rest("POST", path, Attributes='{"last": true}')

                heard = await until(newer, "worker.attributes.update")
                kinds = [each["event_type"] for each in heard if "transfer" in each["event_type"]]
                assert kinds == ["task.transfer-initiated", "task.transfer-failed"]
                failed = next(e for e in heard if e["event_type"] == kinds[1])["payload"]
                assert (failed["task_sid"], failed["transfer_status"]) == (task, "failed")
                assert failed["initiating_reservation_sid"] == own
                seen = await until(older, "worker.attributes.update")
                assert {each["payload"]["sid"][:2] for each in seen} <= {"WT", "WK"}
                assert not [each for each in seen if "transfer" in each["event_type"]]

    asyncio.run(story())
