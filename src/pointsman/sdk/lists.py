"""Lists of the REST API through all their pages."""

from __future__ import annotations

from typing import Any

from pointsman.sdk.work import Desk

__all__ = ["whole_list"]

PAGE_SIZE = 1000
"""As many as the server puts on one page."""


async def whole_list(desk: Desk, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
    """All members of the list below the workspace, `key` being the member that holds them."""
    found: list[dict[str, Any]] = []
    answer = await desk.ask("GET", path, {"PageSize": PAGE_SIZE, **params})
    while True:
        found += answer[key]
        following = answer["meta"]["next_page_url"]
        if not following:
            return found
        _, _, below = following.partition("/Workspaces/")
        answer = await desk.ask("GET", below.partition("/")[2])
