"""Simulated phones around a sample's page: a caller who waits, the workers' phones, and an application."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx

from tests.browser.application import Application
from tests.browser.place import Place
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server

CALLER = "+15005550001"
OWN_NUMBER = "+18004746453"
"""The number that the samples call from; it has to be the account's."""
SIMULATOR = "/pointsman/v1/Voice/Simulator"
NUMBERS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers.json"
_lines = count(1)


class Phones:
    """The simulator of one server, as its REST tells."""

    def __init__(self, server: Server, application: Application) -> None:
        self.application = application
        self.caller = ""
        """The leg of the caller."""
        self._http = httpx.Client(
            base_url=server.address, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=20
        )
        if not self._get(NUMBERS, PhoneNumber=OWN_NUMBER)["incoming_phone_numbers"]:
            self._post(NUMBERS, PhoneNumber=OWN_NUMBER)

    def stored(self, twiml: str) -> str:
        """The address of a document that lies with the server."""
        made = self._post("/pointsman/v1/TwiML", FriendlyName="A sample's", Twiml=twiml)
        return str(made["links"]["served"])

    def call(self, place: Place) -> str:
        """Somebody calls, and waits in this place's workflow; the SID of his call."""
        number = f"+1500556{next(_lines):04}"
        enqueue = f"<Response><Enqueue workflowSid='{place.workflow_sid}'/></Response>"
        self._post(NUMBERS, PhoneNumber=number, VoiceUrl=self.stored(enqueue))
        leg = self._post(f"{SIMULATOR}/Calls", From=CALLER, To=number)
        self.caller = leg["leg"]
        return str(leg["call_sid"])

    def leg(self, phone: str) -> dict[str, Any]:
        """The newest leg of a phone, if it is live."""
        legs = [leg for leg in self._get(SIMULATOR)["calls"] if leg["phone"] == phone]
        return legs[-1] if legs and legs[-1]["status"] != "ended" else {}

    def known(self, leg: str) -> dict[str, Any]:
        """A leg, also one that has ended."""
        return self._get(f"{SIMULATOR}/Calls/{leg}")

    def hears(self, phone: str) -> set[str]:
        """What a phone hears now; of other phones their addresses."""
        sources = [source.partition(":") for source in self.leg(phone).get("hears", [])]
        return {
            self.known(rest)["phone"] if kind == "voice" else f"{kind}{colon}{rest}"
            for kind, colon, rest in sources
        }

    def hang_up(self, phone: str) -> None:
        """It is put down."""
        self._post(f"{SIMULATOR}/Calls/{self.leg(phone)['leg']}", HangUp="true")

    def close(self) -> None:
        """The caller is gone, and nothing is asked any more."""
        if self.leg(CALLER):
            self.hang_up(CALLER)
        self._http.close()

    def _get(self, path: str, **fields: str) -> dict[str, Any]:
        return self._told(self._http.get(path, params=fields))

    def _post(self, path: str, **fields: str) -> dict[str, Any]:
        return self._told(self._http.post(path, data=fields))

    @staticmethod
    def _told(answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code < 300, answer.text
        body: dict[str, Any] = answer.json()
        return body
