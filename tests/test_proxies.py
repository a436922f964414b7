"""Who may say where a request came from."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from pointsman.app import App
from pointsman.proxies import Proxies
from pointsman.settings import Settings, SettingsError
from tests.server import ACCOUNT_SID, AUTH_TOKEN
from tests.test_app import living

FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "router.example",
    "X-Forwarded-For": "203.0.113.7, 198.51.100.9",
}


def a_request(kind: str, client: tuple[str, int] | None) -> dict[str, Any]:
    headers = [(name.lower().encode(), value.encode()) for name, value in FORWARDED.items()]
    headers.append((b"host", b"inside:8080"))
    scheme = "http" if kind == "http" else "ws"
    return {"type": kind, "scheme": scheme, "headers": headers, "client": client}


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_a_trusted_proxy_tells_of_its_client(kind: str, scheme: str) -> None:
    """Scheme, host and the nearest client's address are those that a trusted proxy tells."""
    asked = Proxies("10.0.0.0/8, ::1").original(a_request(kind, ("10.1.2.3", 4711)))

    assert asked["scheme"] == scheme
    assert [value for name, value in asked["headers"] if name == b"host"] == [b"router.example"]
    assert asked["client"] == ("198.51.100.9", 0)


@pytest.mark.parametrize("client", [("192.0.2.1", 1), ("::2", 1), ("/run/socket", 0), None])
def test_nobody_else_is_believed(client: tuple[str, int] | None) -> None:
    """From an address that is not trusted, or from none, the request stays as it is."""
    asked = a_request("http", client)

    assert Proxies("10.0.0.0/8, ::1").original(asked) is asked


def test_without_trusted_proxies_nothing_is_believed() -> None:
    """The default trusts nobody, not even this machine."""
    asked = a_request("http", ("127.0.0.1", 1))

    assert Proxies("").original(asked) is asked


def test_what_a_proxy_does_not_tell_stays() -> None:
    """A trusted proxy without headers, or with a scheme that is none, changes nothing."""
    asked = a_request("http", ("10.1.2.3", 1))
    asked["headers"] = [(b"host", b"inside"), (b"x-forwarded-proto", b"gopher")]

    assert Proxies("10.1.2.3").original(asked) == asked


@pytest.mark.feature(292)
@pytest.mark.parametrize(
    ("trusted", "begins"), [("10.0.0.0/8", "https://router.example/v1"), ("", "http://inside/v1")]
)
def test_paging_links_name_what_a_trusted_proxy_was_asked_for(
    trusted: str, begins: str, tmp_path: Path
) -> None:
    """Links begin with the forwarded scheme and host, if the proxy is trusted, and only then."""

    async def url() -> str:
        settings = Settings(
            data=tmp_path,
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            trusted_proxies=trusted,
        )
        app = App(settings)
        through = httpx.ASGITransport(app, client=("10.1.2.3", 4711))
        async with living(app), httpx.AsyncClient(transport=through) as http:
            answer = await http.get(
                "http://inside/v1/Workspaces", headers=FORWARDED, auth=(ACCOUNT_SID, AUTH_TOKEN)
            )
            return str(answer.json()["meta"]["first_page_url"])

    assert asyncio.run(url()).startswith(begins)


def test_a_network_that_is_none_is_refused() -> None:
    """A setting that names no address ends the start with a sentence."""
    with pytest.raises(SettingsError, match="POINTSMAN_TRUSTED_PROXIES names 'everybody'"):
        Settings(trusted_proxies="10.0.0.0/8,everybody")
