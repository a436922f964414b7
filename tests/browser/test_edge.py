"""The edge by itself: who may register there, and that nobody calls through it but the telephone side."""

from __future__ import annotations

import hashlib
import re
import socket
import time
from collections.abc import Iterator

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from pointsman.voice.softphone import credentials
from tests.browser.edge import SECRET, Edge, an_edge

REALM = "pointsman"
REQUEST = (
    "{method} sip:{target} SIP/2.0\r\n"
    "Via: SIP/2.0/{via};branch=z9hG4bK{number};rport\r\n"
    "From: <sip:{name}@pointsman>;tag=t\r\nTo: <sip:{to}@pointsman>\r\n"
    "Call-ID: {number}@{window}\r\nCSeq: {number} {method}\r\nMax-Forwards: 10\r\n"
    "Contact: <sip:{window}@browser.invalid;transport=ws>\r\nExpires: {expires}\r\n"
    "{more}Content-Length: 0\r\n\r\n"
)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with an_edge(tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.fixture
def browser(edge: Edge) -> Iterator[ClientConnection]:
    """A WebSocket as a browser's softphone opens it."""
    with connect(edge.url, subprotocols=[Subprotocol("sip")]) as socket:
        yield socket


def request(method: str, name: str, number: int, **more: str) -> str:
    fields = {"target": REALM, "to": name, "via": "WS browser.invalid", "more": ""}
    fields |= {"window": "first", "expires": "60"}
    return REQUEST.format(method=method, name=name, number=number, **{**fields, **more})


def status(answer: str | bytes) -> int:
    text = answer if isinstance(answer, str) else answer.decode()
    return int(text.split(" ", 2)[1])


def registered(
    browser: ClientConnection, name: str, username: str, password: str, **how: str
) -> int:
    """The final answer to a registration that is signed as asked for."""
    browser.send(request("REGISTER", name, 1, **how))
    asked = str(browser.recv())
    assert status(asked) == 401
    [nonce] = re.findall(r'nonce="([^"]+)"', asked)

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    uri = f"sip:{REALM}"
    secret = md5(f"{username}:{REALM}:{password}")
    rest = f"{nonce}:00000001:abc:auth:" if "qop" in asked else f"{nonce}:"
    response = md5(f"{secret}:{rest}{md5(f'REGISTER:{uri}')}")
    signed = (
        f'Authorization: Digest username="{username}", realm="{REALM}", nonce="{nonce}", '
        f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"\r\n'
    )
    browser.send(request("REGISTER", name, 2, more=signed, **how))
    return status(browser.recv())


def given(name: str, ends_in_s: int) -> tuple[str, str]:
    made = credentials(SECRET.encode(), name, int(time.time()) + ends_in_s)
    return made["username"], made["password"]


@pytest.mark.feature(230, partly=True)
def test_who_has_what_the_server_gives_is_registered(browser: ClientConnection) -> None:
    """With the credentials of a client its name can be registered until they end."""
    assert registered(browser, "alice", *given("alice", 60)) == 200
    assert registered(browser, "alice", *given("alice", -60)) == 401


@pytest.mark.feature(230, 231, partly=True)
def test_nobody_registers_as_somebody_else(browser: ClientConnection) -> None:
    """Not with a guessed password, not with one's own for another name, and not without a WebSocket."""
    username, password = given("eve", 60)
    assert registered(browser, "eve", username, password + "x") == 401
    assert registered(browser, "alice", username, password) == 403


def by_udp(edge: Edge, text: str, sender: str = "127.0.0.1") -> int:
    """The first final answer to a request that comes by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((sender, 0))
        phone.settimeout(5)
        phone.sendto(text.encode(), ("127.0.0.1", edge.sip_port))
        while (answered := status(phone.recv(4096))) < 200:
            pass
        return answered


@pytest.mark.feature(231, partly=True)
def test_calls_come_from_the_telephone_side_alone(browser: ClientConnection, edge: Edge) -> None:
    """No browser calls through the edge, nor any address but one; nobody registers past the WebSocket."""
    assert registered(browser, "alice", *given("alice", 60)) == 200
    browser.send(request("INVITE", "alice", 3, to="bob", target=f"bob@{REALM}"))
    assert status(browser.recv()) == 403
    plain = {"via": "UDP 127.0.0.1", "target": f"bob@{REALM}", "to": "bob"}
    assert by_udp(edge, request("INVITE", "x", 4, **plain)) == 480
    assert by_udp(edge, request("INVITE", "x", 5, **plain), "127.0.0.2") == 403
    assert by_udp(edge, request("REGISTER", "x", 6, **plain)) == 403


@pytest.mark.feature(230, partly=True)
def test_the_newest_window_is_the_phone(browser: ClientConnection, edge: Edge) -> None:
    """It stays so when the older one says goodbye after it, and nobody is there when it is closed."""
    login = given("carla", 60)
    called = {"via": "UDP 127.0.0.1", "target": f"carla@{REALM}", "to": "carla"}
    with connect(edge.url, subprotocols=[Subprotocol("sip")]) as newer:
        assert registered(browser, "carla", *login, window="older") == 200
        assert registered(newer, "carla", *login, window="newer") == 200
        assert registered(browser, "carla", *login, window="older", expires="0") == 200
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.bind(("127.0.0.1", 0))
            invite = request("INVITE", "x", 7, **called)
            caller.sendto(invite.encode(), ("127.0.0.1", edge.sip_port))
            assert str(newer.recv(timeout=5)).startswith("INVITE sip:newer@browser.invalid")
    answers = (by_udp(edge, request("INVITE", "x", n, **called)) for n in range(8, 60))
    assert next(answer for answer in answers if answer == 480)
