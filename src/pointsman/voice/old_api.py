"""What the resources below /2010-04-01 share: parameters, filters by date, and pages.

This oldest part of the api writes addresses without the host, dates as RFC 2822, and lists newest
first. Records that are kept are looked for in history, which has the live ones as well: everything
that was remembered before is part of the answer.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from pointsman.api.calls import Reply, Request
from pointsman.api.errors import Refused, no_such_resource, refused
from pointsman.api.lists import Page, page_asked
from pointsman.api.params import Params, instant, many, one, text, truth
from pointsman.auth import authorize
from pointsman.auth.credentials import canonical_sid
from pointsman.engine.errors import Invalid
from pointsman.store import History
from pointsman.voice.calls import StatusCallback
from pointsman.voice.numbers import CallerId, Number
from pointsman.wire.lists import page_token

if TYPE_CHECKING:
    from pointsman.runtime import Runtime
    from pointsman.voice.switchboard import Switchboard

__all__ = [
    "LEG_EVENTS",
    "RECORDING_EVENTS",
    "Door",
    "MemoryDoor",
    "asked_callback",
    "asked_flag",
    "asked_method",
    "asked_text",
    "asked_url",
    "asked_whole",
    "dates",
    "kept",
    "newest_first",
    "oldest_first",
    "wrong_method",
]

T = TypeVar("T", bound=Struct)
R = TypeVar("R", Number, CallerId)
DAY_S = 86_400
STEP = 500
"""So many records are looked at between two looks at whether the page is full."""
BAD_URL = 21402
BAD_CALLBACK_URL = 21609
LEG_EVENTS = ("initiated", "ringing", "answered", "completed")
RECORDING_EVENTS = ("in-progress", "completed", "absent")
_PAGING = ("Page", "PageSize", "PageToken")


# --- parameters --------------------------------------------------------------------------------


def asked_text(params: Params, name: str, otherwise: str) -> str:
    value = one(params, name)
    return otherwise if value is None else text(name, value)


def asked_url(params: Params, name: str, otherwise: str, code: int = BAD_URL) -> str:
    url = asked_text(params, name, otherwise)
    if url and not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise Refused(400, code, f"{name} has to be an absolute http or https URL")
    return url


def asked_method(params: Params, name: str, otherwise: str, code: int = 20001) -> str:
    method = asked_text(params, name, otherwise).upper()
    if method not in ("GET", "POST"):
        raise Refused(400, code, f"{name} has to be GET or POST")
    return method


def asked_whole(params: Params, name: str, otherwise: int, code: int = 20001) -> int:
    given = asked_text(params, name, str(otherwise))
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(400, code, f"{name} has to be a whole number")
    return int(given)


def asked_flag(params: Params, name: str, *, otherwise: bool = False) -> bool:
    given = asked_text(params, name, "")
    return truth(name, given) if given else otherwise


def asked_callback(
    params: Params, name: str, allowed: tuple[str, ...], otherwise: tuple[str, ...]
) -> StatusCallback | None:
    """Who is told of what, as `name`, `nameMethod` and `nameEvent` say; None: nobody."""
    url = asked_url(params, name, "", BAD_CALLBACK_URL)
    method = asked_method(params, f"{name}Method", "POST")
    events = tuple(many(params, f"{name}Event")) or otherwise
    for event in events:
        if event not in allowed:
            told = f"{name}Event {event!r} is not one of {', '.join(allowed)}"
            raise Refused(400, 20001, told)
    return StatusCallback(url, method, events) if url else None


def dates(params: Params, name: str) -> list[Callable[[int], bool]]:
    """What `name`, `name<` and `name>` ask of a moment, each including the day or second it names."""
    tests: list[Callable[[int], bool]] = []
    for sign in ("", "<", ">"):
        given = asked_text(params, f"{name}{sign}", "").strip()
        if given:
            first = instant(f"{name}{sign}", given) // 1000
            last = first + DAY_S - 1 if re.fullmatch(r"\d{4}-?\d\d-?\d\d", given) else first
            tests.append(_between(None if sign == "<" else first, None if sign == ">" else last))
    return tests


def _between(first: int | None, last: int | None) -> Callable[[int], bool]:
    def asked(at: int) -> bool:
        second = at // 1000
        return (first is None or first <= second) and (last is None or second <= last)

    return asked


# --- what is asked for ---------------------------------------------------------------------------


class Door(ABC):
    """Resources of one kind below the asking account, found by the pattern of their paths."""

    paths: ClassVar[re.Pattern[str]]
    """Its first group is the account."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def offers(self, path: str) -> bool:
        return self.paths.fullmatch(path) is not None

    async def call(self, request: Request) -> Reply:
        """Carry the request out. Raises `Refused` or an `AuthError`."""
        authorize(request.principal, request.method, request.path, request.params)
        found = self.paths.fullmatch(request.path)
        if found is None or found[1].upper() != request.principal.account_sid.upper():
            raise no_such_resource(request.path)
        try:
            return await self._answer(request, found)
        except Invalid as invalid:
            raise refused(invalid, request.path) from invalid

    @abstractmethod
    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        """What is asked of an own path; raises `Refused` and `Invalid`."""


class MemoryDoor(Door, Generic[R]):
    """Resources of one kind that live in memory: the operations on them, by the second group of their paths."""

    @abstractmethod
    def _of_account(self, account_sid: str) -> dict[str, R]:
        """The account's records by SID."""

    @abstractmethod
    def _listed(self, request: Request) -> Reply:
        """Those that the filters let through."""

    @abstractmethod
    async def _create(self, request: Request) -> Reply:
        """Make one, or begin to."""

    @abstractmethod
    def _changed(self, request: Request, before: R) -> R:
        """The record as the parameters want it."""

    @abstractmethod
    def _put(self, record: R) -> None:
        """Have it count from now on."""

    @abstractmethod
    def _shown(self, record: R) -> dict[str, Any]:
        """The record, as this api writes it."""

    async def _answer(self, request: Request, found: re.Match[str]) -> Reply:
        sid = found[2]
        match (request.method, sid is not None):
            case ("GET", False):
                return self._listed(request)
            case ("POST", False):
                return await self._create(request)
            case ("GET", True):
                return Reply(200, self._shown(self._own(request, sid)))
            case ("POST", True):
                after = self._changed(request, self._own(request, sid))
                await self._keep(after)
                return Reply(200, self._shown(after))
            case ("DELETE", True):
                await self._keep(replace(self._own(request, sid), is_live=False))
                return Reply(204, None)
        raise wrong_method(request)

    def _own(self, request: Request, sid: str) -> R:
        found = self._of_account(request.principal.account_sid).get(canonical_sid(sid))
        if found is None:
            raise no_such_resource(request.path)
        return found

    async def _keep(self, record: R) -> None:
        """Have it count, and wait until it is stored."""
        self._put(record)
        await self._board.runtime.history(lambda history: None)


def wrong_method(request: Request) -> Refused:
    return Refused(405, 20004, f"{request.method} is not possible here")


async def kept(runtime: Runtime, request: Request, kind: str, shape: type[T], sid: str) -> T:
    """The account's record of this kind and SID, over or not. Raises `Refused`."""
    wanted = canonical_sid(sid)
    note = await runtime.history(lambda history: history.voice_record(wanted))
    if note is None or (note.kind, note.account_sid) != (kind, request.principal.account_sid):
        raise no_such_resource(request.path)
    return Decoder(shape).decode(note.body)


# --- lists -------------------------------------------------------------------------------------


async def newest_first(
    runtime: Runtime,
    request: Request,
    kind: str,
    shape: type[T],
    show: Callable[[T], dict[str, Any]],
    *,
    key: str,
    asked: Callable[[T], bool],
    live: bool | None = None,
) -> Reply:
    """A page of the account's records of one kind, those that are asked for."""
    page, decode = page_asked(request.params), Decoder(shape).decode
    account_sid = request.principal.account_sid

    def search(history: History) -> list[tuple[str, T]]:
        return _found(history, kind, account_sid, decode, page, asked, live)

    found = await runtime.history(search)
    more, shown = len(found) > page.size, found[: page.size]
    if page.backwards:
        shown.reverse()
    sids = [sid for sid, _ in shown]
    items = [show(record) for _, record in shown]
    return Reply(200, _envelope(request, key, items, page, *_beside(page, sids, more=more)))


def _found(
    history: History,
    kind: str,
    account_sid: str,
    decode: Callable[[str], T],
    page: Page,
    asked: Callable[[T], bool],
    live: bool | None,
) -> list[tuple[str, T]]:
    """The nearest to the page's start, each with its SID, and one more than the size if there is one."""
    found: list[tuple[str, T]] = []
    beside = page.start or "~"  # which is after every SID
    while True:
        where = {"after_sid": beside} if page.backwards else {"before_sid": beside}
        notes = history.voice_records(kind, account_sid, live=live, limit=STEP, **where)
        for note in notes if page.backwards else reversed(notes):
            record = decode(note.body)
            if asked(record):
                found.append((note.sid, record))
                if len(found) > page.size:
                    return found
        if len(notes) < STEP:
            return found
        beside = notes[-1 if page.backwards else 0].sid


def oldest_first(
    request: Request, key: str, records: Mapping[str, T], show: Callable[[T], dict[str, Any]]
) -> Reply:
    """A page of records that live in memory, by their SIDs."""
    page = page_asked(request.params)
    shown, more = page.cut(sorted(page.of(sorted(records))[: page.size + 1]))
    items = [show(records[sid]) for sid in shown]
    return Reply(200, _envelope(request, key, items, page, *_beside(page, shown, more=more)))


def _beside(page: Page, sids: list[str], *, more: bool) -> tuple[str | None, str | None]:
    """The SIDs that the tokens of the pages before and after this one name."""
    if not sids:
        return None, None
    before = page.after is not None or (page.backwards and more)
    return sids[0] if before else None, sids[-1] if more or page.backwards else None


def _envelope(
    request: Request,
    key: str,
    items: list[dict[str, Any]],
    page: Page,
    previous: str | None = None,
    following: str | None = None,
) -> dict[str, Any]:
    """A page as this api shows it; its links repeat the filters, and clients follow them as they stand."""
    filters = {name: one(request.params, name) for name in request.params if name not in _PAGING}

    def address(number: int, token: str | None = None) -> str:
        paging: dict[str, Any] = {"PageSize": page.size, "Page": number}
        beside = {"PageToken": token} if token else {}
        return f"{request.path}?{urlencode(filters | paging | beside)}"

    first = page.number * page.size
    return {
        key: items,
        "page": page.number,
        "page_size": page.size,
        "start": first,
        "end": first + max(len(items) - 1, 0),
        "uri": address(page.number, page.token),
        "first_page_uri": address(0),
        "next_page_uri": following and address(page.number + 1, page_token(following)),
        "previous_page_uri": previous
        and address(max(page.number - 1, 0), page_token(previous, backwards=True)),
    }
