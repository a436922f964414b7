"""What statistics may be asked for: windows, channels, thresholds, many queues at once."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from pointsman.api import Api, census
from pointsman.api.windows import StatisticsLimits
from tests.api.builders import Place
from tests.inside import ACCOUNT, ORIGIN, Answer, Inside

DAY_S = 86_400


def refusal(answer: Answer) -> tuple[int, int, str]:
    return answer.status, answer.json["code"], answer.json["message"]


@pytest.mark.feature(177)
def test_the_last_minutes(place: Place, server: Inside) -> None:
    """Without a window it is the last 15 minutes; Minutes says how many."""
    place.a_task()
    server.wait(14 * 60)
    assert place.get("/CumulativeStatistics").json["tasks_created"] == 1
    server.wait(2 * 60)
    assert place.get("/CumulativeStatistics").json["tasks_created"] == 0
    longer = place.get("/CumulativeStatistics", Minutes="17").json

    assert longer["tasks_created"] == 1
    assert (longer["start_time"], longer["end_time"]) == (
        "2023-11-14T22:12:20Z",
        "2023-11-14T22:29:20Z",
    )


@pytest.mark.feature(177)
def test_dates(place: Place, server: Inside) -> None:
    """A window begins and ends with what happened at its very dates; one date alone will do."""
    place.a_task()
    server.wait(60)
    end = place.get("/CumulativeStatistics", EndDate="2023-11-14T22:13:20Z").json
    start = place.get("/CumulativeStatistics", StartDate="2023-11-14T22:13:20Z").json
    before = place.get("/CumulativeStatistics", EndDate="2023-11-14T22:13:19Z").json

    assert [end["tasks_created"], start["tasks_created"], before["tasks_created"]] == [1, 1, 0]
    assert end["start_time"] == "2023-11-14T21:58:20Z"
    assert start["end_time"] == "2023-11-14T22:14:20Z"


@pytest.mark.feature(177)
@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"Minutes": 5, "StartDate": "2023-11-14"}, "Minutes"),
        ({"Minutes": 5, "EndDate": "2023-11-14"}, "Minutes"),
        ({"Minutes": 0}, "Minutes"),
        ({"Minutes": "soon"}, "Minutes"),
        ({"StartDate": "yesterday"}, "StartDate"),
        ({"EndDate": "32"}, "EndDate"),
        ({"StartDate": "2023-11-14", "EndDate": "2023-11-13"}, "EndDate"),
        ({"StartDate": "2024-01-01"}, "StartDate"),
        ({"EndDate": "9999-12-31T23:59:59-14:00"}, "EndDate"),
        ({"EndDate": "0001-01-01"}, "StartDate"),
        ({"TaskChannel": "pigeon"}, "TaskChannel"),
        ({"TaskChannel": "TC" + "0" * 32}, "TaskChannel"),
        ({"SplitByWaitTime": "5,x"}, "SplitByWaitTime"),
        ({"SplitByWaitTime": "0"}, "SplitByWaitTime"),
        ({"SplitByWaitTime": "-5"}, "SplitByWaitTime"),
        ({"SplitByWaitTime": ",".join(map(str, range(1, 102)))}, "SplitByWaitTime"),
    ],
)
def test_what_is_refused(place: Place, params: dict[str, Any], named: str) -> None:
    """A window, channel or threshold that cannot be meant is refused by the parameter's name."""
    for path in ("/CumulativeStatistics", "/Statistics", "/TaskQueues/Statistics"):
        status, code, message = refusal(place.get(path, **params))
        assert (status, code) == (400, 20001)
        assert named in message
    if named != "SplitByWaitTime":
        assert place.get("/Workers/Statistics", **params).status == 400


@pytest.mark.feature(177)
def test_too_long_ago(place: Place, server: Inside) -> None:
    """A window that begins over 30 days ago is refused with 14241, and leaves a warning."""
    at_most = place.get("/CumulativeStatistics", Minutes=30 * 24 * 60)
    too_many = place.get("/CumulativeStatistics", Minutes=30 * 24 * 60 + 1)
    too_old = place.get("/Workers/Statistics", StartDate="2023-10-01", EndDate="2023-10-02")

    assert at_most.status == 200
    assert refusal(too_many)[:2] == refusal(too_old)[:2] == (400, 14241)
    assert "30 days" in refusal(too_old)[2]
    server.wait(0)
    with server.store._readers.connection() as connection:
        rows = connection.execute("SELECT workspace_sid, level, code FROM alert").fetchall()
    assert rows == [(place.sid, "warning", 14241)] * 2


@pytest.mark.feature(177)
def test_no_limit(place: Place, server: Inside) -> None:
    """With the limit set to 0 a window begins as long ago as one likes."""
    place.a_task()
    server.wait(90 * DAY_S)
    unlimited = Api(
        server.runtime, ambient=server.ambient, statistics=StatisticsLimits(window_days=0)
    )
    assert place.get("/CumulativeStatistics", StartDate="2023-11-01").status == 400
    server.serve(unlimited)

    found = place.get("/CumulativeStatistics", StartDate="2023-11-01").json
    assert (found["tasks_created"], found["tasks_canceled"]) == (1, 1)


def test_whose_statistics(place: Place) -> None:
    """Unknown owners are 404, and no word beside them is taken for a SID."""
    for path in (
        f"/TaskQueues/WQ{'0' * 32}/Statistics",
        f"/Workflows/WW{'0' * 32}/CumulativeStatistics",
        f"/Workers/WK{'0' * 32}/Statistics",
        "/TaskQueues/CumulativeStatistics",
        "/Workflows/Statistics",
        "/Workers/Nobody",
    ):
        assert refusal(place.get(path))[:2] == (404, 20404), path
    for path in ("/TaskQueues/RealTimeStatistics",):
        assert refusal(place.get(path))[:2] == (405, 20004)
    assert place.post("/Workers/Statistics").status == 405
    assert place.get(f"/TaskQueues/{place.queue_sid}").json["friendly_name"] == "Everybody"
    assert place.get("/TaskQueues/Statistics/").status == 200


def test_counting_in_slices(place: Place, server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting that takes longer than one turn goes on in the next, and counts every task once."""
    seconds = itertools.count()
    monkeypatch.setattr(census, "LOOKED_AT", 2)
    monkeypatch.setattr(server.ambient, "monotonic", lambda: float(next(seconds)))
    for _ in range(5):
        place.a_task()
    before = next(seconds)

    assert place.get("/RealTimeStatistics").json["tasks_by_status"]["pending"] == 5
    assert next(seconds) - before > 5  # three turns: two looks at the clock in all but the last
    place.post("/TaskQueues", FriendlyName="Another")
    rows = place.get("/TaskQueues/Statistics").json["task_queues_statistics"]
    assert [row["realtime"]["total_tasks"] for row in rows] == [5, 0]


@pytest.mark.parametrize("path", ["/CumulativeStatistics", "/Workers/CumulativeStatistics"])
def test_long_windows_wait_for_each_other(place: Place, server: Inside, path: str) -> None:
    """While as many windows are read as may be, a further one waits and other questions do not."""
    place.a_task()
    turns = server.api._long_reads

    async def story() -> tuple[bool, int, int]:
        async with turns, turns:
            waiting = asyncio.create_task(server.sent("GET", place.path + path, b"", b"", None))
            events = await server.sent("GET", place.path + "/Events", b"", b"", None)
            waits = not waiting.done()
        return waits, events.status, (await waiting).status

    assert server.run(story()) == (True, 200, 200)


def in_bulk(place: Place, *sids: Any) -> Answer:
    """The JSON body that the stock client sends."""
    return place.server.send(
        "POST",
        place.path + "/TaskQueues/RealTimeStatistics",
        body=json.dumps({"QueueSids": list(sids)}).encode(),
        headers={"content-type": "application/json"},
    )


@pytest.mark.feature(175)
def test_many_queues_at_once(place: Place) -> None:
    """The bulk answer has a row for each SID asked for; a queue that is not here has zeros."""
    place.a_worker("Ana")
    place.a_task(Priority=3)
    waiting = place.a_task(Priority=4)
    foreign = "WQ" + "0" * 32
    found = in_bulk(place, place.queue_sid, foreign).json

    own = place.get(f"/TaskQueues/{place.queue_sid}/RealTimeStatistics").json
    for name in ("account_sid", "workspace_sid", "url"):
        del own[name]
    for name in ("longest_relative_task_age_in_queue", "longest_relative_task_sid_in_queue"):
        del own[name]
    assert {name: found[name] for name in found if name != "task_queue_data"} == {
        "account_sid": ACCOUNT.sid,
        "workspace_sid": place.sid,
        "url": f"{ORIGIN}{place.path}/TaskQueues/RealTimeStatistics",
        "task_queue_response_count": 2,
    }
    assert found["task_queue_data"][0] == own
    assert (own["total_tasks"], own["longest_task_waiting_sid"]) == (2, waiting)
    assert own["tasks_by_priority"] == {"3": 1, "4": 1}
    zeros = found["task_queue_data"][1]
    assert zeros.pop("task_queue_sid") == foreign
    assert zeros.pop("longest_task_waiting_sid") is None
    assert zeros.pop("tasks_by_priority") == {}
    assert [each["workers"] for each in zeros.pop("activity_statistics")] == [0, 0, 0]
    assert set(zeros.pop("tasks_by_status").values()) == {0}
    assert set(zeros.values()) == {0}


@pytest.mark.feature(175)
@pytest.mark.parametrize(
    "sids",
    [[], ["WQ" + "0" * 32] * 51, ["WQ1"], ["WT" + "0" * 32], [None], [{}], [["WQ"]]],
    ids=["none", "51", "short", "task", "null", "object", "list"],
)
def test_what_bulk_refuses(place: Place, sids: list[Any]) -> None:
    """No SID, more than 50, or something that is no queue's SID is refused by name."""
    status, code, message = refusal(in_bulk(place, *sids))

    assert (status, code) == (400, 20001)
    assert "QueueSids" in message


@pytest.mark.feature(175)
def test_the_pace_of_bulk(place: Place, server: Inside) -> None:
    """The sixth bulk request within a second is 429, and a second later it is not."""
    answers = [in_bulk(place, place.queue_sid).status for _ in range(6)]
    refused = in_bulk(place, place.queue_sid)
    server.wait(1)

    assert answers == [200] * 5 + [429]
    assert (refused.json["code"], refused.headers["retry-after"]) == (20429, "1")
    assert in_bulk(place, place.queue_sid).status == 200
    server.serve(
        Api(server.runtime, ambient=server.ambient, statistics=StatisticsLimits(bulk_per_s=0))
    )
    assert {in_bulk(place, place.queue_sid).status for _ in range(20)} == {200}
