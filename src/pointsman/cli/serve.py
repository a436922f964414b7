"""`pointsman serve`: open, listen, run until told to stop.

The port is bound before anything is loaded, so that a taken one is told at once and a client that
comes early waits instead of being refused. Signals are ours: the first drains and exits 0, a
second one exits 1 at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

import pointsman
from pointsman import logs
from pointsman.ambient import REAL, Ambient, VirtualAmbient, now, random_bytes, wall
from pointsman.api.params import instant
from pointsman.auth import Account
from pointsman.cli.account import print_new
from pointsman.cli.certificate import Certificate, certificate_or_refuse
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.cli.heads import Handshakes, Requests
from pointsman.cli.hosts import certificates_of
from pointsman.engine.errors import Invalid
from pointsman.seed import SeedError, read_seed
from pointsman.settings import Settings, unknown_variables, variable
from pointsman.store import StoreError
from pointsman.voice.provider import ProviderGone
from pointsman.wire.values import iso

if TYPE_CHECKING:
    from pointsman.app import App

__all__ = ["serve"]

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 65
"""Longer than the pause between two requests of a client that polls once a minute."""
HTTPS_PORT = 443
COLLECT_AFTER = (50_000, 20, 100)
"""Objects made, and rounds of the younger generation, before the collector looks again. Nearly all of
what a request leaves is freed at once by its counts; looking through it more often finds nothing."""
SWITCH_AFTER_S = 0.0005
"""So long the loop keeps the interpreter when the thread that commits wants it too: that one needs it
for moments only, and everybody's answer waits for it."""
SOCKET_MESSAGE_BYTES = 64 * 1024
"""Clients say next to nothing over a socket: commands are POSTs."""


_Host = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")]
_Port = Annotated[int | None, typer.Option(help="Port; 0 takes a free one [8080].")]
_PublicUrl = Annotated[
    str | None, typer.Option(help="Scheme and host that clients reach, for links.")
]
_TlsCert = Annotated[
    Path | None, typer.Option(help="Certificate, PEM with its chain: serve https and wss.")
]
_TlsKey = Annotated[Path | None, typer.Option(help="The certificate's private key, PEM.")]
_Hosts = Annotated[
    bool,
    typer.Option("--hosts", help="TLS for the names of `pointsman hosts`, on port 443 [8080]."),
]
_VirtualClock = Annotated[
    bool, typer.Option("--virtual-clock", help="For tests: time moves only when it is told to.")
]
_Start = Annotated[str, typer.Option(help="With --virtual-clock: the time to begin at [now].")]
_SeedFile = Annotated[
    Path | None,
    typer.Option(help="With --virtual-clock: the workspace to begin with, YAML or JSON."),
]


def serve(
    host: _Host = None,
    port: _Port = None,
    data: Annotated[Path | None, typer.Option(help="Data folder [./pointsman-data].")] = None,
    demo: Annotated[bool | None, typer.Option("--demo", help="With a demo workspace.")] = None,
    public_url: _PublicUrl = None,
    tls_cert: _TlsCert = None,
    tls_key: _TlsKey = None,
    hosts: _Hosts = False,
    virtual_clock: _VirtualClock = False,
    start: _Start = "",
    seed_file: _SeedFile = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C."""
    if os.environ.get(variable("log")) == "json":
        logs.set_up("json")  # what is wrong with the other settings is a line of the log, too
    chosen: dict[str, object] = {
        "host": host,
        "port": port,
        "data": data,
        "demo": demo,
        "public_url": public_url,
    }
    files = {
        name: str(file) for name, file in (("tls_cert", tls_cert), ("tls_key", tls_key)) if file
    }
    if hosts and files:
        refuse("--hosts has a certificate of its own; --tls-cert and --tls-key do not go with it.")
    chosen |= _hosts_choices(data, port) if hosts else files
    settings = settings_or_refuse(**chosen)
    _refuse_an_open_demo(settings)
    if not virtual_clock and (start or seed_file):
        refuse("--start and --seed-file go with --virtual-clock; a server for others has neither.")
    ambient = _virtual(start) if virtual_clock else REAL
    seed = partial(read_seed, seed_file) if seed_file else None
    _set_up_log(settings)
    from pointsman.app import create_app  # the other commands need not wait for a whole server

    sys.setswitchinterval(SWITCH_AFTER_S)
    certificate = certificate_or_refuse(settings)
    listener = _listen(settings)
    settings = dataclasses.replace(settings, port=listener.getsockname()[1])  # of 0 a free one
    _allow_many_files()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(create_app(settings, ambient, seed), listener, certificate))


def _hosts_choices(data: Path | None, port: int | None) -> dict[str, object]:
    """The settings that `--hosts` stands for; a port that was named stays."""
    certificates = certificates_of(settings_or_refuse(data=data))
    if not certificates.exist:
        refuse(f"There are no certificates in {certificates.folder}; `pointsman hosts` makes them.")
    files: dict[str, object] = {
        "tls_cert": str(certificates.certificate),
        "tls_key": str(certificates.key),
    }
    named = port is not None or variable("port") in os.environ
    return files if named else {**files, "port": HTTPS_PORT}


def _set_up_log(settings: Settings) -> None:
    logs.set_up(settings.log, settings.log_level)
    logging.captureWarnings(True)
    logs.keep_secret(
        [
            settings.auth_token,
            settings.api_key_secret,
            settings.secret_key,
            settings.demo_key,
            settings.softphone_secret,
        ]
    )
    for name in unknown_variables(os.environ):
        told = f"{name} is not a setting, see docs/settings.md; it is ignored."
        _say(settings, told, error=True)


def _say(settings: Settings, sentence: str, *, error: bool = False) -> None:
    """Tell the operator: as a line of the log where programs read it, else as it stands."""
    if settings.log == "json":
        log.log(logging.WARNING if error else logging.INFO, "%s", sentence)
    else:
        typer.echo(sentence, err=error)


def _tell_account(settings: Settings, made: Account) -> None:
    """Show the first account, once. This is printed and never logged: a log is kept, and read by others."""
    told = "A first account was made"
    if settings.log != "json":
        typer.echo(f"{told}:")
        print_new(made)
        return
    secret = {"message": told, "account_sid": made.sid, "auth_token": made.auth_token}
    line = {"time": round(wall(), 3), "level": "info", "logger": log.name, **secret}
    typer.echo(json.dumps(line))


def _refuse_an_open_demo(settings: Settings) -> None:
    if settings.demo and not settings.on_loopback and not settings.demo_key:
        refuse(
            f"A demo hands out tokens to whoever asks, and {settings.host} can be reached by others: "
            "set POINTSMAN_DEMO_KEY, or listen on 127.0.0.1."
        )


def _listen(settings: Settings) -> socket.socket:
    """A listening socket, or an end with a sentence."""
    host = settings.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror  # a name fails below zero
        if isinstance(error, PermissionError):
            refuse(
                f"Cannot listen on {settings.host} port {settings.port} ({reason}); ports below 1024 "
                "need root or CAP_NET_BIND_SERVICE. Choose with --port."
            )
        refuse(
            f"Cannot listen on {settings.host} port {settings.port} ({reason}); "
            "is another server running there? Choose with --host and --port."
        )


def _allow_many_files() -> None:
    """Every socket is an open file, and systems give a program few unless it asks for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _virtual(start: str) -> Ambient:
    """A clock that stands still at this time; tokens go on by the machine's."""
    try:
        start_ms = instant("--start", start) if start else now()
    except Invalid as refusal:
        refuse(f"{refusal.message}.")
    chance = int.from_bytes(random_bytes(8))
    return VirtualAmbient(start_ms, seed=chance, machine_wall=True)


async def _run(app: App, listener: socket.socket, certificate: Certificate | None) -> None:
    settings = app.settings
    try:
        made = app.open()
    except (StoreError, ProviderGone) as error:
        refuse(str(error))
    if made is not None:
        _tell_account(settings, made)
    server = _Server(_configuration(app, settings, certificate))
    handling = _on_signals(app, server, settings.drain_s)
    if certificate is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, certificate.read_again)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await app.load()
        gc.collect()
        gc.freeze()  # what was loaded stays; the collector need not walk it again
        gc.set_threshold(*COLLECT_AFTER)
        _tell(app)
    except (StoreError, SeedError, ProviderGone) as error:
        refuse(str(error))
    finally:
        server.should_exit |= not app.ready
        await serving
        await app.close()
        handling.close()


def _configuration(app: App, settings: Settings, certificate: Certificate | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_context_factory=(lambda config, default: certificate.context) if certificate else None,
        access_log=False,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, int(settings.drain_s)),
        timeout_keep_alive=KEEP_ALIVE_S,
        http=Requests,
        ws=Handshakes,
        ws_max_size=SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a compressor for each socket costs more than it saves
        ws_ping_interval=settings.heartbeat_s,  # beside the heartbeat: notices half-open sockets
        ws_ping_timeout=settings.heartbeat_s,
    )


class _Server(uvicorn.Server):
    """uvicorn without its signal handling, which would raise SIGTERM again at the end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _on_signals(app: App, server: _Server, drain_s: float) -> contextlib.ExitStack:
    """SIGTERM and SIGINT drain; a second one, or the end of patience, does not wait."""
    loop = asyncio.get_running_loop()
    undo = contextlib.ExitStack()
    draining: list[asyncio.Task[None]] = []

    async def drain() -> None:
        await app.drain()
        server.should_exit = True

    def stop() -> None:
        if draining:
            os._exit(1)
        draining.append(loop.create_task(drain()))
        undo.callback(loop.call_later(drain_s, setattr, server, "force_exit", True).cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
        undo.callback(loop.remove_signal_handler, number)
    return undo


def _tell(app: App) -> None:
    """Say where to find the server, with the real port."""
    settings = app.settings
    _say(settings, f"Pointsman {pointsman.__version__} listens on {settings.origin}")
    if settings.demo:
        _say(settings, f"Open {settings.origin}/ to work as a demo worker.")
    if isinstance(app.ambient, VirtualAmbient):
        told = f"Its time is {iso(app.ambient.now())} and moves only when it is told to."
        _say(settings, told)


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    """The faster event loop where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop
