"""`/pointsman/v1/Voice/Simulator`: what the phones of the simulated world do, scripted over REST.

Offered by a server with POINTSMAN_VOICE=simulator, to any account or API key of it; a token may not.
Times are seconds of the server's clock, which may be virtual.
"""

from __future__ import annotations

import re
from typing import Any

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource
from pointsman.api.params import one, text, truth
from pointsman.auth import authorize
from pointsman.voice.exchange import Exchange
from pointsman.voice.hearing import Leg
from pointsman.voice.phones import Plan
from pointsman.voice.simulator import Simulator

__all__ = ["PATH", "Staging"]

PATH = "/pointsman/v1/Voice/Simulator"
OUTCOMES = ("answer", "busy", "declined", "failed", "no-answer", "never")


class Staging:
    """The operations on the simulated world."""

    def __init__(self, simulator: Simulator, exchange: Exchange) -> None:
        self._simulator = simulator
        self._exchange = exchange

    def offers(self, path: str) -> bool:
        return path == PATH or path.startswith(f"{PATH}/")

    async def call(self, request: Request) -> Reply:
        """Carry the request out. Raises `Refused`."""
        authorize(request.principal, request.method, request.path, request.params)
        rest = request.path.removeprefix(PATH).strip("/").split("/")
        match (request.method, *rest):
            case ("GET", ""):
                return Reply(200, self._world())
            case ("POST", ""):
                return self._switch(request)
            case ("POST", "Phones"):
                return self._plan(request)
            case ("POST", "Calls"):
                return self._call_in(request)
            case ("GET", "Calls", name):
                return Reply(200, self._shown(self._leg(request, name)))
            case ("POST", "Calls", name):
                return self._act(request, self._leg(request, name))
        raise no_such_resource(request.path)

    def _world(self) -> dict[str, Any]:
        legs = [self._shown(leg) for leg in self._simulator.legs.values()]
        return {"up": not self._simulator.down, "calls": legs}

    def _switch(self, request: Request) -> Reply:
        """`Up=false` is the fall of the engine, `Up=true` its return."""
        up = truth("Up", text("Up", one(request.params, "Up") or ""))
        if up and self._simulator.down:
            self._simulator.rise()
        elif not up and not self._simulator.down:
            self._simulator.fall()
        return Reply(200, self._world())

    def _plan(self, request: Request) -> Reply:
        """What the phone with this `Address` does from now on."""
        params = request.params
        outcome = text("Outcome", one(params, "Outcome") or "answer")
        if outcome not in OUTCOMES:
            raise Refused(400, 20001, f"Outcome {outcome!r} is not one of {', '.join(OUTCOMES)}")
        times = one(params, "Times")
        keys = text("Digits", one(params, "Digits") or "")
        after_ms = _ms(params, "DigitsAfter", 1_000) or 0
        plan = Plan(
            outcome=outcome,
            rings_after_ms=_ms(params, "RingsAfter", 0) or 0,
            answers_after_ms=_ms(params, "AnswersAfter", 1_000) or 0,
            hangs_up_after_ms=_ms(params, "HangsUpAfter", None),
            digits=((after_ms, keys),) if keys else (),
            times=None
            if times in (None, "")
            else max(1, (_ms(params, "Times", 1_000) or 0) // 1000),
        )
        address = text("Address", one(params, "Address") or "")
        if not address:
            raise Refused(400, 20001, "Address is required: whose plan this is")
        self._simulator.plan(address, plan)
        return Reply(201, {"address": address, "outcome": outcome})

    def _call_in(self, request: Request) -> Reply:
        """A phone calls a number of this server."""
        params = request.params
        from_, to = (text(name, one(params, name) or "") for name in ("From", "To"))
        if not from_ or not to:
            raise Refused(400, 20001, "From and To are required: who calls whom")
        leg = self._simulator.call(
            from_, to, Plan(hangs_up_after_ms=_ms(params, "HangsUpAfter", None))
        )
        return Reply(201, self._shown(self._simulator.legs[leg]))

    def _act(self, request: Request, leg: Leg) -> Reply:
        """The phone sends `Digits`, or hangs up with `HangUp=true`."""
        digits = text("Digits", one(request.params, "Digits") or "")
        if not re.fullmatch(r"[0-9*#A-D]*", digits):
            raise Refused(400, 20001, f"Digits {digits!r} are not keys of a phone")
        self._simulator.press(leg.name, digits)
        if truth("HangUp", text("HangUp", one(request.params, "HangUp") or "")):
            self._simulator.hang_up(leg.name)
        return Reply(200, self._shown(leg))

    def _leg(self, request: Request, name: str) -> Leg:
        """A leg by its own name, or by its call's SID."""
        line = self._exchange.lines.get(name)
        leg = self._simulator.legs.get(line.call.leg if line is not None else name)
        if leg is None:
            raise no_such_resource(request.path)
        return leg

    def _shown(self, leg: Leg) -> dict[str, Any]:
        status = "ended" if leg.ended else "answered" if leg.answered else "ringing"
        return {
            "leg": leg.name,
            "call_sid": self._exchange.call_of(leg.name),
            "phone": leg.phone,
            "other": leg.other,
            "direction": "in" if leg.incoming else "out",
            "status": status,
            "hears": sorted(self._simulator.hears(leg.name)),
            "heard": [
                {"since_ms": heard.since, "sources": sorted(heard.sources)} for heard in leg.heard
            ],
            "got_digits": leg.got_digits,
        }


def _ms(params: Any, name: str, otherwise: int | None) -> int | None:
    """A number of seconds as milliseconds."""
    value = one(params, name)
    if value in (None, ""):
        return otherwise
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise Refused(400, 20001, f"{name} has to be a number of seconds between 0 and 86400")
    return round(seconds * 1000)
