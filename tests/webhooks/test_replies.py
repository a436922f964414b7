"""A table of answers to assignment callbacks, and what each of them means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.outbound.client import Answer
from pointsman.webhooks.replies import Instruction, instruction_params, judge

JSON = "application/json"


@pytest.mark.feature(143, 147, partly=True)
@pytest.mark.parametrize(
    ("status", "kind", "body", "code", "failed"),
    [
        (200, "text/html", b"", 0, False),
        (200, "", b" \r\n", 0, False),
        (204, "", b"", 0, False),
        (202, JSON, b"", 0, False),
        (200, JSON, b"{}", 0, False),
        (200, JSON, b'{"hello": 1}', 40005, False),
        (200, JSON, b"[]", 40005, False),
        (200, JSON, b'"accept"', 40005, False),
        (200, JSON, b'{"instruction": ', 40001, False),
        (200, JSON, b"\xff\xfe", 40001, False),
        (200, "text/plain", b'{"instruction": "accept"}', 40000, True),
        (200, "", b"OK", 40000, True),
        (302, JSON, b"", 11200, True),
        (404, JSON, b'{"instruction": "accept"}', 11200, True),
        (500, "text/plain", b"Oops", 11200, True),
    ],
)
def test_an_answer_without_an_instruction(
    status: int, kind: str, body: bytes, code: int, failed: bool
) -> None:
    """Each kind of answer has its documented code, and only some are failures."""
    verdict = judge(Answer(status, kind, body))

    assert (verdict.instruction, verdict.code, verdict.failed) == (None, code, failed)


@pytest.mark.feature(144, partly=True)
def test_an_instruction_is_read_with_its_fields() -> None:
    """The word and everything beside it are kept as they were written."""
    body = b'{"instruction": "reject", "activity_sid": "WA1"}'

    assert judge(Answer(200, JSON, body)).instruction == Instruction(
        "reject", {"activity_sid": "WA1"}
    )


@pytest.mark.parametrize(
    ("kind", "fields", "params"),
    [
        (
            "dequeue",
            {"from": "+15550100", "post_work_activity_sid": "WA1", "timeout": 30, "record": None},
            {
                "DequeueFrom": "+15550100",
                "DequeuePostWorkActivitySid": "WA1",
                "DequeueTimeout": "30",
            },
        ),
        (
            "call",
            {"url": "https://a/", "accept": True},
            {"CallUrl": "https://a/", "CallAccept": "true"},
        ),
        ("redirect", {"call_sid": "CA1"}, {"RedirectCallSid": "CA1"}),
        (
            "conference",
            {"from": "+1", "conference_status_callback_event": ["start", "end"]},
            {"From": "+1", "ConferenceStatusCallbackEvent": ["start", "end"]},
        ),
        ("accept", {"anything": 1}, {}),
    ],
)
def test_an_instruction_becomes_the_parameters_of_the_reservation(
    kind: str, fields: dict[str, Any], params: dict[str, Any]
) -> None:
    """Keys in snake case become the api's names, with the prefix of their instruction."""
    assert instruction_params(Instruction(kind, fields)) == {"Instruction": kind, **params}


@given(st.sampled_from([JSON, "text/plain"]), st.binary(max_size=50))
def test_no_answer_breaks_the_judgement(kind: str, body: bytes) -> None:
    """Whatever bytes come back, there is a verdict, and its instruction can be written as parameters."""
    verdict = judge(Answer(200, kind, body))

    if verdict.instruction is not None:
        assert instruction_params(verdict.instruction)["Instruction"] == verdict.instruction.kind
