"""Stored TwiML: documents of an account that calls may run, made and changed here, read by anybody.

Whoever knows a document's address may read it, as with every address that a call is sent to: there is
nothing secret in it. `{{Name}}` in a document is filled from the request that reads it. That a document
is XML is checked when it is stored; what its verbs mean is known to whoever runs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pointsman.api.actions import listed
from pointsman.api.calls import Call, Reply
from pointsman.api.lists import Found, page_asked
from pointsman.api.params import Params, one, text
from pointsman.engine.errors import Invalid
from pointsman.store import VoiceNote
from pointsman.wire.values import iso

if TYPE_CHECKING:
    from pointsman.runtime import Runtime

__all__ = [
    "LONGEST_BYTES",
    "create_twiml",
    "delete_twiml",
    "fetch_twiml",
    "list_twiml",
    "served",
    "update_twiml",
]

KIND = "twiml"
LONGEST_BYTES = 64 * 1024
LONGEST_NAME = 64
_PLACE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*\}\}")
_QUOTES = {'"': "&quot;", "'": "&apos;"}


class _Document(Struct, frozen=True):
    sid: str
    account_sid: str
    friendly_name: str
    twiml: str
    date_created: int
    date_updated: int


async def create_twiml(call: Call) -> Reply:
    """A new document."""
    now = call.ambient.now()
    document = _Document(
        call.ambient.new_sid("EH"),
        call.request.principal.account_sid,
        _name(_required(call.params, "FriendlyName")),
        _checked(_required(call.params, "Twiml")),
        now,
        now,
    )
    await _store(call, document)
    return Reply(201, _shown(call, document))


async def list_twiml(call: Call) -> Reply:
    """A page of the account's documents, oldest first."""
    page = page_asked(call.params)
    account_sid = call.request.principal.account_sid
    rows = await call.runtime.history(
        lambda history: history.voice_records(
            KIND, account_sid, after_sid=page.after, before_sid=page.before, limit=page.size + 1
        )
    )
    notes, more = page.cut(rows)
    items = [_shown(call, _read(note)) for note in notes]
    found = Found(items, [note.sid for note in notes], [], more)
    return listed("twiml", found, page, call, ())


async def fetch_twiml(call: Call) -> Reply:
    """One document of the account."""
    return Reply(200, _shown(call, await _own(call)))


async def update_twiml(call: Call) -> Reply:
    """The document with another name or text; whoever reads it from now on gets these."""
    document = await _own(call)
    name, twiml = _given(call.params, "FriendlyName"), _given(call.params, "Twiml")
    after = replace(
        document,
        friendly_name=document.friendly_name if name is None else _name(name),
        twiml=document.twiml if twiml is None else _checked(twiml),
        date_updated=call.ambient.now(),
    )
    await _store(call, after)
    return Reply(200, _shown(call, after))


async def delete_twiml(call: Call) -> Reply:
    """The document is gone, and its address with it."""
    document = await _own(call)
    call.runtime.note([VoiceNote(document.sid, KIND, document.account_sid, False, "")])
    await _stored(call)
    return Reply(204, None)


async def served(runtime: Runtime, sid: str, params: Params) -> str | None:
    """The text of a document as a call gets it, its places filled; None if there is none."""
    note = await runtime.history(lambda history: history.voice_record(sid))
    if note is None or note.kind != KIND:
        return None

    def filling(place: re.Match[str]) -> str:
        value = one(params, place[1])
        return escape(str(value), _QUOTES) if value is not None else ""

    return _PLACE.sub(filling, _read(note).twiml)


async def _own(call: Call) -> _Document:
    sid = call.names["twiml_sid"]
    note = await call.runtime.history(lambda history: history.voice_record(sid))
    of_account = note is not None and note.account_sid == call.request.principal.account_sid
    if note is None or note.kind != KIND or not of_account:
        raise call.missing()
    return _read(note)


async def _store(call: Call, document: _Document) -> None:
    body = msgspec.json.encode(document).decode()
    call.runtime.note([VoiceNote(document.sid, KIND, document.account_sid, False, body)])
    await _stored(call)


async def _stored(call: Call) -> None:
    """Wait until what was noted can be read."""
    await call.runtime.history(lambda history: None)


def _read(note: VoiceNote) -> _Document:
    return msgspec.json.decode(note.body, type=_Document)


def _shown(call: Call, document: _Document) -> dict[str, Any]:
    return {
        "sid": document.sid,
        "account_sid": document.account_sid,
        "friendly_name": document.friendly_name,
        "twiml": document.twiml,
        "date_created": iso(document.date_created),
        "date_updated": iso(document.date_updated),
        "url": f"{call.origin}/pointsman/v1/TwiML/{document.sid}",
        "links": {"served": f"{call.origin}/twiml/{document.sid}"},
    }


def _given(params: Params, name: str) -> str | None:
    value = one(params, name)
    return None if value is None else text(name, value)


def _required(params: Params, name: str) -> str:
    value = _given(params, name)
    if not value:
        raise Invalid(name, f"{name} field is required")
    return value


def _name(value: str) -> str:
    if not 0 < len(value) <= LONGEST_NAME:
        raise Invalid("FriendlyName", f"FriendlyName may have 1 to {LONGEST_NAME} characters")
    return value


def _checked(twiml: str) -> str:
    """The document, if it is small enough, XML, and a `<Response>` without a DOCTYPE."""
    if len(twiml.encode()) > LONGEST_BYTES:
        raise Invalid("Twiml", f"Twiml may have at most {LONGEST_BYTES} bytes")
    names: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(twiml.encode(), True)
    except expat.ExpatError as problem:
        told = f"Twiml is no XML: {expat.ErrorString(problem.code)}, line {problem.lineno}"
        raise Invalid("Twiml", f"{told}, column {problem.offset + 1}") from problem
    if names[:1] != ["Response"]:
        raise Invalid("Twiml", f"Twiml has to be a <Response>, and is a <{names[0]}>")
    return twiml


def _no_doctype(*_: object) -> None:
    raise Invalid("Twiml", "Twiml may not have a DOCTYPE: nothing is defined or fetched by it")
