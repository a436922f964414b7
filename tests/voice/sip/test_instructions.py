"""Instructions over real SIP and RTP whose worker does not talk: nobody picks up, or the caller goes elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.voice.sip.stage import Telephones
from tests.voice.sip.test_failures import an_office, ended, heard, played
from tests.voice.sip.test_server import the_offer

pytestmark = pytest.mark.alone

PROMPT = "<Response><Say loop='0'>Please hold the line, we are calling you back</Say></Response>"


@pytest.mark.feature(150, partly=True)
def test_a_worker_who_does_not_answer(tmp_path: Path) -> None:
    """His phone rings in vain: the offer ends, the caller goes on hearing music, and is offered again."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones) as (_, office):
            await office.furnish()
            await office.call_in("caller")
            offer = await asyncio.to_thread(the_offer, office.client, office.path)
            silent = f"sip:worker.rings@127.0.0.1:{telephones.port}"
            await office.post(offer, Instruction="dequeue", DequeueTo=silent, DequeueTimeout="2")
            await telephones.until(lambda told: told["event"] == "rings")
            assert (await office.get(offer))["reservation_status"] == "pending"
            await office.until(offer, lambda told: told["reservation_status"] == "canceled")
            since = len(telephones.told)
            await telephones.until(heard("caller", {"music"}), since)
            offers = offer.rpartition("/")[0]
            told = await office.until(offers, lambda told: len(told["reservations"]) > 1)
            stands = {one["reservation_status"] for one in told["reservations"]}
            assert stands == {"canceled", "pending"}

    played(story)


@pytest.mark.feature(152, partly=True)
def test_a_caller_who_is_redirected_to_a_prompt(tmp_path: Path) -> None:
    """`redirect` accepts for the worker, and the caller hears the other document instead of music."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones) as (_, office):
            await office.furnish()
            prompt = await office.post("/pointsman/v1/TwiML", FriendlyName="Prompt", Twiml=PROMPT)
            await office.call_in("caller")
            offer = await asyncio.to_thread(the_offer, office.client, office.path)
            (task,) = (await office.get(f"{office.path}/Tasks"))["tasks"]
            since = len(telephones.told)
            answered = await office.post(
                offer,
                Instruction="redirect",
                RedirectCallSid=json.loads(task["attributes"])["call_sid"],
                RedirectUrl=prompt["links"]["served"],
                RedirectAccept="true",
            )
            assert answered["reservation_status"] == "accepted"
            await telephones.until(heard("caller", {"say"}), since)
            telephones.do("hang_up", name="caller")
            await office.until(f"{office.path}/Tasks", ended({("assigned", None)}))

    played(story)
