"""docs/workflows.md: its example is a configuration, and its table names what is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pointsman.engine.records import KnownWorker
from pointsman.engine.workflow import SKIP_REASON, TIMEOUT_REASON
from pointsman.engine.workflow_config import parse_configuration

PAGE = Path(__file__).resolve().parents[2] / "docs" / "workflows.md"
TEXT = PAGE.read_text(encoding="utf-8")


def example() -> str:
    """The configuration that the page shows."""
    return TEXT.split("```json\n")[1].split("```")[0]


@pytest.mark.feature(119, 124)
def test_the_example_means_what_the_page_says() -> None:
    """The page's example is read: a known worker, then the best, then everybody."""
    config = parse_configuration(example())
    first, second, third = config.filters[0].targets

    assert first.known_worker == KnownWorker(by="friendly_name", path=("last_agent",))
    assert (first.timeout_s, first.skip_if) == (20, "workers.available == 0")
    assert (second.queue_sid, second.order_by) == (first.queue_sid, "worker.level DESC")
    assert (third.priority, third.timeout_s) == (10, None)
    assert config.default is not None and config.default.queue_sid == third.queue_sid


def test_every_key_of_the_example_is_explained() -> None:
    """The table of keys names whatever the example uses."""
    named = set(re.findall(r"`(\w+)`", TEXT.split("## What may be written")[1].split("##")[0]))
    used = set(re.findall(r'"(\w+)":', json.dumps(json.loads(example()))))

    assert used - named == set()


def test_the_reasons_are_those_of_the_engine() -> None:
    """The reasons with which tasks are canceled are quoted as they are."""
    assert f"`{TIMEOUT_REASON}`" in TEXT
    assert f"`{SKIP_REASON}`" in TEXT
