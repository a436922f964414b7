"""Dead letters: callbacks of the asking account that were given up, and a second life for them.

They are read from the store; a redrive is durable before it is answered. Who sends is not known
here: whoever wires the server says it.
"""

from __future__ import annotations

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.lists import Found, page_asked
from pointsman.wire.callbacks import dead_letter
from pointsman.wire.outbox import Callback

__all__ = ["fetch_dead_letter", "list_dead_letters", "redrive_dead_letter"]


async def list_dead_letters(call: Call) -> Reply:
    """A page of the account's dead letters, in the order of their events."""
    page = page_asked(call.params)
    account_sid = call.request.principal.account_sid
    rows = await call.runtime.history(
        lambda history: history.dead_letters(
            account_sid, after_sid=page.after, before_sid=page.before, limit=page.size + 1
        )
    )
    letters, more = page.cut(rows)
    items = [dead_letter(letter, call.origin) for letter in letters]
    found = Found(items, [letter.event_sid for letter in letters], [], more)
    return listed("dead_letters", found, page, call, ())


async def fetch_dead_letter(call: Call) -> Reply:
    """One of the account's dead letters."""
    return Reply(200, dead_letter(await _letter(call), call.origin))


async def redrive_dead_letter(call: Call) -> Reply:
    """Have it sent again, with the time it had at first: 202; from now on it is no dead letter."""
    owed = call.redrive(await _letter(call))
    await call.runtime.history(lambda history: None)  # which waits until it is stored
    return Reply(202, dead_letter(owed, call.origin))


async def _letter(call: Call) -> Callback:
    account_sid, event_sid = call.request.principal.account_sid, call.names["event_sid"]
    found = await call.runtime.history(
        lambda history: history.dead_letters(account_sid, event_sid=event_sid, limit=1)
    )
    if not found:
        raise call.missing()
    return found[0]
