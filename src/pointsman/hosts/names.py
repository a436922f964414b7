"""The host names that the original's libraries and SDKs have built in.

The rule: a region adds names and never takes the plain ones away. The library joins product, edge and
region (`taskrouter.dublin.ie1.twilio.com`; an edge alone lies in `us1`), the browser SDKs put `us1`
behind a region or nothing, so each region is named in both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["DOMAIN", "names_of"]

DOMAIN = "twilio.com"
_PRODUCTS = ("taskrouter", "event-bridge")
_TELEPHONY = "api"
_REGION = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)?")
_LABEL_MAX_LENGTH = 63


def names_of(regions: Iterable[str] = (), *, telephony: bool = True) -> list[str]:
    """Every name, the plain ones first. A region is `ie1`, `ie1-ix` or, with its edge, `dublin.ie1`.

    Raises `ValueError` with a sentence for a text that cannot be a region.
    """
    products = (*_PRODUCTS, _TELEPHONY) if telephony else _PRODUCTS
    places = [""]
    for region in regions:
        _check(region)
        places += [f"{region}."] if "." in region else [f"{region}.", f"{region}.us1."]
    found = (f"{product}.{place}{DOMAIN}" for place in places for product in products)
    return list(dict.fromkeys(found))


def _check(region: str) -> None:
    longest = max(len(label) for label in region.split("."))
    if not _REGION.fullmatch(region) or longest > _LABEL_MAX_LENGTH:
        raise ValueError(f"{region!r} is no region; say for example ie1, ie1-ix or dublin.ie1.")
