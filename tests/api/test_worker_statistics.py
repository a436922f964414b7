"""Figures of workers over the api against a story worked out on paper (tests/api/trace.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pointsman.api import Api
from pointsman.api.windows import StatisticsLimits
from pointsman.auth.minting import worker_token
from tests.api.builders import Place
from tests.api.trace import NEVER, Trace, in_window, reservations, spread, times
from tests.inside import ACCOUNT, ORIGIN, Inside, a_server_inside


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    with a_server_inside(tmp_path_factory.mktemp("store")) as running:
        yield Trace(running)


def durations(trace: Trace, **spreads: dict[str, int]) -> list[dict[str, Any]]:
    """Every activity, those that are not named never entered."""
    return [
        {"sid": trace.sid[name], "friendly_name": name, **spreads.get(name, NEVER)}
        for name in ("Offline", "Available", "Unavailable")
    ]


def identity(trace: Trace, path: str) -> dict[str, str]:
    return {
        "account_sid": ACCOUNT.sid,
        "workspace_sid": trace.sid["workspace"],
        "url": f"{ORIGIN}{trace.path}{path}",
    }


# Ana: Available 0 to 290, Offline 290 to 550, then deleted.
# Bo:  Available 0 to 60, Offline 60 to 230, Available 230 to 600 (and on to 650).
# Cy:  Offline 0 to 100, Available 100 to 110, Unavailable 110 to 410, Available 410 to 600.
EVERYBODY = reservations(9, accepted=5, rejected=1, timed_out=1, canceled=1, rescinded=1)
AVAILABLE = spread(184, 10, 370, 920)  # 290, 60, 370, 10, 190
OFFLINE = spread(177, 100, 260, 530)  # 260, 170, 100
UNAVAILABLE = spread(300, 300, 300, 300)


@pytest.mark.feature(176)
def test_all_workers(trace: Trace) -> None:
    """Offers and time in activities of all workers are what they are on paper, a deleted one's too."""
    flat = in_window(trace, "/Workers/CumulativeStatistics")
    combined = in_window(trace, "/Workers/Statistics")
    cumulative = {
        **times(trace),
        **EVERYBODY,
        "activity_durations": durations(
            trace, Available=AVAILABLE, Offline=OFFLINE, Unavailable=UNAVAILABLE
        ),
    }
    realtime = {
        "total_workers": 2,
        "activity_statistics": [
            {"sid": trace.sid[name], "friendly_name": name, "workers": workers}
            for name, workers in (("Offline", 0), ("Available", 1), ("Unavailable", 1))
        ],
    }

    assert flat == {**identity(trace, "/Workers/CumulativeStatistics"), **cumulative}
    assert combined == {
        **identity(trace, "/Workers/Statistics"),
        "cumulative": cumulative,
        "realtime": realtime,
    }
    now = trace.get("/Workers/RealTimeStatistics", TaskChannel="voice")
    assert now == {**identity(trace, "/Workers/RealTimeStatistics"), **realtime}


@pytest.mark.feature(176)
def test_one_worker(trace: Trace) -> None:
    """One worker's statistics are his own offers and the time he spent in each activity."""
    path = f"/Workers/{trace.sid['Bo']}/Statistics"

    assert in_window(trace, path) == {
        **identity(trace, path),
        "worker_sid": trace.sid["Bo"],
        "cumulative": {
            **times(trace),
            # C1 timed out, then C1 and V4 were accepted, C2 was rescinded.
            **reservations(4, accepted=2, timed_out=1, rescinded=1),
            "activity_durations": durations(
                trace,
                Available=spread(215, 60, 370, 430),
                Offline=spread(170, 170, 170, 170),
            ),
        },
    }
    on_chat = in_window(trace, path, TaskChannel="chat")["cumulative"]
    assert reservations(3, accepted=1, timed_out=1, rescinded=1).items() <= on_chat.items()
    assert trace.server.get(f"{trace.path}/Workers/{trace.sid['Ana']}/Statistics").status == 404


@pytest.mark.feature(176)
def test_some_workers(trace: Trace) -> None:
    """Workers are narrowed by name and by the queue that they serve now."""
    cy = in_window(trace, "/Workers/Statistics", FriendlyName="Cy")

    # C1 rejected, V2 and C2 accepted.
    assert reservations(3, accepted=2, rejected=1).items() <= cy["cumulative"].items()
    assert cy["cumulative"]["activity_durations"] == durations(
        trace,
        Offline=spread(100, 100, 100, 100),
        Available=spread(100, 10, 190, 200),
        Unavailable=UNAVAILABLE,
    )
    assert cy["realtime"]["total_workers"] == 1
    for of_sales in ({"TaskQueueName": "Sales"}, {"TaskQueueSid": trace.sid["Sales"]}):
        assert in_window(trace, "/Workers/Statistics", **of_sales) == cy
    both = in_window(trace, "/Workers/Statistics", TaskQueueName="Help")
    assert both["realtime"]["total_workers"] == 2


@pytest.mark.feature(176)
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # Nothing happens to anybody between 120 and 200: all three stay where they are.
        (
            130,
            190,
            {
                "Available": spread(60, 60, 60, 60),
                "Offline": spread(60, 60, 60, 60),
                "Unavailable": spread(60, 60, 60, 60),
            },
        ),
        # Ana is deleted at 550, and nothing happens to the others.
        (540, 590, {"Available": spread(50, 50, 50, 100), "Offline": spread(10, 10, 10, 10)}),
        # Ana is gone; Bo goes from Available to Unavailable at 650; the end lies in the future.
        (640, 900, {"Available": spread(35, 10, 60, 70), "Unavailable": spread(50, 50, 50, 50)}),
        # Before the story: Ana and Bo came Available, Cy Offline, 100 s before it.
        (-110, -50, {"Available": spread(50, 50, 50, 100), "Offline": spread(50, 50, 50, 50)}),
        # Before there was anybody.
        (-500, -200, {}),
    ],
)
def test_stays_are_cut_off_at_the_window(
    trace: Trace, start: int, end: int, expected: dict[str, Any]
) -> None:
    """Whoever did nothing in a window stayed where he was, whatever he did since."""
    dates = {"StartDate": trace.date(start), "EndDate": trace.date(end)}
    found = trace.get("/Workers/CumulativeStatistics", **dates)

    assert found["activity_durations"] == durations(trace, **expected)


@pytest.mark.feature(176)
def test_a_deleted_activity_is_told_by_its_last_name(place: Place, server: Inside) -> None:
    """Time spent in an activity that exists no more is told with the name that it had."""
    lunch = place.post("/Activities", FriendlyName="Lunch").json["sid"]
    place.activities["Lunch"] = lunch
    worker = place.a_worker("Ana", activity="Lunch")
    server.wait(60)
    place.post(f"/Workers/{worker}", ActivitySid=place.activities["Available"])
    assert place.delete(f"/Activities/{lunch}").status == 204
    server.wait(30)
    found = place.get(f"/Workers/{worker}/Statistics", Minutes=5).json["cumulative"]

    told = {each["friendly_name"]: each["total"] for each in found["activity_durations"]}
    assert told == {"Offline": 0, "Available": 30, "Unavailable": 0, "Lunch": 60}
    assert found["activity_durations"][-1]["sid"] == lunch


@pytest.mark.feature(176)
def test_a_limit_of_workers(tmp_path: Path) -> None:
    """With a limit set, statistics of a workspace with more workers are refused, one worker's are not."""
    with a_server_inside(tmp_path / "store") as server:
        limits = StatisticsLimits(workers=1)
        server.serve(Api(server.runtime, ambient=server.ambient, statistics=limits))
        place = Place(server)
        worker = place.a_worker("Ana")
        assert place.get("/Workers/Statistics").status == 200
        place.a_worker("Bo")

        for figures in ("Statistics", "CumulativeStatistics", "RealTimeStatistics"):
            refused = place.get(f"/Workers/{figures}")
            assert (refused.status, refused.json["code"]) == (400, 20001)
            assert "2 workers" in refused.json["message"]
        assert place.get(f"/Workers/{worker}/Statistics").status == 200


@pytest.mark.feature(176)
@pytest.mark.parametrize(("allow", "status"), [(("subresources",), 200), (("reservations",), 403)])
def test_the_workers_own_page(
    place: Place, server: Inside, allow: tuple[str, ...], status: int
) -> None:
    """A worker's token reads his own statistics when it may fetch what lies below him, and no others'."""
    worker, other = place.a_worker("Ana"), place.a_worker("Bo")
    now_s = server.ambient.wall()
    token = worker_token(ACCOUNT, place.sid, worker, now_s=now_s, allow=allow)
    bearer = {"Authorization": f"Bearer {token}"}

    own = server.get(f"{place.path}/Workers/{worker}/Statistics", headers=bearer, Minutes=5)
    assert own.status == status
    for path in (f"/Workers/{other}/Statistics", "/Workers/Statistics", "/Statistics"):
        assert server.get(place.path + path, headers=bearer).status == 403
