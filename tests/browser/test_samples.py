"""docs/browser-sdk.md: every sample of the original's documentation runs as printed.

The samples are those of the page; the tables say what each must print or do. Nothing is skipped: a
sample without a row, and a row without a sample, fail.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.application import Application
from tests.browser.phones import Phones
from tests.browser.place import Place
from tests.browser.samples import ROWS, Row
from tests.browser.samples_of_clients import CLIENTS
from tests.browser.samples_of_supervision import SUPERVISION
from tests.browser.samples_of_telephony import TELEPHONY, Telephony, run
from tests.browser.samples_on_phones import refuses_a_foreign_call, run_on_phones
from tests.browser.stage import DOCUMENT, SAMPLES, TEXT, Stage
from tests.server import Server

REFERENCE = DOCUMENT.with_name("browser-sdk-reference.md")


@pytest.fixture
def stage(window: Callable[..., Page], application: Application, place: Place) -> Stage:
    """A page and a workspace for one sample."""
    return Stage(window(), application, place)


@pytest.fixture
def phones(simulated: Server, application: Application) -> Iterator[Phones]:
    """Phones that do as they are told."""
    made = Phones(simulated, application)
    yield made
    made.close()


@pytest.mark.feature(302)
def test_every_sample_of_the_page_has_a_row() -> None:
    """The page's samples and the tables' rows are the same, in the same order."""
    telephony = [sample.name for sample in TELEPHONY]
    rows = [name for name, _ in ROWS] + telephony + [name for name, _ in (*SUPERVISION, *CLIENTS)]

    assert list(dict.fromkeys(rows)) == list(SAMPLES)
    assert len(SAMPLES) == TEXT.count("<!-- sample: ")


@pytest.mark.feature(253, 302)
@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_a_sample(stage: Stage, name: str, row: Row) -> None:
    """The sample runs in a classic script, and prints or does what the documentation says."""
    assert name in SAMPLES
    row(stage)


@pytest.mark.feature(253, 302)
@pytest.mark.feature("181.19", "181.20", "181.21", "181.22", partly=True)
@pytest.mark.parametrize("sample", TELEPHONY, ids=lambda sample: sample.name)
def test_a_sample_that_begins_a_call(stage: Stage, sample: Telephony) -> None:
    """Its parameters are sent as printed, and without telephony it calls back with the documented code."""
    run(stage, sample)


@pytest.mark.feature(253, 302)
@pytest.mark.feature("181.19", "181.20", "181.21", "181.22")
@pytest.mark.parametrize("sample", TELEPHONY, ids=lambda sample: sample.name)
def test_a_sample_on_phones(
    window: Callable[..., Page],
    application: Application,
    simulated: Server,
    phones: Phones,
    sample: Telephony,
) -> None:
    """The phone that it names rings, caller and worker hear what they should, and its callback runs."""
    run_on_phones(Stage(window(), application, Place(simulated)), phones, sample)


@pytest.mark.feature("181.22", partly=True)
def test_a_foreign_call_is_not_redirected(
    window: Callable[..., Page], application: Application, simulated: Server, phones: Phones
) -> None:
    """The redirect sample with somebody else's call is refused, and that caller keeps his music."""
    stage = Stage(window(), application, Place(simulated))
    refuses_a_foreign_call(stage, phones, Place(simulated))


@pytest.mark.feature(184)
@pytest.mark.parametrize(("name", "row"), SUPERVISION, ids=[name for name, _ in SUPERVISION])
def test_a_sample_for_supervisors(stage: Stage, name: str, row: Row) -> None:
    """The page's samples beside those of the original run too."""
    assert name in SAMPLES
    row(stage)


@pytest.mark.parametrize(("name", "row"), CLIENTS, ids=[name for name, _ in CLIENTS])
def test_a_sample_of_what_every_client_can_do(stage: Stage, name: str, row: Row) -> None:
    """What the original's page has no sample of has one here, and it runs."""
    row(stage)


@pytest.mark.feature(302)
def test_every_method_of_the_reference_is_in_a_sample() -> None:
    """Whatever the types offer, some sample of the page calls it."""
    methods = set(re.findall(r"^- `(\w+)[(<]", REFERENCE.read_text("utf-8"), re.MULTILINE))
    called = set(re.findall(r"\.(\w+)\(", "\n".join(SAMPLES.values())))

    assert methods - called == {"constructor"}


@pytest.mark.feature(302)
def test_the_document_of_the_redirect_sample_is_xml() -> None:
    """The page's TwiML parses, and says what the original's does."""
    text: Any = TEXT.split("```xml\n")[1].split("```")[0]
    response = ET.fromstring(text)

    assert response.tag == "Response"
    assert [(verb.tag, verb.text) for verb in response] == [("Say", "Hello from Twilio!")]
