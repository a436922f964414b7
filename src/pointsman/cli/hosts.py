"""`pointsman hosts`: programs with the original's host names built in, led to this machine.

What goes into the hosts file is on standard output, what else there is to know on standard error.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from pointsman.ambient import now
from pointsman.cli.account import DataFolder
from pointsman.cli.ending import refuse, settings_or_refuse
from pointsman.hosts.certificates import Certificates
from pointsman.hosts.lines import block, with_block, without_block
from pointsman.hosts.names import names_of
from pointsman.settings import Settings
from pointsman.store import StoreError
from pointsman.store.folder import prepare_folder

__all__ = ["certificates_of", "hosts"]

_Region = Annotated[
    list[str] | None, typer.Option(help="Names of this region too: ie1, ie1-ix, dublin.ie1 …")
]
_Apply = Annotated[bool, typer.Option("--apply", help="Write the lines into the hosts file.")]
_Remove = Annotated[
    bool, typer.Option("--remove", help="Take the lines out and delete the certificates.")
]
_NoApi = Annotated[
    bool, typer.Option("--no-api", help="Leave api.twilio.com (calls, messages) alone.")
]
_Address = Annotated[str, typer.Option(help="Where the names are to lead.")]
_HostsFile = Annotated[Path, typer.Option(help="The hosts file.")]


def hosts(
    region: _Region = None,
    apply: _Apply = False,
    remove: _Remove = False,
    no_api: _NoApi = False,
    address: _Address = "127.0.0.1",
    hosts_file: _HostsFile = Path("/etc/hosts"),
    data: DataFolder = None,
) -> None:
    """Lead the original's host names here: certificates, and lines for the hosts file."""
    certificates = certificates_of(settings_or_refuse(data=data))
    if remove:
        if apply or region or no_api:
            refuse("--remove undoes everything; it goes with --hosts-file and --data only.")
        _remove(hosts_file, certificates)
        return
    try:
        names = names_of(region or (), telephony=not no_api)
        lines = block(str(ipaddress.ip_address(address)), names)
    except ValueError as problem:
        refuse(str(problem))
    _ensure(certificates, names)
    if apply:
        _rewrite(hosts_file, with_block(_content(hosts_file), lines))
        typer.echo(f"{hosts_file} leads {len(names)} names to {address}.", err=True)
    else:
        typer.echo(lines.decode(), nl=False)
        typer.echo(
            f"\nThese lines belong into {hosts_file}; --apply writes them (as root).", err=True
        )
    _tell(certificates)


def certificates_of(settings: Settings) -> Certificates:
    """Where the certificates lie, made or not."""
    return Certificates(settings.data.absolute() / "hosts")


def _ensure(certificates: Certificates, names: list[str]) -> None:
    try:
        prepare_folder(certificates.folder.parent)
        certificates.ensure(names, now())
    except StoreError as problem:
        refuse(str(problem))
    except (OSError, ValueError) as problem:
        refuse(f"The certificates in {certificates.folder} cannot be made ({problem}).")


def _remove(hosts_file: Path, certificates: Certificates) -> None:
    """First the lines, which may be refused, then what made them useful."""
    content = _content(hosts_file)
    left = without_block(content)
    if left != content:
        _rewrite(hosts_file, left)
        typer.echo(f"{hosts_file} is as it was before.")
    try:
        removed = certificates.remove()
    except OSError as problem:
        refuse(f"The certificates in {certificates.folder} cannot be deleted ({problem}).")
    if removed:
        typer.echo("The certificates are deleted; whoever was told to trust them may forget them.")
    elif left == content:
        typer.echo("There is nothing to undo.")


def _content(hosts_file: Path) -> bytes:
    try:
        return hosts_file.read_bytes()
    except OSError as problem:
        refuse(f"{hosts_file} cannot be read ({problem.strerror}); choose with --hosts-file.")


def _rewrite(hosts_file: Path, content: bytes) -> None:
    """Write in place: owner and mode stay, and a hosts file is often a mount, which none replaces."""
    try:
        with hosts_file.open("r+b") as out:
            out.write(content)
            out.truncate()
    except OSError as problem:
        refuse(f"{hosts_file} cannot be written ({problem.strerror}); only root may, usually.")


def _tell(certificates: Certificates) -> None:
    """How to serve the names, and how programs come to trust the authority."""
    typer.echo(
        f"""
Serve them on port 443:   pointsman serve --hosts
Have programs trust the authority, which signs for these names only:
  Python    export REQUESTS_CA_BUNDLE={certificates.bundle}
            export SSL_CERT_FILE={certificates.bundle}
  Node      export NODE_EXTRA_CA_CERTS={certificates.authority}
  browsers  import {certificates.authority} as an authority for web sites
Undo all of it:           pointsman hosts --remove
docs/compatibility.md tells more.""",
        err=True,
    )
