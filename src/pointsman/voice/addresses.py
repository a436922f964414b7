"""What a provider dials for an address of ours, and which address of ours stands behind a SIP URI.

**Only what a template or a list names is dialled**: numbers through the trunk's template, clients through
the edge's, SIP addresses at the hosts that the operator listed. Everything else has no route; that is the
fence against calls at the operator's expense.
"""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["ANONYMOUS", "Routes", "address_of", "caller_of", "client_of"]

_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_NAME = re.compile(r"[A-Za-z0-9._~+-]{1,64}")
_SIP = re.compile(
    r"sips?:([A-Za-z0-9._~+*#!$&=/-]{1,128})@([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?"
)
ANONYMOUS = "anonymous"


class Routes(Struct, frozen=True):
    """Where calls may go."""

    number_uri: str = ""
    """With `{number}` in it; empty: no numbers are dialled."""
    client_uri: str = ""
    """With `{name}` in it; empty: no clients are dialled."""
    hosts: tuple[str, ...] = ()
    """Hosts, or host:port, that SIP addresses may name."""
    sip_uri: str = "{uri}"
    """How such an address is dialled, with `{uri}` for it."""

    def uri(self, address: str) -> str | None:
        """What to dial; None when there is no route."""
        kind, _, name = address.partition(":")
        if kind == "client":
            known = self.client_uri and _NAME.fullmatch(name)
            return self.client_uri.replace("{name}", name) if known else None
        if kind in ("sip", "sips"):
            return self._sip(address)
        known = self.number_uri and _NUMBER.fullmatch(address)
        return self.number_uri.replace("{number}", address) if known else None

    def _sip(self, address: str) -> str | None:
        plain = address.partition(";")[0]  # parameters could lead the call elsewhere
        found = _SIP.fullmatch(plain)
        if found is None:
            return None
        host, port = found.group(2).lower(), found.group(3) or ""
        if not {host, host + port} & set(self.hosts):
            return None
        return self.sip_uri.replace("{uri}", plain)


def client_of(address: object) -> str | None:
    """The name of a `client:` address; None for every other."""
    kind, _, name = address.partition(":") if isinstance(address, str) else ("", "", "")
    return name if kind == "client" and _NAME.fullmatch(name) else None


def address_of(uri: str) -> str:
    """What a SIP URI says in our words: a number where its user is one, else the URI without parameters."""
    plain = uri.strip("<>").partition(";")[0]
    user = plain.partition(":")[2].partition("@")[0]
    return user if _NUMBER.fullmatch(user) else plain


def caller_of(address: str) -> str:
    """The user part under which we call: a number, a client's name, or the user of a SIP address."""
    _, _, name = address.rpartition(":") if ":" in address else ("", "", address)
    user = address.partition(":")[2].partition("@")[0] if address.startswith("sip") else name
    return user if _NAME.fullmatch(user) else ANONYMOUS
