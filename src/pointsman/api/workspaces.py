"""Workspaces: made for an account, listed from the directory of its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.filters import keeps, same_text
from pointsman.api.lists import Found, page_asked
from pointsman.api.params import decode
from pointsman.api.reply import WORKSPACE
from pointsman.engine.commands import CreateWorkspace
from pointsman.engine.errors import NotFound
from pointsman.engine.state import State

if TYPE_CHECKING:
    from pointsman.engine.engine import Outcome

__all__ = ["create_workspace", "list_workspaces"]

_FILTERS = {"FriendlyName": same_text("friendly_name")}


async def create_workspace(call: Call) -> Reply:
    """A new workspace of the asking account, with everything that is seeded."""
    account_sid = call.request.principal.account_sid
    fixed = {"actor": call.actor, "account_sid": account_sid}
    command = decode(CreateWorkspace, call.params, fixed)

    def render(state: State, outcome: Outcome) -> Reply:
        return WORKSPACE.reply(outcome.record, state, call, call.ambient.now(), 201)

    return await call.runtime.create_workspace(command, render, call.keep)


async def list_workspaces(call: Call) -> Reply:
    """The account's workspaces, oldest first; one that ends meanwhile is left out."""
    page = page_asked(call.params)
    asked = keeps(_FILTERS, call.params)
    rows: list[dict[str, Any]] = []

    def look(state: State, now: int) -> None:
        record = state.workspace
        if record is not None and all(keep(record, state, now) for keep in asked):
            rows.append(WORKSPACE.show(record, state, call.origin, now))

    for sid in page.of(call.runtime.workspaces_of(call.request.principal.account_sid)):
        if len(rows) > page.size:
            break
        with contextlib.suppress(NotFound):
            await call.runtime.read(sid, look)
    if page.backwards:
        rows.reverse()
    items, more = page.cut(rows)
    found = Found(items, [item["sid"] for item in items], [], more)
    return listed(WORKSPACE.key, found, page, call, tuple(_FILTERS))
