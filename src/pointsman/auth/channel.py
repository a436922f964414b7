"""Which token opens which live channel.

A capability token needs a policy of its own for that; an access token opens the channel of its
worker. What may be asked over an open channel is decided in `authorization`.
"""

from __future__ import annotations

from pointsman.auth.capability import CapabilityToken
from pointsman.auth.credentials import canonical_sid
from pointsman.auth.errors import forbidden, wrong_token
from pointsman.auth.principal import Token


def check_channel(token: Token, account_sid: str, channel_sid: str, verb: str) -> None:
    """Whether the token opens (GET) or commands (POST) this live channel.

    Refuses: another account or channel (403/20101), no policy for the verb (403/20003).
    """
    if canonical_sid(account_sid) != token.account_sid:
        raise wrong_token(f"The token is for account {token.account_sid}, not {account_sid}")
    if canonical_sid(channel_sid) != token.channel_sid:
        raise wrong_token(f"The token is for channel {token.channel_sid}, not {channel_sid}")
    _check_policy(token, verb)


def check_own_channel(token: Token, verb: str) -> None:
    """The same where the path names no channel: it is the token's own. A socket needs a worker."""
    if verb == "GET" and token.worker_sid is None:
        raise wrong_token("The token names no worker; only a worker's token opens this channel")
    _check_policy(token, verb)


def _check_policy(token: Token, verb: str) -> None:
    if isinstance(token, CapabilityToken) and not token.policies.allow(
        verb, token.channel_path, {}
    ):
        raise forbidden(
            f"The token's policies do not allow {verb} {token.channel_path}: "
            "allow_web_sockets would"
        )
