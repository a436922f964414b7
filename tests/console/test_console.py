"""The SDK's files and the page at `/`, over ASGI."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from pointsman.console import SdkMissing, load_sdk, routes, sdk_tag

FILES = {
    "sdk/taskrouter.min.js": b"var Twilio;",
    "sdk/taskrouter.mjs": b"export class Worker {}",
    "sdk/taskrouter.d.ts": b"export declare class Worker {}",
    "page/index.html": b"<!doctype html><title>worker</title>",
    "page/assets/page.js": b"run()",
}


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    for name, body in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return tmp_path


def get(static: Path, path: str, *, demo: bool = False, **headers: str) -> httpx.Response:
    app = Starlette(routes=routes("1.2.3", demo=demo, static=static))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://router:81") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.feature(238)
@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("taskrouter.min.js", "text/javascript; charset=utf-8"),
        ("taskrouter.mjs", "text/javascript; charset=utf-8"),
        ("taskrouter.d.ts", "text/plain; charset=utf-8"),
    ],
)
def test_the_sdk_is_served_to_every_origin(static: Path, name: str, media_type: str) -> None:
    """Each SDK file comes with its type, for any origin, and is not guessed at."""
    answer = get(static, f"/sdk/{name}")

    assert answer.status_code == 200
    assert answer.content == FILES[f"sdk/{name}"]
    assert answer.headers["content-type"] == media_type
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.feature(238)
def test_a_path_with_the_version_never_changes(static: Path) -> None:
    """A versioned path may be kept for ever; another version is not found here."""
    answer = get(static, "/sdk/v1.2.3/taskrouter.min.js")

    assert answer.content == FILES["sdk/taskrouter.min.js"]
    assert "immutable" in answer.headers["cache-control"]
    assert get(static, "/sdk/v9.9.9/taskrouter.min.js").status_code == 404


def test_a_browser_that_has_the_file_is_told_so(static: Path) -> None:
    """The same ETag is answered 304, without a body."""
    etag = get(static, "/sdk/taskrouter.mjs").headers["etag"]
    answer = get(static, "/sdk/taskrouter.mjs", **{"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("name", ["other.js", "..%2fpage%2findex.html", ""])
def test_nothing_else_lies_below_sdk(static: Path, name: str) -> None:
    """Only the three files are below /sdk/."""
    assert get(static, f"/sdk/{name}").status_code == 404


@pytest.mark.feature(239)
def test_the_tag_names_version_and_hash(static: Path) -> None:
    """The script line names the pinned path and the SHA-384 of exactly those bytes."""
    digest = base64.b64encode(hashlib.sha384(FILES["sdk/taskrouter.min.js"]).digest()).decode()

    assert sdk_tag("https://r.example", "1.2.3", load_sdk(static)) == (
        '<script src="https://r.example/sdk/v1.2.3/taskrouter.min.js" '
        f'integrity="sha384-{digest}" crossorigin="anonymous"></script>'
    )


@pytest.mark.feature(239)
def test_the_front_page_shows_the_tag(static: Path) -> None:
    """Without a demo, `/` shows version and the line that loads the SDK from the asked host."""
    answer = get(static, "/")

    assert "Pointsman 1.2.3" in answer.text
    assert sdk_tag("http://router:81", "1.2.3", load_sdk(static)) in html.unescape(answer.text)


@pytest.mark.feature(232)
def test_with_a_demo_the_worker_page_is_at_the_root(static: Path) -> None:
    """With a demo, `/` is the worker's page, with the files it loads."""
    page = get(static, "/", demo=True)

    assert page.content == FILES["page/index.html"]
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-frame-options"] == "DENY"
    assert get(static, "/assets/page.js", demo=True).content == FILES["page/assets/page.js"]
    assert get(static, "/nothing.js", demo=True).status_code == 404
    assert get(static, "/sdk/taskrouter.mjs", demo=True).status_code == 200


def test_files_that_are_not_built_are_named(tmp_path: Path) -> None:
    """Without the built files the refusal says which one is missing and how to build it."""
    with pytest.raises(SdkMissing, match=r"taskrouter\.min\.js is not built; run `make web`"):
        load_sdk(tmp_path)
