"""What we sign is what the stock validator, and a verifier of Standard Webhooks, accept."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from pointsman.outbound.signature import original_signature, standard_headers

TOKEN = "0123456789abcdef" * 2
FORMS = st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=8)
URLS = st.sampled_from(
    [
        "https://example.com/",
        "https://example.com:8443/hook?b=2&a=1",
        "http://127.0.0.1:4567/a%20b/",
        "http://[2001:db8::1]:80/x",
    ]
)


@pytest.mark.feature(19, partly=True)
@given(URLS, FORMS)
def test_the_stock_validator_accepts_every_form(url: str, form: dict[str, str]) -> None:
    """Whatever names and values a form has, the stock validator accepts our signature of it."""
    assert RequestValidator(TOKEN).validate(url, form, original_signature(TOKEN, url, form))


@given(URLS, FORMS)
def test_another_secret_signs_differently(url: str, form: dict[str, str]) -> None:
    """A signature made with another token is refused by the stock validator."""
    other = original_signature(TOKEN[::-1], url, form)

    assert not RequestValidator(TOKEN).validate(url, form, other)


@pytest.mark.feature(281, partly=True)
def test_the_standard_headers_can_be_verified() -> None:
    """HMAC-SHA256 of `id.timestamp.body`, keyed by the auth token, is what the headers hold."""
    headers = standard_headers(TOKEN, "EV1", 1_700_000_000, b"A=1&B=2")

    expected = hmac.digest(TOKEN.encode(), b"EV1.1700000000.A=1&B=2", hashlib.sha256)
    version, signature = headers["webhook-signature"].split(",", 1)
    assert (version, base64.b64decode(signature)) == ("v1", expected)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("EV1", "1700000000")
