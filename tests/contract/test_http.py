"""HTTP itself, over a real socket: what a client library hides."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from pointsman.auth.credentials import basic_authorization
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

AUTHORIZATION = {"Authorization": basic_authorization(ACCOUNT_SID, AUTH_TOKEN)}
FORM = {**AUTHORIZATION, "Content-Type": "application/x-www-form-urlencoded"}
MB = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", server.program.port, timeout=20)
    yield opened
    opened.close()


@pytest.mark.feature(276)
@pytest.mark.parametrize(("kind", "limit"), [("x-www-form-urlencoded", 4), ("json", 2)])
def test_large_bodies_are_not_waited_for(
    connection: http.client.HTTPConnection, kind: str, limit: int
) -> None:
    """The announcement of a large body is answered with 413 before any of it was sent."""
    connection.putrequest("POST", "/v1/Workspaces")
    for name, value in AUTHORIZATION.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", f"application/{kind}")
    connection.putheader("Content-Length", str(limit * MB + 1))
    connection.endheaders()

    response = connection.getresponse()

    assert response.status == 413
    assert json.loads(response.read())["code"] == 20001
    assert response.getheader("Connection") == "close"


@pytest.mark.feature(276)
def test_large_bodies_without_a_length(connection: http.client.HTTPConnection) -> None:
    """A body that comes in chunks is refused as soon as it is too long."""
    pieces = iter([b"x" * MB] * 5)

    connection.request("POST", "/v1/Workspaces", body=pieces, headers=FORM, encode_chunked=True)

    assert connection.getresponse().status == 413


def test_one_connection_serves_many(connection: http.client.HTTPConnection) -> None:
    """After refusals the same connection goes on: 401, 404, 405, 415, then a success."""
    requests = [
        ("GET", "/v1/Workspaces", None, {}, 401),
        ("GET", "/v1/Nothing", None, AUTHORIZATION, 404),
        ("PUT", "/v1/Workspaces", b"x", AUTHORIZATION, 405),
        ("POST", "/v1/Workspaces", b"x", {**AUTHORIZATION, "Content-Type": "text/xml"}, 415),
        ("HEAD", "/v1/Workspaces", None, AUTHORIZATION, 200),
        ("GET", "/v1/Work%ff%00%zzspaces", None, AUTHORIZATION, 404),
        ("POST", "/v1/Workspaces", b"FriendlyName=x", FORM, 201),
        ("OPTIONS", "/v1/Workspaces", None, {}, 204),
    ]
    for method, path, body, headers, status in requests:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        read = response.read()
        assert response.status == status, (method, path, read)
        assert response.getheader("Access-Control-Allow-Origin") == "*"


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\xff\x16\x03\x01\r\n\r\n",
        b"GET /v1/Workspaces HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/Workspaces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"G" * 100_000,
    ],
)
def test_what_is_no_http(
    server: Server, connection: http.client.HTTPConnection, junk: bytes
) -> None:
    """Bytes that are no HTTP end their own connection and nothing else."""
    with socket.create_connection(("127.0.0.1", server.program.port), timeout=20) as raw:
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(65_536)
    assert not answer.startswith(b"HTTP/1.1 5")

    connection.request("GET", "/v1/Workspaces", headers=AUTHORIZATION)
    assert connection.getresponse().status == 200


def test_links_follow_the_host(connection: http.client.HTTPConnection) -> None:
    """Links begin with the Host that the client named."""
    headers = {**AUTHORIZATION, "Host": "router.example:81"}

    connection.request("GET", "/v1/Workspaces", headers=headers)

    meta = json.loads(connection.getresponse().read())["meta"]
    assert meta["url"].startswith("http://router.example:81/v1/Workspaces?")
