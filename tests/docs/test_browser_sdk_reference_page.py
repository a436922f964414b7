"""docs/browser-sdk-reference.md is what the served types say."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.docs.declarations import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "browser-sdk-reference.md"


def declarations() -> str:
    """The types as the server serves them; building the web files makes them."""
    return files("pointsman.console").joinpath("static/sdk/taskrouter.d.ts").read_text("utf-8")


@pytest.mark.feature(302)
def test_the_reference_is_that_of_the_types(rewrite: bool) -> None:
    """The page holds every class, method and field with its type and its sentence, and nothing else."""
    told = reference(declarations())
    if rewrite:
        PAGE.write_text(told, encoding="utf-8")
        return

    assert PAGE.read_text(encoding="utf-8") == told


@pytest.mark.feature(302)
def test_the_reference_misses_nothing() -> None:
    """Every name that is declared is a heading, and every public method has a sentence."""
    told = reference(declarations())
    names = re.findall(
        r"^(?:declare )?(?:abstract )?(?:class|interface|type|const) (\w+)",
        declarations(),
        re.MULTILINE,
    )
    assert set(names) == set(re.findall(r"^## (\w+)$", told, re.MULTILINE))
    for section in told.split("\n## ")[1:]:
        methods = re.findall(r"^- `(\w+)[(<].*?`(  $)?", section, re.MULTILINE)
        described = {name for name, sentence in methods if sentence}
        assert {name for name, _ in methods} - described <= {"constructor"}, section
