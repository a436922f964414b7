"""A workspace's own settings by REST, and what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.builders import Place
from tests.inside import a_server_inside


@pytest.mark.feature(269)
def test_a_deadline_of_60_s_is_set_kept_and_ended(tmp_path: Path) -> None:
    """Both deadlines are set by REST, hold after a restart, and end with an empty value."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        settings = f"/pointsman{place.path}/Settings"
        begun = server.get(settings).json
        assert (begun["wrap_up_after"], begun["complete_after"]) == (None, None)
        changed = server.post(settings, WrapUpAfter="60", CompleteAfter="30")
        assert changed.status == 200
        assert (changed.json["wrap_up_after"], changed.json["complete_after"]) == (60, 30)
        place.a_worker()
        task = place.a_task()
        [offer] = place.offers(task)
        path = f"/Tasks/{task}/Reservations/{offer['sid']}"
        assert place.post(path, ReservationStatus="accepted").status == 200
    with a_server_inside(tmp_path) as server:
        place.server = server
        statuses = []
        for seconds in (59, 1, 29, 1):
            server.wait(seconds)
            statuses.append(place.status(task))
        ended = server.post(settings, WrapUpAfter="").json

    assert statuses == ["assigned", "wrapping", "wrapping", "completed"]
    assert (ended["wrap_up_after"], ended["complete_after"]) == (None, 30)


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    """What is no number or out of its bounds names its parameter; an unknown workspace is not found."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        settings = f"/pointsman{place.path}/Settings"
        for value in ("soon", "0", "86401"):
            refused = server.post(settings, CompleteAfter=value)
            assert refused.status == 400
            assert refused.json["message"].startswith("CompleteAfter")
        path = f"/pointsman/v1/Workspaces/WS{'0' * 32}/Settings"
        assert server.get(path).status == 404


@pytest.mark.feature(246)
def test_whether_who_is_gone_goes_offline_is_a_setting(tmp_path: Path) -> None:
    """It is off at the beginning, and holds after a restart beside the deadlines."""
    with a_server_inside(tmp_path) as server:
        settings = f"/pointsman{Place(server).path}/Settings"
        assert server.get(settings).json["offline_if_disconnected"] is False
        assert server.post(settings, OfflineIfDisconnected="true").status == 200
    with a_server_inside(tmp_path) as server:
        told = server.get(settings).json
        assert (told["offline_if_disconnected"], told["wrap_up_after"]) == (True, None)


@pytest.mark.feature(270)
def test_what_becomes_of_who_vanished_is_set_and_told(tmp_path: Path) -> None:
    """The choices are set by REST and kept; each that is not one is refused with those that are."""
    with a_server_inside(tmp_path) as server:
        place = Place(server)
        settings = f"/pointsman{place.path}/Settings"
        begun = server.get(settings).json
        chosen = {"VanishedAfter": "30", "VanishedPending": "cancel", "VanishedAccepted": "requeue"}
        changed = server.post(settings, **chosen).json
        wrong = [
            server.post(settings, VanishedPending="no"),
            server.post(settings, VanishedAfter="0"),
        ]
        ended = server.post(settings, VanishedAfter="").json

    names = ("vanished_after", "vanished_pending", "vanished_accepted")
    assert [begun[name] for name in names] == [None, "reject", "keep"]
    assert [changed[name] for name in names] == [30, "cancel", "requeue"]
    assert [one.status for one in wrong] == [400, 400]
    assert wrong[0].json["message"] == "VanishedPending must be keep, reject or cancel"
    assert [ended[name] for name in names] == [None, "cancel", "requeue"]
