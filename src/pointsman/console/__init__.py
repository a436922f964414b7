"""Serves what browsers load: the SDK's files, and the page at `/`.

The files were built from `web/` and are read once. A path with the version in it never changes its
bytes; `sdk_tag` is the one place that knows the script line. No private endpoint lives here, and
nothing here knows workers, tasks or tokens.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

__all__ = ["STATIC", "SdkFile", "SdkMissing", "load_sdk", "routes", "sdk_tag"]

STATIC = Path(__file__).parent / "static"
_JAVASCRIPT = "text/javascript; charset=utf-8"
_SDK_TYPES = {
    "taskrouter.min.js": _JAVASCRIPT,
    "taskrouter.mjs": _JAVASCRIPT,
    "taskrouter.d.ts": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=300, must-revalidate"


class SdkMissing(Exception):
    """The SDK's files are not where the build puts them."""


@dataclass(frozen=True)
class SdkFile:
    """One file of the browser SDK, with the headers it is served with."""

    body: bytes
    media_type: str

    @property
    def integrity(self) -> str:
        """The value of a script tag's `integrity`."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()

    def response(self, request: Request, cache_control: str) -> Response:
        """The file for any origin; 304 when the browser has it already."""
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": cache_control,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": f'"{hashlib.sha256(self.body).hexdigest()[:32]}"',
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


def load_sdk(static: Path = STATIC) -> dict[str, SdkFile]:
    """Every file of the SDK by its name; `SdkMissing` says how to build them."""
    try:
        return {
            name: SdkFile((static / "sdk" / name).read_bytes(), media_type)
            for name, media_type in _SDK_TYPES.items()
        }
    except FileNotFoundError as missing:
        raise SdkMissing(f"{missing.filename} is not built; run `make web`.") from missing


def sdk_tag(origin: str, version: str, sdk: dict[str, SdkFile]) -> str:
    """The complete line that loads the browser SDK from this server and no other bytes."""
    address = f"{origin}/sdk/v{version}/taskrouter.min.js"
    integrity = sdk["taskrouter.min.js"].integrity
    return (
        f'<script src="{escape(address)}" integrity="{integrity}" crossorigin="anonymous"></script>'
    )


def routes(
    version: str, *, demo: bool = False, public_url: str = "", static: Path = STATIC
) -> list[BaseRoute]:
    """The SDK's paths, and `/`: the worker's page with `demo`, else what there is to load."""
    sdk = load_sdk(static)

    async def front(request: Request) -> Response:
        origin = public_url or f"{request.url.scheme}://{request.url.netloc}"
        return HTMLResponse(
            _FRONT.format(version=version, tag=escape(sdk_tag(origin, version, sdk)))
        )

    served: list[BaseRoute] = []
    for name, file in sdk.items():  # a route each: any other name is an ordinary 404
        served.append(_file_route(f"/sdk/{name}", file, _ASK_AGAIN))
        served.append(_file_route(f"/sdk/v{version}/{name}", file, _FOR_EVER))
    if demo:
        return [*served, Mount("/", _Page(directory=static / "page", html=True, check_dir=False))]
    return [*served, Route("/", front)]


class _Page(StaticFiles):
    """The worker's page: asked for again after each release, and never inside somebody's frame."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        return response


def _file_route(path: str, file: SdkFile, cache_control: str) -> Route:
    async def serve(request: Request) -> Response:
        return file.response(request, cache_control)

    return Route(path, serve)


_FRONT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pointsman {version}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 46rem; padding: 0 1rem }}
  pre {{ background: #8881; border-radius: .5rem; overflow-x: auto; padding: 1rem; user-select: all }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #16181d; color: #e6e6e6 }} a {{ color: #8ab4f8 }} }}
</style>
<h1>Pointsman {version}</h1>
<p>The server runs. This line loads the browser SDK from it:</p>
<pre>{tag}</pre>
<ul>
  <li><a href="/sdk/taskrouter.mjs">ES module</a> and <a href="/sdk/taskrouter.d.ts">types</a></li>
  <li><a href="/healthz">health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></li>
</ul>
<p>REST lives below <code>/v1</code>; the worker's page is here when the server runs with
<code>--demo</code>.</p>
</html>
"""
