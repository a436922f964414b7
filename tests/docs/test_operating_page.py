"""docs/operating.md names every metric."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pointsman.metrics import Metrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


@pytest.mark.feature(294, partly=True)
@pytest.mark.feature(298)
def test_the_page_names_every_metric() -> None:
    """The table of docs/operating.md lists exactly the metrics there are."""
    text = Metrics().exposition().decode()
    exposed = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    exposed = {name for name in exposed if not name.endswith("_created")}
    told = set(re.findall(r"^\| `(pointsman_\w+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert told == exposed
