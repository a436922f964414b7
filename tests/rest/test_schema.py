"""Requests made up from the document of the api: no fault, and no answer that it does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pointsman.rest.openapi import document
from tests.api.builders import Place, every_name
from tests.inside import ORIGIN, Inside, a_server_inside

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 15
"""For each operation; chosen so that all of them take some 20 s."""

_OURS = frozenset({"Host", "Authorization"})
"""Headers that are not made up: who may ask is shown elsewhere."""

api = schemathesis.openapi.from_dict(document("1.0"))


class Reached:
    """A server and, for the variable parts of paths, resources that are there."""

    def __init__(self, server: Inside) -> None:
        self.server = server
        self.names = every_name(Place(server))

        self._asked = 0

    def is_to_be_found(self) -> bool:
        """Whether the next request is for what is there: three of four are."""
        self._asked += 1
        return self._asked % 4 > 0

    def answer(self, case: schemathesis.Case) -> httpx.Response:
        """What is answered to a request that was made up."""
        asked = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
        parts = urlsplit(asked.url)
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        given = {name: value for name, value in asked.headers.items() if name not in _OURS}
        told = self.server.send(
            asked.method or "", httpx.URL(asked.url).path, parts.query.encode(), body, given
        )
        request = httpx.Request(asked.method or "", asked.url, headers=given, content=body)
        response = httpx.Response(
            told.status, headers=told.headers, content=told.body, request=request
        )
        response.elapsed = timedelta(0)
        return response


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    folder: Path = tmp_path_factory.mktemp("schema")
    with a_server_inside(folder / "store") as server:
        yield Reached(server)


@pytest.mark.feature(272)
@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_made_up_requests(case: schemathesis.Case, reached: Reached) -> None:
    """Whatever is asked, of what is there or is not, the answer is one that the document tells."""
    if case.method != "DELETE" and reached.is_to_be_found():
        case.path_parameters = {name: reached.names[name] for name in case.path_parameters}
    case.validate_response(reached.answer(case), checks=CHECKS)
