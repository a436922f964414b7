"""The account with the carrier, and how its stock client is made."""

from __future__ import annotations

from msgspec import Struct
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

__all__ = ["CarrierSettings", "stock_client"]


class CarrierSettings(Struct, frozen=True):
    """Who we are to the carrier, and where both find each other."""

    account_sid: str
    auth_token: str
    api_url: str
    public_url: str


def stock_client(settings: CarrierSettings) -> Client:
    """The stock client; needs a running event loop."""
    http = AsyncTwilioHttpClient()
    client = Client(settings.account_sid, settings.auth_token, http_client=http)
    client.api.base_url = settings.api_url
    return client
