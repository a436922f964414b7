"""Where calls come from, read in the SIP stack's trace."""

from __future__ import annotations

import pytest

from pointsman.voice.sip.origin import Invited, parse_invite

INVITE = (
    "RX UDP {source} -> 127.0.0.1:5080\n"
    "INVITE sip:+4930123@127.0.0.1:5080;transport=udp SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bK1\r\n"
    "{call_id}\r\n\r\nv=0\r\n"
)


@pytest.mark.parametrize(
    ("source", "address"), [("192.0.2.7:5060", "192.0.2.7"), ("[2001:db8::7]:5060", "2001:db8::7")]
)
@pytest.mark.parametrize("header", ["Call-ID: abc@host", "call-id : abc@host", "i: abc@host"])
def test_the_packets_address_counts_and_not_what_a_header_claims(
    source: str, address: str, header: str
) -> None:
    """The sender is who sent the packet; the number is in the request line."""
    found = parse_invite(INVITE.format(source=source, call_id=header))
    assert found == ("abc@host", Invited(address, "sip:+4930123@127.0.0.1:5080;transport=udp"))


@pytest.mark.parametrize(
    "text",
    [
        INVITE.format(source="192.0.2.7:5060", call_id="Call-ID: a").replace("RX", "TX"),
        INVITE.format(source="192.0.2.7:5060", call_id="Call-ID: a").replace("INVITE ", "OPTIONS "),
        INVITE.format(source="192.0.2.7:5060", call_id="Subject: Call-ID"),
        "RX UDP 192.0.2.7:5060 -> 127.0.0.1:5080\nSIP/2.0 200 OK\r\nCall-ID: a\r\n",
        "",
    ],
)
def test_other_messages_tell_no_origin(text: str) -> None:
    """What we sent, other requests, answers and nonsense are passed over."""
    assert parse_invite(text) is None
