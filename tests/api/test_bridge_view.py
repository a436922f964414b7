"""What the legacy live channel may ask beyond REST: its worker's tasks, also when they are gone."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.api import Reply, Request
from pointsman.api.errors import Refused
from pointsman.api.operations import OPERATIONS, Operation
from pointsman.auth.minting import worker_token
from pointsman.auth.principal import account_principal, token_principal
from pointsman.engine.events import Event
from tests.api.builders import Place, asked_of, every_name
from tests.inside import ACCOUNT, ORIGIN, Inside


class Channel:
    """The POST bridge of one worker."""

    def __init__(self, server: Inside, place: Place, worker_sid: str) -> None:
        self._server = server
        self._place = place
        now_s = server.ambient.wall()
        token = worker_token(ACCOUNT, place.sid, worker_sid, now_s=now_s, ttl_s=86_400)
        self._principal = token_principal(server.accounts.verify_token(token, now_s))
        self.noted: list[str] = []

    def ask(self, method: str, path: str, **params: Any) -> Reply:
        request = Request(
            method=method,
            path=self._place.path + path,
            params=params,
            principal=self._principal,
            base=ORIGIN,
            view="bridge_l",
            source="websocket",
            noted=self._note,
        )
        return self._server.run(self._server.api.call(request))

    def _note(self, events: tuple[Event, ...]) -> None:
        self.noted += [event.type.value for event in events]


def a_completed_task(place: Place) -> tuple[str, str]:
    """SIDs of a task and its only reservation."""
    task = place.a_task()
    [offer] = place.offers(task)
    place.post(f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus="accepted")
    place.post(f"/Tasks/{task}", AssignmentStatus="completed")
    return task, offer["sid"]


def test_an_answer_tells_its_events_first(place: Place, server: Inside) -> None:
    """Whoever asked is told what he caused, so that it can be held until he was answered."""
    worker = place.a_worker()
    task = place.a_task()
    [offer] = place.offers(task)
    channel = Channel(server, place, worker)

    reply = channel.ask(
        "POST", f"/Tasks/{task}/Reservations/{offer['sid']}", ReservationStatus="accepted"
    )

    assert reply.status == 200
    assert channel.noted == ["reservation.accepted"]
    [event] = place.get("/Events", EventType="reservation.accepted").json["events"]
    assert (event["actor_sid"], event["source"]) == (worker, "websocket")


@pytest.mark.feature(86)
def test_tasks_of_old_reservations(place: Place, server: Inside) -> None:
    """An hour after its end the worker's channel still reads a task that REST no longer has."""
    worker, other = place.a_worker(), place.a_worker("Ben", "Offline")
    task, reservation = a_completed_task(place)
    deleted = place.a_task()
    place.delete(f"/Tasks/{deleted}")
    server.wait(3600)
    channel = Channel(server, place, worker)

    for sid in (task, deleted):
        assert place.get(f"/Tasks/{sid}").status == 404
        shown = channel.ask("GET", f"/Tasks/{sid}")
        assert shown.body is not None
        assert (shown.status, shown.body["sid"]) == (200, sid)
    past = channel.ask("GET", f"/Tasks/{task}/Reservations/{reservation}")
    assert past.body is not None
    assert past.body["reservation_status"] == "completed"
    wrong = channel.ask("GET", f"/Tasks/{deleted}/Reservations/{reservation}")
    assert wrong.status == 404
    stranger = Channel(server, place, other)
    assert stranger.ask("GET", f"/Tasks/{task}").status == 404
    assert channel.ask("GET", "/Tasks/WT" + "0" * 32).status == 404


def test_json_parameters(place: Place, server: Inside) -> None:
    """The channel's JSON values are understood: objects, booleans, numbers, null."""
    worker = place.a_worker()
    channel = Channel(server, place, worker)

    reply = channel.ask(
        "POST",
        f"/Workers/{worker}",
        Attributes={"languages": ["en"]},
        ActivitySid=None,
        RejectPendingReservations=False,
    )

    assert reply.body is not None
    assert reply.body["attributes"] == '{"languages":["en"]}'


POSTS = [row for row in OPERATIONS if row.method == "POST" and "{workspace_sid}" in row.path]


@pytest.mark.parametrize("row", POSTS, ids=lambda row: row.path.partition("_sid}")[2] or "/")
def test_what_is_refused_on_the_newer_channel_has_changed_nothing(
    place: Place, server: Inside, row: Operation
) -> None:
    """What that channel cannot show is refused before it is done, not afterwards."""
    names = every_name(place)
    request = Request(
        method="POST",
        path=row.path.format(**names),
        params=asked_of(place, row.path),
        principal=account_principal(ACCOUNT.sid),
        base=ORIGIN,
        view="bridge_m",
        source="websocket",
    )
    before = server.runtime.glance(place.sid, lambda state: state.seq)
    try:
        answered = server.run(server.api.call(request)).status < 300
    except Refused:
        answered = False
    after = server.runtime.glance(place.sid, lambda state: state.seq)

    assert answered or after == before
