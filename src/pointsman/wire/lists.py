"""Lists: the envelope around a page, and the tokens of the pages beside it.

A page is "so many items after (or before) this SID"; the SID need not exist any more. What is on
a page is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

__all__ = ["ShownPage", "envelope", "page_token", "parse_page_token"]

_TOKEN = re.compile(r"P([AB])([A-Za-z]{2}[0-9a-fA-F]{32})")
_PAGING = frozenset({"PageSize", "Page", "PageToken"})


class ShownPage(Struct, frozen=True):
    """Which page of a list is shown, and what lies beside it.

    `previous` is the SID of the page's first item when there are items before it, `next` that of
    its last item when there are more; `token` is the one that this page was asked for with.
    """

    number: int
    size: int
    token: str | None = None
    previous: str | None = None
    next: str | None = None


def envelope(
    key: str,
    items: list[dict[str, Any]],
    url: str,
    page: ShownPage,
    filters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A page of a list. `url` is the list's own, absolute and without a query.

    Every link repeats `filters` (name → value or values) and the page's size; clients follow them
    as they stand.
    """
    start = f"{url}?{_query(filters or {})}PageSize={page.size}&Page="
    earlier = max(0, page.number - 1)
    return {
        key: items,
        "meta": {
            "page": page.number,
            "page_size": page.size,
            "key": key,
            "first_page_url": f"{start}0",
            "previous_page_url": page.previous
            and f"{start}{earlier}&PageToken={page_token(page.previous, backwards=True)}",
            "url": f"{start}{page.number}" + (f"&PageToken={page.token}" if page.token else ""),
            "next_page_url": page.next
            and f"{start}{page.number + 1}&PageToken={page_token(page.next)}",
        },
    }


def page_token(sid: str, *, backwards: bool = False) -> str:
    """The token of the page after the item `sid`, or of the page before it."""
    return f"PB{sid}" if backwards else f"PA{sid}"


def parse_page_token(token: str) -> tuple[str, bool] | None:
    """SID and whether the page lies before it; None when no page token looks like this."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    sid = match[2]
    return sid[:2].upper() + sid[2:].lower(), match[1] == "B"


def _query(filters: Mapping[str, Any]) -> str:
    """The filters, ready to be followed by further parameters; empty ones are left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in filters.items():
        if name not in _PAGING:
            values = value if isinstance(value, list | tuple) else (value,)
            pairs += [(name, _text(each)) for each in values if each is not None]
    return f"{urlencode(pairs)}&" if pairs else ""


def _text(value: object) -> str:
    """A filter's value as the client would write it in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)
