"""Bad input, generated from the table: every parameter of every operation, wrong in every way.

Each is refused with a sentence that names the parameter, or is coerced as the documentation says.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pointsman.api.catalogue import INSTRUCTIONS, READ, Parameter, Value, parameters, variables
from pointsman.api.operations import OPERATIONS, Operation
from pointsman.api.workspaces import create_workspace
from tests.api.builders import Place, asked_of, every_name
from tests.inside import Answer

JSON = {"Content-Type": "application/json"}
ROWS = [row for row in OPERATIONS if parameters(row)]
PLAIN = [row for row in ROWS if "Instruction" not in {each.name for each in parameters(row)}]
ANSWERS = [row for row in ROWS if row not in PLAIN]
NUL = "a\0b"

BASES: dict[str, dict[str, Any]] = {
    "dequeue": {"DequeueTo": "+15550100", "DequeueFrom": "+15550101"},
    "call": {"CallTo": "+15550100", "CallFrom": "+15550101", "CallUrl": "https://a.example/"},
    "redirect": {"RedirectCallSid": "CA" + "1" * 32, "RedirectUrl": "https://a.example/"},
    "conference": {"To": "+15550100", "From": "+15550101"},
    "supervise": {"Supervisor": "+15550100"},
}
"""What each instruction needs besides the parameter that is wrong."""


def of(row: Operation) -> str:
    return f"{row.method} {row.path.removeprefix('/v1/Workspaces/{workspace_sid}')}"


_WRONG: dict[str, tuple[str, ...]] = {
    "whole": ("many", "1.5", "9" * 30),
    "instant": ("yesterday", "2024-13-01"),
    "json": ("{", "[1]", "7"),
    "expression": ("a ==", "skill-level > 3", NUL),
    "url": ("nonsense", "ftp://a.example/", "http://"),
    "address": ("!!",),
    "identifier": ("1st", "two words", NUL),
    "token": ("nonsense", "PA"),
    "sid": ("nonsense", "XX" + "0" * 32),
}


def wrong(value: Value, *, post: bool) -> Iterator[Any]:
    """Values of a wrong type or out of range."""
    if post and value.kind not in ("json", "sid") and not value.many:
        yield {"a": 1}
    if value.words:
        yield "nonsense"
        return
    yield from _WRONG.get(value.kind, (NUL,))
    if post and value.kind == "name":
        yield "nowhere"
    if post and value.kind == "text" and value.most is not None:
        yield "x" * (value.most + 1)
    if value.kind == "whole" and value.least is not None:
        yield str(value.least - 1)
    if value.kind == "whole" and value.most is not None:
        yield str(value.most + 1)


def ask(place: Place, row: Operation, names: dict[str, str], asked: dict[str, Any]) -> Answer:
    """The operation with these parameters, as JSON where it is a POST."""
    path = row.path.format(**names)
    if row.method != "POST":
        return place.server.ask(row.method, path, asked)
    return place.server.send("POST", path, body=json.dumps(asked).encode(), headers=JSON)


_ALLOWED: dict[str, str] = {
    "whole": r"a whole number|seconds|or more",
    "truth": r"true or false",
    "instant": r"a date and time such as \d{4}-",
    "json": r"JSON|must be an object",
    "expression": r"\(position \d+\)|has to be text",
    "url": r"http or https|has to be text",
    "identifier": r"letters, digits, _ and \$|has to be text",
    "token": r"one that this server gave",
    "sid": r"a SID that begins with|has to be the call_sid or worker_call_sid of|is not an? .+ of this workspace|is not the SID of a|needs a",
    "address": r"a phone number, client:… or sip:…|has to be an address|has to be text",
    "name": r"is not a task channel of this workspace|has to be text",
    "text": r"\d+ to \d+ characters|has to be text",
}
"""What has to be read in a refusal, by the kind of the value."""


def refused_by_name(answer: Answer, name: str) -> bool:
    """Whether this is the client's mistake, told with the parameter's name."""
    return answer.status == 400 and name.lower() in answer.json["message"].lower()


def says_what_is_allowed(answer: Answer, value: Value, given: Any) -> bool:
    """Whether the sentence tells the words, the bounds or the shape of what would be taken."""
    told = answer.json["message"]
    if isinstance(given, str) and "\0" in given:
        return "NUL" in told or bool(re.search(_ALLOWED[value.kind], told))
    if value.words and isinstance(given, str):
        return all(word in told for word in value.words)
    number = int(given) if isinstance(given, str) and re.fullmatch(r"-?\d{1,18}", given) else None
    if value.kind == "whole" and number is not None:
        bounds = [bound for bound in (value.least, value.most) if bound is not None]
        return all(str(bound) in told for bound in bounds)
    return bool(re.search(_ALLOWED[value.kind], told))


def events(place: Place) -> int:
    return len(place.get("/Events", PageSize=1000).json["events"])


def test_every_operation_is_described() -> None:
    """The catalogue knows every row of the table; only what changes nothing asks for nothing."""
    silent = {of(row) for row in OPERATIONS if not parameters(row) and row.method == "POST"}

    assert silent == {"POST /pointsman/v1/DeadLetters/{event_sid}/Redrive"}
    own = {row.act for row in OPERATIONS if inspect.isfunction(row.act)} - {create_workspace}
    assert own == set(READ)


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", PLAIN, ids=of)
def test_a_wrong_value(place: Place, row: Operation) -> None:
    """A value of a wrong type or out of range is refused by name and told what is allowed, and changes
    nothing.
    """
    names = every_name(place)
    asked = asked_of(place, row.path)
    before = events(place)
    for each in parameters(row):
        for value in wrong(each.value, post=row.method == "POST"):
            answer = ask(place, row, names, asked | {each.name: value})
            assert refused_by_name(answer, each.name), (each.name, value, answer)
            assert says_what_is_allowed(answer, each.value, value), (each.name, value, answer)
    assert events(place) == before


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", PLAIN, ids=of)
def test_what_is_neither_true_nor_false(place: Place, row: Operation) -> None:
    """Any text may stand for a truth value: what does not mean true means false."""
    names = every_name(place)
    asked = asked_of(place, row.path)
    for each in parameters(row):
        if each.value.kind == "truth" and row.method == "GET":
            found = [ask(place, row, names, {each.name: word}) for word in ("nonsense", "false")]
            assert found[0].status == 200
            assert [len(answer.json[answer.json["meta"]["key"]]) for answer in found] == [
                len(found[1].json[found[1].json["meta"]["key"]])
            ] * 2
        elif each.value.kind == "truth":
            answer = ask(place, row, names, asked | {each.name: "nonsense"})
            assert answer.status in (200, 201) or refused_by_name(answer, each.name), answer


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", [row for row in PLAIN if row.method == "POST"], ids=of)
def test_a_missing_value(place: Place, row: Operation) -> None:
    """What is required and missing is named."""
    names = every_name(place)
    asked = asked_of(place, row.path)
    for each in parameters(row):
        if each.required:
            without = {name: value for name, value in asked.items() if name != each.name}
            answer = ask(place, row, names, without)
            assert refused_by_name(answer, each.name), (each.name, answer)


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", PLAIN, ids=of)
def test_a_sid_of_elsewhere(place: Place, row: Operation) -> None:
    """A SID of another workspace is refused by name where it would be used, and filters all out."""
    foreign = sids_by_prefix(every_name(Place(place.server)))
    names = every_name(place)
    asked = asked_of(place, row.path)
    for each in parameters(row):
        if each.value.kind != "sid":
            continue
        sid = foreign[each.value.prefix[:2]]
        answer = ask(place, row, names, asked | {each.name: [sid] if each.value.many else sid})
        if each.name == "QueueSids":  # documented: zeros
            assert answer.json["task_queue_data"][0]["total_tasks"] == 0
        elif row.method == "POST":
            assert refused_by_name(answer, each.name), (each.name, answer)
        elif "meta" in answer.json:
            assert answer.json[answer.json["meta"]["key"]] == [], each.name
        else:
            assert answer.status == 200


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", OPERATIONS, ids=of)
def test_a_path_of_elsewhere(place: Place, row: Operation) -> None:
    """Below another workspace, or with a SID of a wrong kind, nothing is found."""
    foreign = every_name(Place(place.server)) | {"workspace_sid": "WS" + "0" * 32}
    names = every_name(place)
    asked = asked_of(place, row.path)
    for variable in variables(row):
        elsewhere = {foreign[variable], "XX" + "0" * 32} - {names[variable]}
        if row.path.startswith("/pointsman/v1/") and "workspace_sid" not in names:
            elsewhere.discard(foreign[variable])
        for sid in elsewhere:
            answer = ask(place, row, names | {variable: sid}, asked)
            assert answer.status == 404, (variable, sid, answer)
            assert answer.json["code"] == 20404


@pytest.mark.feature(274)
@pytest.mark.parametrize("row", ANSWERS, ids=of)
def test_wrong_answers_to_reservations(place: Place, row: Operation) -> None:
    """A wrong value of an answer or an instruction is refused by name; the offer stays open."""
    names = every_name(place)
    place.post(
        f"/Tasks/{names['task_sid']}",
        Attributes=json.dumps({"call_sid": "CA" + "1" * 32, "from": "+15550102"}),
    )
    foreign = sids_by_prefix(every_name(Place(place.server)))
    told = {each.name: each for each in parameters(row)}
    for name in ("ReservationStatus", "Instruction"):
        for value in wrong(told[name].value, post=True):
            answer = ask(place, row, names, {name: value})
            assert refused_by_name(answer, name)
            assert isinstance(value, dict) or "reject" in answer.json["message"]
    for value in ("nonsense", foreign["WA"]):
        asked = {"ReservationStatus": "rejected", "WorkerActivitySid": value}
        assert refused_by_name(ask(place, row, names, asked), "WorkerActivitySid")
    for instruction, values in INSTRUCTIONS.items():
        if instruction == "supervise":
            continue
        base = {"Instruction": instruction, **BASES[instruction]}
        for each in (Parameter(name, value) for name, value in values.items()):
            for bad in [
                *wrong(each.value, post=True),
                *([foreign["WA"]] * ("WA" in each.value.prefix)),
            ]:
                answer = ask(place, row, names, base | {each.name: bad})
                assert refused_by_name(answer, each.name), (each.name, bad, answer)
                assert says_what_is_allowed(answer, each.value, bad), (each.name, bad, answer)
    assert place.offers(names["task_sid"])[0]["reservation_status"] == "pending"


@pytest.mark.feature(274)
def test_wrong_supervision(place: Place) -> None:
    """A wrong value of the instruction supervise is refused by name."""
    names = every_name(place)
    offer = f"/Tasks/{names['task_sid']}/Reservations/{names['reservation_sid']}"
    place.post(offer, ReservationStatus="accepted")
    for name, value in INSTRUCTIONS["supervise"].items():
        for bad in wrong(value, post=False):
            asked = {"Instruction": "supervise", **BASES["supervise"], name: bad}
            answer = place.post(offer, **asked)
            assert refused_by_name(answer, name)
            assert says_what_is_allowed(answer, value, bad)


def sids_by_prefix(names: dict[str, str]) -> dict[str, str]:
    return {name[:2]: name for name in names.values() if len(name) == 34}
