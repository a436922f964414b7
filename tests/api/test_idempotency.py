"""The same request sent twice with one key is carried out once, whatever happens in between."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pointsman.api.operations import OPERATIONS
from pointsman.auth.credentials import basic_authorization
from pointsman.store import CommitFailed
from tests.api.builders import Place, asked_of, every_name
from tests.inside import OTHER_ACCOUNT, Answer, Inside, a_server_inside

KEY = {"Idempotency-Key": "0b1c"}
POSTS = [row for row in OPERATIONS if row.method == "POST" and row.path.startswith("/v1/")]


def events(place: Place) -> int:
    """How much has happened in the workspace."""
    return len(place.get("/Events", PageSize=1000).json["events"])


def same(first: Answer, second: Answer) -> bool:
    """Whether two answers are equal to the last byte."""
    return first == second


@pytest.mark.feature(273)
@pytest.mark.parametrize("path", [row.path for row in POSTS])
def test_every_operation(place: Place, path: str) -> None:
    """Whatever is posted twice with one key happens once and is answered the same."""
    names = every_name(place)
    offer = f"/Tasks/{names['task_sid']}/Reservations/{names['reservation_sid']}"
    asked = asked_of(place, path)
    if asked.get("ReservationStatus") == "wrapping":
        assert place.post(offer, ReservationStatus="accepted").status == 200
    body = json.dumps(asked).encode()
    headers = {**KEY, "Content-Type": "application/json"}
    where = path.format(**names)

    first = place.server.send("POST", where, body=body, headers=headers)
    happened = events(place)
    second = place.server.send("POST", where, body=body, headers=headers)

    assert first.status in (200, 201), first.body
    assert same(first, second)
    assert events(place) == happened


@pytest.mark.feature(273)
def test_after_a_restart(tmp_path: Path) -> None:
    """Answers are given again by the server that comes after, to the last byte."""
    with a_server_inside(tmp_path / "store") as server:
        place = Place(server)
        first = place.post("/Tasks", headers=KEY, Attributes='{"a": 1}')
        path, moment = place.path, server.ambient.now()
    with a_server_inside(tmp_path / "store") as server:
        server.ambient.set(moment)
        second = server.post(f"{path}/Tasks", headers=KEY, Attributes='{"a": 1}')
        assert same(first, second)
        assert len(server.get(f"{path}/Tasks").json["tasks"]) == 1


@pytest.mark.feature(273)
def test_after_a_crash(place: Place, server: Inside, tmp_path: Path) -> None:
    """The moment an answer is given it is on disk, with what it tells of: also if nothing changed."""
    worker = place.a_worker()
    offline = place.activities["Offline"]
    place.post(f"/Workers/{worker}", ActivitySid=offline)
    made = place.post("/Tasks", headers=KEY)
    unchanged = place.post(
        f"/Workers/{worker}", headers={"Idempotency-Key": "again"}, ActivitySid=offline
    )
    place.post("/Tasks")  # whatever was noted is written before this is answered
    shutil.copytree(tmp_path / "store", tmp_path / "found")
    with a_server_inside(tmp_path / "found") as later:
        later.ambient.set(server.ambient.now())
        found = later.post(f"{place.path}/Tasks", headers=KEY)
        again = later.post(
            f"{place.path}/Workers/{worker}",
            headers={"Idempotency-Key": "again"},
            ActivitySid=offline,
        )

        assert same(made, found)
        assert same(unchanged, again)


@pytest.mark.feature(273)
def test_at_the_same_time(place: Place, server: Inside) -> None:
    """Duplicates that come while the first is under way wait for it and are answered the same."""
    request = ("POST", f"{place.path}/Tasks", b"Priority=4")
    answers = server.race([request] * 5, headers=KEY)

    assert [answer.status for answer in answers] == [201] * 5
    assert len({answer.body for answer in answers}) == 1
    assert len(place.get("/Tasks").json["tasks"]) == 1


def test_another_request_with_the_same_key(place: Place) -> None:
    """A key that belongs to another request is refused with a sentence, and nothing happens."""
    place.post("/Tasks", headers=KEY, Priority=1)
    for path, params in (
        ("/Tasks", {"Priority": 2}),
        ("/Tasks", {}),
        ("/Workers", {"FriendlyName": "Ana"}),
    ):
        answer = place.post(path, headers=KEY, **params)
        assert (answer.status, answer.json["code"]) == (400, 20001)
        assert "Idempotency-Key" in answer.json["message"]
    assert len(place.get("/Tasks").json["tasks"]) == 1


def test_keys_of_accounts_are_apart(server: Inside) -> None:
    """The same key in two accounts is two keys."""
    theirs = {"authorization": basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)}
    ours = server.post("/v1/Workspaces", headers=KEY, FriendlyName="A").json
    other = server.post("/v1/Workspaces", headers={**KEY, **theirs}, FriendlyName="A").json

    assert ours["sid"] != other["sid"]
    assert other["account_sid"] == OTHER_ACCOUNT.sid


def test_keys_expire(place: Place, server: Inside) -> None:
    """After 120 s a key is new, in memory and in the store."""
    first = place.post("/Tasks", headers=KEY).json["sid"]
    server.wait(119)
    assert place.post("/Tasks", headers=KEY).json["sid"] == first
    server.wait(1)
    assert place.post("/Tasks", headers=KEY, Priority=2).json["sid"] != first

    kept = server.store.history().answers(0)
    assert [row.key for row in kept] == [KEY["Idempotency-Key"]]
    assert server.store.history().answers(kept[0].expires_at) == []


def test_a_refusal_is_not_kept(place: Place) -> None:
    """What was refused changed nothing, so its key may be used for the corrected request."""
    assert place.post("/Tasks", headers=KEY, Attributes="{").status == 400
    made = place.post("/Tasks", headers=KEY, Attributes="{}")

    assert made.status == 201
    assert same(made, place.post("/Tasks", headers=KEY, Attributes="{}"))


def test_what_could_not_be_stored_is_not_kept(
    place: Place, server: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request whose change was lost is answered 503, and its repetition is carried out."""

    def full(group: object) -> None:
        raise CommitFailed("The disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(server.store, "commit", full)
        assert place.post("/Tasks", headers=KEY).status == 503
    server.wait(1)
    made = place.post("/Tasks", headers=KEY)

    assert made.status == 201
    assert [task["sid"] for task in place.get("/Tasks").json["tasks"]] == [made.json["sid"]]


def test_keys_that_are_none(place: Place) -> None:
    """An empty key is none; one of more than 255 characters is refused; a GET has no key."""
    first, second = (place.post("/Tasks", headers={"Idempotency-Key": ""}) for _ in range(2))
    assert first.json["sid"] != second.json["sid"]
    answer = place.post("/Tasks", headers={"Idempotency-Key": "k" * 256})
    assert (answer.status, "255" in answer.json["message"]) == (400, True)
    assert place.get("/Tasks", headers=KEY).status == 200
    assert place.post("/Tasks", headers=KEY).status == 201


@pytest.mark.feature(273)
def test_a_deletion_that_is_repeated(place: Place) -> None:
    """The repetition of a deletion is answered as the first was, not with 404."""
    worker = place.a_worker()
    path = f"{place.path}/Workers/{worker}"
    first = place.server.send("DELETE", path, headers=KEY)
    second = place.server.send("DELETE", path, headers=KEY)

    assert (first.status, second.status) == (204, 204)
    assert place.server.send("DELETE", path).status == 404
