"""HTTP around the api: who may ask, what is refused before it is read, and the headers of answers."""

from __future__ import annotations

import json

import pytest

from pointsman.api.catalogue import variables
from pointsman.api.operations import OPERATIONS
from pointsman.auth.credentials import basic_authorization
from pointsman.auth.minting import customer_token, worker_token
from tests.api.builders import Place, every_name
from tests.inside import ACCOUNT, API_KEY, ORIGIN, OTHER_ACCOUNT, Inside

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
MB = 1024 * 1024


@pytest.mark.feature(3, 4, 5)
def test_who_may_ask(server: Inside) -> None:
    """The account and its API keys come in; everybody else is told 401 and nothing more."""
    right = [
        basic_authorization(ACCOUNT.sid, ACCOUNT.auth_token),
        basic_authorization(API_KEY.sid, API_KEY.secret),
    ]
    wrong = [
        "",
        "nonsense",
        "Basic",
        "Basic é",
        "Basic " + "A" * 10_000,
        basic_authorization(ACCOUNT.sid, "no"),
        basic_authorization(OTHER_ACCOUNT.sid, ACCOUNT.auth_token),
        basic_authorization("", ""),
    ]
    for authorization in right:
        answer = server.get("/v1/Workspaces", headers={"Authorization": authorization})
        assert answer.status == 200
    for authorization in wrong:
        answer = server.get("/v1/Workspaces", headers={"Authorization": authorization})
        assert answer.status == 401
        assert answer.json == {
            "code": 20003,
            "message": "Authenticate",
            "more_info": "https://www.twilio.com/docs/errors/20003",
            "status": 401,
        }
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.feature(20, 240, partly=True)
@pytest.mark.feature(21, 237)
def test_tokens_at_rest(server: Inside) -> None:
    """A capability token as Bearer may do what its policies say, and nothing else."""
    place = Place(server)
    worker, other = place.a_worker("Ana"), place.a_worker("Ben")
    now_s = server.ambient.wall()
    token = worker_token(ACCOUNT, place.sid, worker, now_s=now_s, ttl_s=60, allow=["activities"])
    bearer = {"Authorization": f"Bearer {token}"}

    assert place.get(f"/Workers/{worker}", headers=bearer).status == 200
    moved = place.post(
        f"/Workers/{worker}", headers=bearer, ActivitySid=place.activities["Offline"]
    )
    assert moved.json["activity_name"] == "Offline"
    for refused in (
        place.get(f"/Workers/{other}", headers=bearer),
        place.get("/Workers", headers=bearer),
        place.post(f"/Workers/{worker}", headers=bearer, Attributes="{}"),
        place.post("/Tasks", headers=bearer),
        place.delete(f"/Workers/{worker}", headers=bearer),
    ):
        assert (refused.status, refused.json["code"]) == (403, 20003)
        assert "would" in refused.json["message"]
    elsewhere = Place(server).get("/Activities", headers=bearer)
    assert (elsewhere.status, elsewhere.json["code"]) == (403, 20101)
    forged = {"Authorization": f"Bearer {token[:-2]}AA"}
    assert place.get(f"/Workers/{worker}", headers=forged).json["code"] == 20107
    server.wait(125)
    late = place.get(f"/Workers/{worker}", headers=bearer)
    assert (late.status, late.json["code"]) == (401, 20104)
    assert late.headers["www-authenticate"].startswith("Bearer")
    event = place.get("/Events", WorkerSid=worker, EventType="worker.activity.update").json
    [moved_event] = event["events"]
    assert (moved_event["actor_type"], moved_event["actor_sid"]) == ("worker", worker)
    assert moved_event["source_ip_address"] == "192.0.2.7"


@pytest.mark.feature(235, 237)
def test_a_customers_token(server: Inside) -> None:
    """A customer's token creates tasks and can do nothing else."""
    place = Place(server)
    token = customer_token(ACCOUNT, place.sid, now_s=server.ambient.wall())
    bearer = {"Authorization": f"Bearer {token}"}

    made = place.post("/Tasks", headers=bearer, Attributes='{"language": "en"}')

    assert made.status == 201
    task = f"/Tasks/{made.json['sid']}"
    for refused in (
        place.get(task, headers=bearer),
        place.get("/Tasks", headers=bearer),
        place.post(task, headers=bearer, AssignmentStatus="canceled"),
        place.get("", headers=bearer),
        server.get("/v1/Workspaces", headers=bearer),
    ):
        assert refused.status == 403


@pytest.mark.feature(276)
def test_large_bodies(server: Inside) -> None:
    """A body over its limit is refused by its announced length, or as soon as it is too long."""
    path = "/v1/Workspaces"
    by_length = server.send(
        "POST", path, body=[], headers={**FORM, "Content-Length": str(4 * MB + 1)}
    )
    absurd = server.send("POST", path, body=[], headers={**FORM, "Content-Length": "9" * 4000})
    pieces = server.send("POST", path, body=[b"x" * MB] * 9, headers=FORM)
    one = server.send("POST", path, body=b"x" * (2 * MB + 1), headers=JSON)
    fits = server.send(
        "POST", path, body=[b"FriendlyName=a&b=", b"x" * (4 * MB - 17)], headers=FORM
    )

    for refused in (by_length, absurd, pieces, one):
        assert (refused.status, refused.json["code"]) == (413, 20001)
        assert refused.headers["connection"] == "close"
    assert fits.status == 201


@pytest.mark.feature(12)
def test_links_lead_back(server: Inside) -> None:
    """Links begin with the scheme and host that the client used."""
    made = server.post("/v1/Workspaces", FriendlyName="x").json
    bare = server.get("/v1/Workspaces", headers={"Host": ""}).json

    assert made["url"] == f"{ORIGIN}/v1/Workspaces/{made['sid']}"
    assert made["links"]["tasks"] == f"{made['url']}/Tasks"
    assert bare["meta"]["url"].startswith("http://127.0.0.1:8080/v1/Workspaces?")


@pytest.mark.feature(18)
def test_browsers_of_any_origin(server: Inside) -> None:
    """A preflight needs no credentials and names methods and headers; answers can be read."""
    preflight = server.send("OPTIONS", "/v1/Workspaces", headers={"Authorization": ""})

    assert (preflight.status, preflight.body) == (204, b"")
    assert "DELETE" in preflight.headers["access-control-allow-methods"]
    assert "If-Match" in preflight.headers["access-control-allow-headers"]
    answer = server.get("/v1/Workspaces")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == "ETag"


def test_methods(server: Inside) -> None:
    """HEAD is GET without its body; a method that a path has not is 405 and told what it has."""
    head = server.send("HEAD", "/v1/Workspaces")
    get = server.send("GET", "/v1/Workspaces")
    put = server.send("PUT", "/v1/Workspaces")
    gone = server.send("DELETE", "/v1/Workspaces")

    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))
    for refused in (put, gone):
        assert (refused.status, refused.json["code"]) == (405, 20004)
        assert refused.headers["allow"] == "GET, POST, OPTIONS"


@pytest.mark.feature(16)
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/Nothing",
        "/v1/Workspaces/x",
        "/v1/Workspaces/WS" + "0" * 32,
        "/v1/Workspaces/WS" + "0" * 32 + "/Tasks",
        "/v1/Workspaces/WK" + "0" * 32,
        "/v1/workspaces",
        "/v1/Workspaces//Tasks",
        "/v1/Workspaces/\x00",
        "/v1/Workspaces/../Workspaces",
        "/v1/" + "a/" * 5_000,
        "/v2/Workspaces",
        "/v1/Wörkspaces/�",
    ],
)
def test_unknown_paths(server: Inside, path: str) -> None:
    """What does not exist is 404 with the documented body."""
    answer = server.send("GET", path)

    assert (answer.status, answer.json["code"]) == (404, 20404)
    assert answer.json["message"].startswith("The requested resource ")


def test_sids_in_either_case(server: Inside) -> None:
    """A SID is found in any case of its hex digits, and a trailing slash changes nothing."""
    place = Place(server)
    task = place.a_task()

    shouted = f"/v1/Workspaces/WS{place.sid[2:].upper()}/Tasks/WT{task[2:].upper()}/"

    assert server.get(shouted).json["sid"] == task
    assert place.get("/Tasks/", TaskQueueSid="WQ" + place.queue_sid[2:].upper()).json["tasks"]


@pytest.mark.feature(274, partly=True)
def test_bad_bodies_are_the_clients_mistake(server: Inside) -> None:
    """Bytes that cannot be read are 400 or 415 with a sentence, and nothing is stored."""
    cases = [
        (b"FriendlyName=%ff%fe", FORM, 400),
        (b"FriendlyName=a%00b", FORM, 400),
        (b"FriendlyName=%zz" + b"x" * 70, FORM, 400),
        (b'{"FriendlyName": "a"', JSON, 400),
        (b'{"FriendlyName": "\\ud800"}', JSON, 400),
        (b'{"FriendlyName": {"a": 1}}', JSON, 400),
        (b'["FriendlyName"]', JSON, 400),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"&" * 5_000, FORM, 400),
        (b"", FORM, 400),
        (b"FriendlyName=", FORM, 400),
    ]
    for body, kind, status in cases:
        answer = server.send("POST", "/v1/Workspaces", body=body, headers=kind)
        assert (answer.status, answer.json["code"]) == (status, 20001), body
    assert server.get("/v1/Workspaces").json["workspaces"] == []
    assert server.send("GET", "/v1/Workspaces", query=b"PageSize=%ff").status == 400


def test_json_bodies(server: Inside) -> None:
    """A JSON object works like a form; attributes may be an object."""
    place = Place(server)
    body = json.dumps({"Attributes": {"a": [1]}, "Priority": 2, "Timeout": None}).encode()

    made = server.send("POST", f"{place.path}/Tasks", body=body, headers=JSON)

    assert made.status == 201
    assert (made.json["attributes"], made.json["priority"]) == ('{"a":[1]}', 2)


@pytest.mark.feature(24, 275)
def test_another_accounts_resources_do_not_exist(server: Inside) -> None:
    """Every operation on something is 404 for another account, whatever it names."""
    place = Place(server)
    names = every_name(place)
    theirs = {"Authorization": basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)}

    for row in OPERATIONS:
        if variables(row):
            path = row.path.format(**names)
            answer = server.ask(row.method, path, {"FriendlyName": "x"}, headers=theirs)
            assert (answer.status, answer.json["code"]) == (404, 20404), row
    assert server.get("/v1/Workspaces", headers=theirs).json["workspaces"] == []
    assert place.status(names["task_sid"]) == "reserved"
    for kind in ("Alerts", "TwiML"):
        assert len(server.get(f"/pointsman/v1/{kind}").json[kind.lower()]) == 1
