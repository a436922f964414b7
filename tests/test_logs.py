"""Log lines for people and for programs, without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pointsman import logs


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """A stream that takes the place of standard error while the test runs."""
    root, own = logging.getLogger(), logging.getLogger("pointsman")
    before = root.handlers[:], root.level, own.level
    yield io.StringIO()
    root.handlers[:], root.level, own.level = before
    logs._secrets.clear()


def test_a_line_for_people_has_its_fields_at_the_end(out: io.StringIO) -> None:
    """A plain line reads: time, level, logger, message, fields."""
    logs.set_up("text", "info", out)
    logging.getLogger("pointsman.app").info("listening", extra={"port": 8080})

    assert out.getvalue()[9:] == "info    pointsman.app: listening port=8080\n"


@pytest.mark.feature(295)
def test_a_line_for_programs_is_one_json_object(out: io.StringIO) -> None:
    """With json each line is an object with time, level, logger, message and the fields."""
    logs.set_up("json", "info", out)
    logging.getLogger("pointsman.app").warning("slow", extra={"took_s": 1.5})
    line = json.loads(out.getvalue())

    assert line.pop("time") > 1_600_000_000
    assert line == {
        "level": "warning",
        "logger": "pointsman.app",
        "message": "slow",
        "took_s": 1.5,
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_told_with_its_place(out: io.StringIO, form: str) -> None:
    """A logged exception comes with its traceback, in either form."""
    logs.set_up(form, "info", out)
    try:
        raise ArithmeticError("seven")
    except ArithmeticError:
        logging.getLogger("pointsman").exception("crashed")

    assert "ArithmeticError: seven" in out.getvalue()
    assert "test_logs.py" in out.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.feature(286)
@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ('hush"hush', "the token is {}"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBQyJ9.c2lnbmF0dXJl", "GET /v1/wschannels/{}"),
        ("QUMwMDA6aHVzaGh1c2g=", "Authorization: Basic {}"),
        ("someone:password1", "posting to https://{}@example.com/hook"),
    ],
)
def test_a_secret_never_reaches_a_line(out: io.StringIO, form: str, secret: str, line: str) -> None:
    """Kept secrets, tokens, Basic credentials and passwords in addresses are masked."""
    logs.set_up(form, "info", out)
    logs.keep_secret(['hush"hush', "x"])
    told = line.format(secret)
    logging.getLogger("pointsman").info(told, extra={"again": told})

    assert secret not in out.getvalue()
    assert json.dumps(secret)[1:-1] not in out.getvalue()
    assert out.getvalue().count("[secret]") == 2


def test_the_level_is_kept(out: io.StringIO) -> None:
    """Lines below the chosen level are not written; other libraries speak from warning on."""
    logs.set_up("text", "warning", out)
    logging.getLogger("pointsman").info("quiet")
    logging.getLogger("elsewhere").info("quiet")
    logging.getLogger("elsewhere").warning("loud")

    assert "quiet" not in out.getvalue()
    assert "loud" in out.getvalue()
