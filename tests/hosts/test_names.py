"""Which host names are led here."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from pointsman.hosts.names import names_of


def test_the_plain_names() -> None:
    """Without a region there is one name for each product, and the telephone's can be left out."""
    assert names_of() == ["taskrouter.twilio.com", "event-bridge.twilio.com", "api.twilio.com"]
    assert names_of(telephony=False) == ["taskrouter.twilio.com", "event-bridge.twilio.com"]


@pytest.mark.feature(261)
@pytest.mark.parametrize(
    ("asked", "region", "edge"),
    [
        ("ie1-ix", "ie1-ix", None),
        ("ie1", "ie1", None),
        ("dublin", None, "dublin"),
        ("dublin.ie1", "ie1", "dublin"),
    ],
)
def test_a_region_names_the_hosts_that_the_stock_library_asks(
    asked: str, region: str | None, edge: str | None
) -> None:
    """The host that the stock client makes of a region and an edge is among the region's names."""
    client = Client("AC" + "0" * 32, "token", region=region, edge=edge)
    host = client.get_hostname("https://taskrouter.twilio.com/v1").split("/")[2]

    assert host != "taskrouter.twilio.com"
    assert host in names_of([asked])


@pytest.mark.feature(261)
def test_a_region_names_the_hosts_that_the_browser_sdks_ask() -> None:
    """The older SDK puts us1 behind its region, the newer one does not; both names are there."""
    names = names_of(["ie1-ix", "ie1-ix"])

    assert "event-bridge.ie1-ix.us1.twilio.com" in names
    assert "event-bridge.ie1-ix.twilio.com" in names
    assert names[:3] == names_of()
    assert len(names) == len(set(names))


@pytest.mark.parametrize("text", ["", "IE1", "ie1 ix", "a.b.c", "-ie1", "ie1\n", "x" * 64, "é"])
def test_what_is_no_region(text: str) -> None:
    """A text that cannot stand in a host name is refused with a sentence."""
    with pytest.raises(ValueError, match=r"is no region; say for example ie1"):
        names_of([text])
