"""Counters: what is counted, and that servers do not share them."""

from __future__ import annotations

import pytest

from pointsman.metrics import Metrics, Reading


@pytest.mark.feature(294, partly=True)
def test_requests_are_counted_by_method_and_class_of_status() -> None:
    """A request is one of its method and of its status' hundred; odd methods share a label."""
    metrics = Metrics()
    metrics.count_request("POST", 201)
    metrics.count_request("POST", 204)
    metrics.count_request("BREW", 405)
    text = metrics.exposition().decode()

    assert 'pointsman_requests_total{method="POST",status="2xx"} 2.0' in text
    assert 'pointsman_requests_total{method="other",status="4xx"} 1.0' in text


def test_two_servers_in_one_process_do_not_add_up() -> None:
    """Each server counts in a registry of its own."""
    one, other = Metrics(), Metrics()
    one.events.inc(3)

    assert "pointsman_events_total 3.0" in one.exposition().decode()
    assert "pointsman_events_total 0.0" in other.exposition().decode()


def test_scans_are_asked_for_at_each_look() -> None:
    """Scans are counted elsewhere, and the page shows the count of the moment."""
    metrics, counted = Metrics(), iter([3, 5])
    metrics.ask(lambda: Reading(next(counted), ()))

    assert "pointsman_residual_scans_total 3.0" in metrics.exposition().decode()
    assert "pointsman_residual_scans_total 5.0" in metrics.exposition().decode()
