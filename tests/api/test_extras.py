"""Why, asked over the api: explanations, expressions tried out, workflows checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.auth.credentials import basic_authorization
from pointsman.auth.minting import workspace_token
from pointsman.engine.events import EventType
from pointsman.wire.events import FIELD_GROUPS
from pointsman.wire.explanations import happened
from pointsman.wire.values import iso
from tests.api.builders import Place
from tests.inside import ACCOUNT, ORIGIN, OTHER_ACCOUNT, Answer, Inside

ROUTING = {
    "task_routing": {
        "filters": [
            {
                "filter_friendly_name": "English",
                "expression": 'lang == "en"',
                "targets": [{"expression": "worker.level > 3", "timeout": 60}],
            }
        ],
        "default_filter": {},
    }
}


@pytest.fixture
def desk(place: Place) -> Place:
    """A workspace whose English tasks want experienced workers."""
    routing = json.loads(json.dumps(ROUTING))
    routing["task_routing"]["filters"][0]["targets"][0]["queue"] = place.queue_sid
    routing["task_routing"]["default_filter"]["queue"] = place.queue_sid
    made = place.post(f"/Workflows/{place.workflow_sid}", Configuration=json.dumps(routing))
    assert made.status == 200, made.body
    return place


def explained(place: Place, task_sid: str, **params: Any) -> Answer:
    return place.server.get(f"/pointsman{place.path}/Tasks/{task_sid}/Explanation", **params)


def checked(place: Place, **params: Any) -> Answer:
    path = f"/pointsman{place.path}/Workflows/{place.workflow_sid}/Check"
    return place.server.post(path, **params)


def evaluated(server: Inside, **body: Any) -> Answer:
    """An evaluation asked for in JSON."""
    return server.send(
        "POST",
        "/pointsman/v1/Expressions/Evaluate",
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )


# --- explanations ------------------------------------------------------------------------------


@pytest.mark.feature(262)
def test_a_waiting_task_is_explained(desk: Place, server: Inside) -> None:
    """A waiting task tells its filters, its target and deadline, and each worker's obstacles."""
    ana = desk.a_worker("Ana", Attributes='{"level": 2}')
    bob = desk.a_worker("Bob", "Offline", Attributes='{"level": 5}')
    task = desk.a_task(Attributes='{"lang": "en"}')
    told = explained(desk, task).json

    assert told["assignment_status"] == "pending"
    assert told["summary"] == (
        "It waits in the task queue Everybody, as number 1 of 1. The queue has 2 of 2 workers, 1 of "
        "them in an available activity; 0 could be offered the task now."
    )
    english, default = told["filters"]
    assert english["friendly_name"] == "English"
    assert english["result"] is english["tried"] is english["current"] is True
    assert (default["default"], default["tried"], default["current"]) == (True, False, False)
    assert told["target"]["path"] == "task_routing.filters[0].targets[0]"
    assert told["target"]["task_queue_sid"] == desk.queue_sid
    deadline = next(end for end in told["ends"] if end["code"] == "step-deadline")
    assert deadline["date"] == iso(server.ambient.now() + 60_000)
    assert told["place"] == {
        "in_queue": 1,
        "waiting_in_queue": 1,
        "in_workspace": 1,
        "waiting_in_workspace": 1,
    }
    assert [(w["worker_sid"], w["obstacles"][0]["code"]) for w in told["workers"]] == [
        (ana, "target-expression"),
        (bob, "activity"),
    ]
    assert told["workers"][0]["obstacles"][0]["failing"] == ["worker.level > 3"]
    assert told["workers"][0]["obstacles"][0]["values"] == {"worker.level": 2}
    assert told["url"] == f"{ORIGIN}/pointsman{desk.path}/Tasks/{task}/Explanation"


@pytest.mark.feature(262, partly=True)
def test_every_filter_says_why(desk: Place, server: Inside) -> None:
    """Each filter says whether it takes the task, and why a task that it takes is not in it."""

    def told(task_sid: str) -> list[str]:
        return [row["sentence"] for row in explained(desk, task_sid).json["filters"]]

    english = desk.a_task(Attributes='{"lang": "en"}')
    other = desk.a_task(Attributes='{"lang": "fr"}')
    unused = "Only for tasks that no filter takes, or that skip the last target"
    here = "The task is here, because no filter took it or the last target was skipped"

    assert told(english) == ["It takes the task", unused]
    fails = 'It does not take the task, because this does not hold now: lang == "en"'
    assert told(other) == [fails, here]
    routing = json.loads(desk.get(f"/Workflows/{desk.workflow_sid}").json["configuration"])
    routing["task_routing"]["filters"][0]["expression"] = 'lang == "fr"'
    routing["task_routing"]["filters"].append(
        {"expression": "1==1", "targets": [{"queue": desk.queue_sid}]}
    )
    desk.post(f"/Workflows/{desk.workflow_sid}", Configuration=json.dumps(routing))
    left = "It takes the task now; the task has left it, or was different when it came by"
    later = "It is not looked at, because an earlier filter takes the task"
    still = 'The task is here, but this does not hold now: lang == "fr"'
    assert told(other) == [left, later, here]
    assert told(english) == [still, left, unused]


@pytest.mark.feature(262, partly=True)
def test_who_would_be_next(place: Place) -> None:
    """An offered task tells who would be asked next, in order, and what the order comes from."""
    workers = [place.a_worker(name) for name in ("Ana", "Bob", "Cai")]
    task = place.a_task()
    told = explained(place, task).json

    assert told["assignment_status"] == "reserved"
    assert told["place"] is None
    assert [row["worker_sid"] for row in told["next"]] == workers[1:]
    assert [row["place"] for row in told["workers"]] == [None, 1, 2]
    assert told["next"][0]["last_reserved_date"] is None
    assert told["counts"]["eligible"] == 2
    [offer] = place.offers(task)
    assert offer["sid"] in told["workers"][0]["obstacles"][0]["sentence"]


@pytest.mark.feature(262, partly=True)
def test_workers_come_in_pages(place: Place, server: Inside) -> None:
    """The workers of an explanation come in pages, both ways, in the order in which they were made."""
    workers = [place.a_worker(f"w{n}", "Offline") for n in range(5)]
    page = explained(place, place.a_task(), PageSize=2).json
    pages = [page]
    while pages[-1]["meta"]["next_page_url"]:
        pages.append(server.get(pages[-1]["meta"]["next_page_url"]).json)

    assert [row["worker_sid"] for page in pages for row in page["workers"]] == workers
    back = server.get(pages[2]["meta"]["previous_page_url"]).json
    assert back["workers"] == pages[1]["workers"]


@pytest.mark.feature(263)
def test_a_finished_task_tells_its_history(place: Place, server: Inside) -> None:
    """A task that is over, or purged, tells what its events tell, as sentences with times."""
    place.a_worker("Ana")
    task = place.a_task(Priority=3)
    [offer] = place.offers(task)
    server.wait(5)
    path = f"/Tasks/{task}/Reservations/{offer['sid']}"
    place.post(path, ReservationStatus="accepted")
    assigned = explained(place, task).json
    place.post(f"/Tasks/{task}", AssignmentStatus="completed", Reason="solved")
    told = explained(place, task).json

    assert assigned["summary"] == "It is assigned."
    assert told["summary"] == "It is completed (solved)."
    assert [row["sentence"] for row in told["history"]] == [
        "It was created with priority 3",
        "It entered the workflow All",
        "It entered a target",
        "It entered the task queue Everybody",
        "It was offered to Ana",
        "Ana accepted",
        "It was completed: solved",
        "Ana completed",
        "It was updated",
    ]
    events = place.get("/Events", TaskSid=task, Minutes=60).json["events"]
    assert [(row["event_sid"], row["event_date_ms"]) for row in told["history"]] == [
        (event["sid"], event["event_date_ms"]) for event in events
    ]
    server.wait(301)
    assert place.get(f"/Tasks/{task}").status == 404
    later = explained(place, task)
    assert later.json["history"] == told["history"]


@pytest.mark.feature(263, partly=True)
def test_history_comes_in_pages(place: Place, server: Inside) -> None:
    """A long history comes in pages, oldest first."""
    task = place.a_task()
    place.post(f"/Tasks/{task}", AssignmentStatus="canceled", Reason="gone")
    whole = explained(place, task).json["history"]
    page = explained(place, task, PageSize=3).json
    following = server.get(page["meta"]["next_page_url"]).json

    assert whole[-1]["sentence"] == "It was canceled: gone"
    assert page["history"] + following["history"] == whole


def test_every_event_of_a_task_has_a_sentence() -> None:
    """There is a sentence for each type of event that is about a task."""
    about_tasks = [kind for kind, groups in FIELD_GROUPS.items() if "Task" in groups]

    assert EventType.TASK_CREATED in about_tasks
    assert [kind for kind in about_tasks if happened(kind, {}) == kind] == []


@pytest.mark.feature(262, partly=True)
def test_only_own_tasks_are_explained(place: Place, server: Inside) -> None:
    """Other accounts and unknown tasks get 404, other methods 405."""
    task = place.a_task()
    path = f"/pointsman{place.path}/Tasks/{task}/Explanation"
    theirs = basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)

    assert server.get(path, headers={"Authorization": theirs}).status == 404
    assert explained(place, "WT" + "0" * 32).status == 404
    assert server.post(path).status == 405
    assert server.get(f"/pointsman{place.path}/Tasks/x/Explanation").status == 404


def test_tokens_may_not_ask(place: Place, server: Inside) -> None:
    """A token, whatever it allows, is refused with 403: these questions are for accounts."""
    token = workspace_token(ACCOUNT, place.sid, now_s=server.ambient.wall())
    bearer = {"Authorization": f"Bearer {token}"}
    task, workflow = place.a_task(), place.workflow_sid

    assert server.get(place.path, headers=bearer).status == 200
    paths = [f"{place.path}/Tasks/{task}/Explanation", f"{place.path}/Workflows/{workflow}/Check"]
    for path in [*paths, "/v1/Expressions/Evaluate"]:
        method = "GET" if path.endswith("Explanation") else "POST"
        assert server.ask(method, f"/pointsman{path}", {}, headers=bearer).status == 403


# --- expressions -------------------------------------------------------------------------------


@pytest.mark.feature(264)
def test_an_expression_is_evaluated(server: Inside) -> None:
    """An expression says true, or false with the terms that fail, or where it cannot be read."""
    source = "worker.langs HAS task.lang AND worker.level > 2"
    values: dict[str, Any] = {"worker": {"langs": ["en"], "level": 1}, "task": {"lang": "en"}}
    false = evaluated(server, expression=source, place="target", **values).json
    values["worker"]["level"] = 3
    true = evaluated(server, expression=source, place="target", **values).json
    wrong = evaluated(server, expression="skill-level > 3", place="queue").json

    assert false == {
        "expression": source,
        "place": "target",
        "result": False,
        "failing": ["worker.level > 2"],
        "values": {"worker.langs": ["en"], "task.lang": "en", "worker.level": 1},
        "error": None,
    }
    assert (true["result"], true["failing"]) == (True, [])
    assert wrong["result"] is None
    assert wrong["error"]["caret"] == "skill-level > 3\n     ^"
    assert (wrong["error"]["line"], wrong["error"]["column"]) == (1, 6)
    assert wrong["error"]["message"].startswith("'-' is not allowed in names")


@pytest.mark.feature(264, partly=True)
def test_what_an_expression_may_read(server: Inside) -> None:
    """Counts of workers and the server's clock are read too; values may come as JSON text in a form."""
    skip = evaluated(
        server, expression="workers.available == 0", place="skip-if", workers={"available": 0}
    )
    clock = evaluated(server, expression="taskrouter.currentHour == 99", place="filter")
    form = server.post(
        "/pointsman/v1/Expressions/Evaluate",
        expression="level > 2",
        place="queue",
        worker='{"level": 3}',
    )
    huge = server.send(
        "POST",
        "/pointsman/v1/Expressions/Evaluate",
        body=b"expression=level+%3E+2&place=queue&worker=%7B%22level%22%3A1" + b"0" * 30 + b"%7D",
    )

    assert skip.json["result"] is True
    assert list(clock.json["values"]) == ["taskrouter.currentHour"]
    assert len(clock.json["values"]["taskrouter.currentHour"]) == 2
    assert form.json["result"] is True
    assert (huge.status, huge.json["result"]) == (200, True)


@pytest.mark.parametrize("depth", [240, 246, 248, 250, 252, 254, 256, 900])
def test_deep_values(place: Place, depth: int) -> None:
    """However deep an attribute is nested, what reads it is explained."""
    deep = f'{{"a": {"[" * depth}1{"]" * depth}, "b": 1{"0" * 40}}}'
    form = {"expression": "a == 1 AND b < 1", "place": "queue", "worker": deep}
    evaluation = place.server.post("/pointsman/v1/Expressions/Evaluate", **form)
    place.a_worker("Ana", Attributes=deep)
    place.post(f"/TaskQueues/{place.queue_sid}", TargetWorkers="a == 1 AND b < 1")
    explanation = explained(place, place.a_task())

    assert evaluation.json["failing"] == ["a == 1", "b < 1"]
    [worker] = explanation.json["workers"]
    assert worker["obstacles"][0]["values"] == evaluation.json["values"]


@pytest.mark.feature(264, partly=True)
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"place": "queue"}, "expression field is required"),
        ({"expression": "a == 1"}, "place field is required"),
        ({"expression": "a == 1", "place": "moon"}, "place has to be one of queue, workers-list"),
        ({"expression": ["a"], "place": {"a": 1}}, "place has to be text"),
        ({"expression": {}, "place": "queue"}, "expression has to be text"),
        (
            {"expression": "a == 1", "place": "queue", "worker": [1]},
            "worker has to be a JSON object",
        ),
        ({"expression": "a == 1", "place": "queue", "task": "{"}, "task is not valid JSON"),
    ],
)
def test_what_cannot_be_evaluated(server: Inside, body: dict[str, Any], named: str) -> None:
    """A request that cannot be read is refused with the name of the parameter."""
    answer = evaluated(server, **body)

    assert answer.status == 400
    assert answer.json["message"].startswith(named)


def test_no_other_word_is_an_evaluation(server: Inside) -> None:
    """Only the path that there is leads to the evaluation."""
    assert server.post("/pointsman/v1/Expressions/Other").status == 404
    assert server.get("/pointsman/v1/Expressions/Evaluate").status == 405
    assert server.post("/v1/Expressions/Evaluate").status == 404


# --- workflows ---------------------------------------------------------------------------------


@pytest.mark.feature(265, partly=True)
def test_a_workflow_is_checked(desk: Place) -> None:
    """A stored workflow tells its findings, each with code, severity, path and sentence."""
    found = checked(desk).json

    assert found["workflow_sid"] == desk.workflow_sid
    assert found["account_sid"] == ACCOUNT.sid
    assert found["findings"] == [
        {
            "code": "queue-nobody",
            "severity": "warning",
            "path": path,
            "sentence": "No worker matches the task queue Everybody now (1==1)",
        }
        for path in (
            "task_routing.filters[0].targets[0].queue",
            "task_routing.default_filter.queue",
        )
    ]
    desk.a_worker("Ana")
    assert checked(desk).json["findings"] == []


@pytest.mark.feature(265, partly=True)
def test_a_draft_is_checked(desk: Place) -> None:
    """A configuration that is not stored can be checked in the workspace; it changes nothing."""
    desk.a_worker("Ana")
    routing = {"task_routing": {"default_filter": {"queue": "WQ" + "0" * 32}}}
    found = checked(desk, configuration=json.dumps(routing)).json["findings"]
    refused = checked(desk, configuration='{"task_routing": {"filters": [{}]}}')

    long = checked(desk, configuration=" " * 1_038_577)

    assert [row["code"] for row in found] == ["queue-unknown"]
    assert long.json["message"] == "configuration may have at most 1038576 bytes"
    assert refused.status == 400
    assert "task_routing.filters[0].expression" in refused.json["message"]
    assert checked(desk).json["findings"] == []


@pytest.mark.feature(265, partly=True)
def test_only_own_workflows_are_checked(place: Place, server: Inside) -> None:
    """Another account and an unknown workflow get 404."""
    path = f"/pointsman{place.path}/Workflows"
    theirs = basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)

    assert server.post(f"{path}/WW{'0' * 32}/Check").status == 404
    answer = server.post(f"{path}/{place.workflow_sid}/Check", headers={"Authorization": theirs})
    assert answer.status == 404
