"""What an operation of the table can do: carry out a command, fetch a record, list records.

Each kind is a small frozen object that is called with a `Call` and gives a `Reply`; the table says
with which command, noun and filters. What is shown of a change is rendered in the moment of the
change and delivered after its commit, so names and numbers fit together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import fields

from pointsman.api.calls import Call, Reply
from pointsman.api.errors import unsupported
from pointsman.api.filters import Filters, keeps
from pointsman.api.internal_lists import internal_page, page_of
from pointsman.api.lists import Found, Page, Search, Source, Walk, walk
from pointsman.api.ordering import Ordering, Sorted, ordering_asked
from pointsman.api.params import Params, decode, one
from pointsman.api.reply import Noun
from pointsman.engine.commands import Command
from pointsman.engine.state import State
from pointsman.wire.lists import ShownPage, envelope

if TYPE_CHECKING:
    from pointsman.engine.engine import Outcome

__all__ = ["Act", "Change", "Create", "Delete", "Fetch", "List", "listed"]

NOTHING: frozenset[str] = frozenset()


class Act(Protocol):
    """What a row of the table does with a call."""

    def __call__(self, call: Call) -> Awaitable[Reply]: ...


class Change(Struct, frozen=True):
    """A command on a record of the workspace; the answer shows the record as it is now.

    `absent` names parameters of the original that are not offered yet: refused, never ignored.
    """

    command: type[Command]
    noun: Noun
    absent: frozenset[str] = NOTHING
    status: int = 200

    async def __call__(self, call: Call) -> Reply:
        refuse_absent(self.absent, call.params)
        self.noun.check_shown(call)
        command = command_of(self.command, call)

        def render(state: State, outcome: Outcome) -> Reply:
            return self.noun.reply(outcome.record, state, call, call.ambient.now(), self.status)

        return await call.execute(command, render)


class Create(Change, frozen=True):
    """A command that makes a record of the workspace: 201."""

    status: int = 201


class Delete(Struct, frozen=True):
    """A command after which there is nothing to show: 204."""

    command: type[Command]

    async def __call__(self, call: Call) -> Reply:
        command = command_of(self.command, call)
        return await call.execute(command, lambda state, outcome: Reply(204, None))


class Fetch(Struct, frozen=True):
    """One live record, or 404."""

    noun: Noun

    async def __call__(self, call: Call) -> Reply:
        found = await self.look(call)
        if found is None:
            raise call.missing()
        return found

    async def look(self, call: Call) -> Reply | None:
        """The live record as an answer; None when there is none."""

        def question(state: State, now: int) -> Reply | None:
            record = self.noun.find(state, call.names)
            return None if record is None else self.noun.reply(record, state, call, now)

        return await call.runtime.read(call.workspace_sid, question)


class List(Struct, frozen=True):
    """A page of live records; `source` may need the path's names, `tagged` sends a list's ETag."""

    noun: Noun
    source: Callable[[Call], Source]
    filters: Filters = {}
    ordering: Ordering | None = None
    tagged: bool = False
    parent: Noun | None = None

    async def __call__(self, call: Call) -> Reply:
        asked = keeps(self.filters, call.params)
        terms = ordering_asked(self.ordering, call.params) if self.ordering else ()
        source = self.source(call)
        page = await page_of(call, len(terms), source)
        if self.parent is not None:
            await Fetch(self.parent)(call)

        def render(record: Any, state: State, now: int) -> dict[str, Any]:
            return self.noun.shown(record, state, call, now)

        search = Search(source, page, asked, render, call.ambient.monotonic)
        steps = Sorted(search, terms) if terms else Walk(search)
        found = await walk(call.runtime, call.workspace_sid, steps)
        names = (*self.filters, "Ordering") if self.ordering else tuple(self.filters)
        return listed(self.noun.key, found, page, call, names, self.tagged)


def listed(
    key: str, found: Found, page: Page, call: Call, filters: Iterable[str], tagged: bool = False
) -> Reply:
    """A page in its envelope; the links repeat the filters that were asked for."""
    if call.request.view == "bridge_m":
        return Reply(200, internal_page(found, page))
    ends = found.ends
    # Whoever came by a token came from the other side, so there is something there.
    before = found.more if page.backwards else page.after is not None
    beyond = page.backwards or found.more
    shown = ShownPage(
        page.number,
        page.size,
        page.token,
        previous=ends[0] if ends and before else None,
        next=ends[1] if ends and beyond else None,
    )
    asked = {name: call.params[name] for name in filters if name in call.params}
    url = call.origin + call.request.path.rstrip("/")
    body = envelope(key, found.items, url, shown, asked)
    return Reply(200, body, {"ETag": found.etag} if tagged else {})


def refuse_absent(absent: frozenset[str], params: Params) -> None:
    for name in absent:
        if one(params, name) not in (None, ""):
            raise unsupported(name)


def command_of(kind: type[Command], call: Call, **fixed: Any) -> Command:
    """The command that the path (or `fixed`), the headers and the parameters describe."""
    values: dict[str, Any] = {"actor": call.actor, **(fixed or call.own_names)}
    if _has_if_match(kind):
        values["if_match"] = call.if_match
    return decode(kind, call.params, values)


@cache
def _has_if_match(kind: type[Command]) -> bool:
    return any(field.name == "if_match" for field in fields(kind))
