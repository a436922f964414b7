"""A table of hostile URLs, and names that answer differently when they are asked again."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import ResolveResult

from pointsman.outbound.safety import Forbidden, JudgingResolver, Reach, parse_reach, prepared

PUBLIC = Reach()

HOSTILE = (
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/admin",
    "http://127.1.2.3/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0177.0.0.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://192.168.1.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://239.255.255.250:1900/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]:8080/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::1]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[2002:7f00:1::]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://public.example@127.0.0.1/",
    "http://public.example:80@[::1]/",
    "http://public.example\\@127.0.0.1/",
    "http://127.0.0.1\\.public.example/",
    "http://127%2e0.0.1/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://127\u30020\u30020\u30021/",
    "http://\u2460\u2461\u2466.0.0.1/",
    "file:///etc/passwd",
    "ftp://public.example/",
    "gopher://public.example:70/",
    "unix:///run/docker.sock",
    "javascript:alert(1)",
    "//127.0.0.1/",
    "http:///path",
    "http://",
    "http://public.example:0/",
    "http://public.example:99999/",
    "http://public.example/\r\nHost: 127.0.0.1",
    " http://public.example/",
    "",
)


@pytest.mark.feature(280, partly=True)
@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_refused(url: str) -> None:
    """No way of writing an inner address, or no address at all, gets past the judgement."""
    with pytest.raises(Forbidden):
        prepared(url, PUBLIC)


@pytest.mark.parametrize(
    ("url", "requested"),
    [
        ("https://hooks.example.com/a?b=c", "https://hooks.example.com/a?b=c"),
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("https://hooks.example.com?a=b", "https://hooks.example.com/?a=b"),
        ("http://8.8.8.8:8080/%7Ehook/", "http://8.8.8.8:8080/%7Ehook/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
        ("https://hooks.example.com/a#rc=2&rt=5000", "https://hooks.example.com/a"),
        ("https://b\u00fccher.example/\u00e4", "https://xn--bcher-kva.example/%C3%A4"),
    ],
)
def test_a_public_url_stays_as_it_was_written(url: str, requested: str) -> None:
    """What is requested, and so signed, is the URL as configured, without its fragment."""
    assert str(prepared(url, PUBLIC)) == requested


@pytest.mark.feature(280, partly=True)
def test_names_for_inner_addresses_are_refused() -> None:
    """`localhost`, and each way of writing loopback that a resolver understands, is forbidden."""
    resolver = JudgingResolver(PUBLIC)

    for host in ("localhost", "localhost.", "0x7f.0.0.1", "0x7f000001"):
        with pytest.raises((Forbidden, OSError)):
            asyncio.run(resolver.resolve(host, 80))


def test_one_inner_address_among_public_ones_forbids_the_name() -> None:
    """Every address of a name is judged, not the first one alone."""
    resolver = JudgingResolver(PUBLIC, answering("93.184.216.34", "10.0.0.1"))

    with pytest.raises(Forbidden, match="two"):
        asyncio.run(resolver.resolve("two.example", 443))


@pytest.mark.feature(280, partly=True)
def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    """A name is looked up once for a connection: rebinding it afterwards changes nothing."""
    asked = []

    async def rebinding(host: str, port: int, family: int) -> list[ResolveResult]:
        asked.append(host)
        return found("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port)

    resolver = JudgingResolver(PUBLIC, rebinding)

    [answer] = asyncio.run(resolver.resolve("rebind.example", 80))
    assert (answer["host"], asked) == ("93.184.216.34", ["rebind.example"])
    with pytest.raises(Forbidden):
        asyncio.run(resolver.resolve("rebind.example", 80))


@pytest.mark.feature(280, partly=True)
def test_the_setting_widens_the_reach() -> None:
    """Networks of the setting may be called, `any` allows every address, others stay refused."""
    office = parse_reach("10.1.0.0/16, ::1,public")

    assert office.allows("10.1.2.3")
    assert office.allows("::1")
    assert not office.allows("10.2.0.1")
    assert parse_reach("any").allows("169.254.169.254")
    assert parse_reach("public") == parse_reach("") == PUBLIC
    assert PUBLIC.allows("8.8.8.8")


def test_a_setting_that_is_no_network_is_refused() -> None:
    """The refusal names the word that cannot be read."""
    with pytest.raises(ValueError, match="'intranet' is no address"):
        parse_reach("intranet")


def answering(*addresses: str):  # type: ignore[no-untyped-def]
    """A look-up that gives these addresses for every name."""

    async def look_up(host: str, port: int, family: int) -> list[ResolveResult]:
        return [each for address in addresses for each in found(address, port)]

    return look_up


def found(address: str, port: int) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname="asked.example",
            host=address,
            port=port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
    ]


def test_a_name_is_looked_up_once_at_a_time() -> None:
    """Whoever asks while the answer is out shares it, also when the first one gave up waiting."""
    asked = []
    answered = asyncio.Event()

    async def slow(host: str, port: int, family: int) -> list[ResolveResult]:
        asked.append(host)
        await answered.wait()
        return found("93.184.216.34", port)

    async def story() -> None:
        resolver = JudgingResolver(PUBLIC, slow)
        first, second = (asyncio.create_task(resolver.resolve("slow.example", 80)) for _ in "ab")
        other = asyncio.create_task(resolver.resolve("other.example", 80))
        await asyncio.wait([first], timeout=0.01)
        first.cancel()
        third = asyncio.create_task(resolver.resolve("slow.example", 80))
        await asyncio.wait([first])
        answered.set()
        assert await second == await third == await other
        assert asked == ["slow.example", "other.example"]
        await resolver.resolve("slow.example", 80)
        assert len(asked) == 3

    asyncio.run(story())
