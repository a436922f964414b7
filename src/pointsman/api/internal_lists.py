"""Lists as the newer browser SDK asks for them: pages by `AfterSid`, ordered ones by `NextToken`.

A page is the same as over REST ("so many items after this SID"); only what names it differs. A SID
that is not on the list is refused, because a client that misspells one would begin anew and never
end. The record of a token in an ordered list need not exist any more.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pointsman.api.calls import Call
from pointsman.api.lists import Found, Page, Source, page_asked
from pointsman.api.params import one, sid_text
from pointsman.auth.credentials import is_sid
from pointsman.engine.errors import Invalid
from pointsman.engine.state import State
from pointsman.wire.bridge import contents
from pointsman.wire.lists import page_token

__all__ = ["internal_page", "just_before", "page_of"]


async def page_of(call: Call, ordered_by: int, source: Source) -> Page:
    """The page that the client asks for in the way of its view."""
    if call.request.view != "bridge_m":
        return page_asked(call.params, ordered_by)
    page = internal_page_asked(call, ordered_by)
    after = page.after
    if after is None or ordered_by:
        return page

    def question(state: State, now: int) -> bool:
        first = next(iter(source(state, just_before(after), False)), None)
        return first is not None and bool(first.sid == after)

    if not await call.runtime.read(call.workspace_sid, question):
        raise Invalid("AfterSid", f"AfterSid {after} is not on this list")
    return page


def internal_page_asked(call: Call, ordered_by: int = 0) -> Page:
    """The page that PageSize and AfterSid, or in an ordered list NextToken, ask for."""
    params = {"PageSize": one(call.params, "PageSize")}
    if ordered_by:
        return page_asked({**params, "PageToken": one(call.params, "NextToken")}, ordered_by)
    page = page_asked(params)
    after = one(call.params, "AfterSid")
    if after in (None, ""):
        return page
    sid = sid_text("AfterSid", after)
    if not is_sid(sid, sid[:2]):
        raise Invalid("AfterSid", f"AfterSid {sid!r} is not a SID")
    return replace(page, after=sid)


def internal_page(found: Found, page: Page) -> dict[str, Any]:
    """A page in its envelope, and how to ask for the next one."""
    ends = found.ends
    last = ends[1] if ends and found.more else None
    ordered = bool(found.places)
    first_sid = found.sids[0] if found.sids and page.after is not None else None
    body = contents(found.items, first_sid, None if ordered else last)
    if ordered and last is not None:
        body["meta"]["next_token"] = page_token(last)
    return body


def just_before(sid: str) -> str:
    """The greatest SID below this one, so that "after it" begins with this one."""
    digits = sid[2:]
    return f"{sid[:2]}{max(int(digits, 16) - 1, 0):032x}"
