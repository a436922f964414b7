"""Envelopes, walked page by page as the client libraries do it: following links as they stand."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pointsman.wire import resources
from pointsman.wire.resources import ShownPage, envelope, page_token, parse_page_token
from tests.wire.small_workspace import HOME, sid

URL = f"{HOME}/Tasks"
ALL = [sid("WT", number) for number in range(1, 8)]


def a_page(size: int, number: int, token: str | None, **filters: Any) -> dict[str, Any]:
    """A page of ALL as a server answers it."""
    after, before = 0, len(ALL)
    if token is not None:
        parsed = parse_page_token(token)
        assert parsed is not None
        at, backwards = parsed
        after, before = (0, ALL.index(at)) if backwards else (ALL.index(at) + 1, len(ALL))
        after = max(after, before - size) if backwards else after
    sids = ALL[after:before][:size]
    page = ShownPage(
        number=number,
        size=size,
        token=token,
        previous=sids[0] if after > 0 else None,
        next=sids[-1] if after + len(sids) < len(ALL) else None,
    )
    return envelope("tasks", [{"sid": each} for each in sids], URL, page, filters)


def follow(link: str, **filters: Any) -> dict[str, Any]:
    """The page that a link leads to; the link has to say everything."""
    query = parse_qs(urlsplit(link).query)
    assert link.startswith(f"{URL}?")
    for name, value in filters.items():
        assert query.pop(name) == ([value] if isinstance(value, str) else value)
    token = query.pop("PageToken", [None])[0]
    size, number = int(query.pop("PageSize")[0]), int(query.pop("Page")[0])
    assert query == {}
    return a_page(size, number, token, **filters)


def sids_on(page: dict[str, Any]) -> list[str]:
    return [item["sid"] for item in page["tasks"]]


@pytest.mark.feature(8)
def test_only_page() -> None:
    """A list that fits on one page has no neighbours, and its links are absolute."""
    items = [{"sid": sid("WA")}]
    assert envelope("activities", items, f"{HOME}/Activities", ShownPage(0, 50)) == {
        "activities": items,
        "meta": {
            "page": 0,
            "page_size": 50,
            "key": "activities",
            "first_page_url": f"{HOME}/Activities?PageSize=50&Page=0",
            "previous_page_url": None,
            "url": f"{HOME}/Activities?PageSize=50&Page=0",
            "next_page_url": None,
        },
    }


@pytest.mark.feature(8, 9, 12)
def test_middle_page() -> None:
    """A page between others links to both, by the SIDs at its edges."""
    assert a_page(3, 1, page_token(ALL[2]))["meta"] == {
        "page": 1,
        "page_size": 3,
        "key": "tasks",
        "first_page_url": f"{URL}?PageSize=3&Page=0",
        "previous_page_url": f"{URL}?PageSize=3&Page=0&PageToken=PB{ALL[3]}",
        "url": f"{URL}?PageSize=3&Page=1&PageToken=PA{ALL[2]}",
        "next_page_url": f"{URL}?PageSize=3&Page=2&PageToken=PA{ALL[5]}",
    }


@pytest.mark.feature(8, 9)
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_walk_there_and_back(size: int) -> None:
    """Following the links forwards, then backwards, shows every item once each way."""
    page = a_page(size, 0, None)
    pages = [page]
    while page["meta"]["next_page_url"]:
        page = follow(page["meta"]["next_page_url"])
        pages.append(page)
    assert [each for shown in pages for each in sids_on(shown)] == ALL
    assert [shown["meta"]["page"] for shown in pages] == list(range(len(pages)))

    back = [page]
    while page["meta"]["previous_page_url"]:
        page = follow(page["meta"]["previous_page_url"])
        back.append(page)
    assert [each for shown in reversed(back) for each in sids_on(shown)] == ALL


@pytest.mark.feature(8)
def test_links_repeat_filters() -> None:
    """Every link carries the filters on, each value of a repeated one included, and the page's size."""
    filters = {"AssignmentStatus": ["pending", "reserved"], "WorkflowName": "Süd & West"}
    page = a_page(3, 1, page_token(ALL[2]), **filters)

    for name in ("first_page_url", "previous_page_url", "url", "next_page_url"):
        assert sids_on(follow(page["meta"][name], **filters)) != []


def test_paging_parameters_are_no_filters() -> None:
    """PageSize, Page and PageToken among the filters do not appear twice; null ones not at all."""
    filters = {
        "PageSize": "9",
        "Page": "4",
        "PageToken": "PAx",
        "Priority": None,
        "Available": True,
    }
    meta = envelope("workers", [], URL, ShownPage(0, 50), filters)["meta"]

    assert meta["url"] == f"{URL}?Available=true&PageSize=50&Page=0"


def test_first_page_reached_backwards() -> None:
    """Whoever counts back below the first page stays at number 0."""
    meta = envelope("tasks", [], URL, ShownPage(0, 5, "PBx", previous=ALL[4], next=ALL[5]))["meta"]

    assert meta["previous_page_url"] == f"{URL}?PageSize=5&Page=0&PageToken=PB{ALL[4]}"


@pytest.mark.feature(9)
def test_page_tokens() -> None:
    """A token is PA or PB and a SID, whose hex may be in either case; anything else is none."""
    lower = "WTabcdefabcdefabcdefabcdefabcdefab"

    assert page_token(lower) == f"PA{lower}"
    assert page_token(lower, backwards=True) == f"PB{lower}"
    assert parse_page_token(f"PA{lower}") == (lower, False)
    assert parse_page_token(f"PB{lower.upper()}") == (lower, True)
    refused = ["", "PA", lower, f"PC{lower}", f"PA{lower}0", f"PA{lower[:-1]}", f"pa{lower}"]
    assert [parse_page_token(token) for token in refused] == [None] * len(refused)


def test_one_door() -> None:
    """Lists are part of the resources' public names."""
    assert resources.envelope is envelope
    assert "envelope" in resources.__all__
