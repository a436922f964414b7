"""The policies of a capability token: which method on which path with which parameters.

Paths only are compared: scheme, host, query and a trailing slash are left out, because a token
keeps the vendor's hosts when a client is pointed elsewhere. The most specific rule that matches,
filters included, decides; nothing matches: refused. It must not know whose token it is, but for one
path: the token's own resource (docs/tokens.md).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from pointsman.auth.credentials import canonical_sid

Params = Mapping[str, object]
"""Query or form parameters: text, a list of texts, or JSON values from the live channel."""


_TRICKS = frozenset({"", ".", ".."})


class Reach(IntEnum):
    """How far a rule's path reaches; of two equal paths the smaller reach is more specific."""

    EXACT = 0
    """The path itself."""
    CHILD = 1
    """`…/*`: exactly one segment more."""
    TREE = 2
    """`…/**`: every descendant, and sometimes the path itself."""


class Demand(Struct, frozen=True, gc=False):
    """What a filter says of one parameter."""

    required: bool
    value: str | None = None


class Rule(Struct, frozen=True, gc=False):
    """One policy as it applies to one method."""

    path: tuple[str, ...]
    reach: Reach
    allow: bool
    demands: Mapping[str, Demand]
    covers_base: bool
    """Whether `…/**` matches its own base: for GET, and where the base is the token's resource."""

    @property
    def rank(self) -> tuple[int, int, bool, bool]:
        """Sorts before what is less specific; at a full tie a refusal sorts before a permission."""
        return (-len(self.path), self.reach, not self.demands, self.allow)


class Policies(Struct, frozen=True):
    """All rules of a token, most specific first, by method."""

    rules: Mapping[str, tuple[Rule, ...]]

    def allow(self, method: str, path: str, params: Params) -> bool:
        """Whether the most specific rule that matches the request permits it."""
        segments = split_path(path)
        if segments is None:
            return False
        given = {name: value for name, value in params.items() if value is not None}
        for rule in self.rules.get(method, ()):
            if _reaches(rule, segments) and _satisfies(rule.demands, given):
                return rule.allow
        return False


def parse_policies(raw: Sequence[object], own_path: str) -> Policies:
    """Read the claim `policies`; refuses with `ValueError` and a sentence what cannot be read.

    A policy that cannot be read refuses the whole token, for it might have been a refusal.
    """
    own = split_path(own_path)
    by_method: dict[str, list[Rule]] = {}
    for number, policy in enumerate(raw):
        if not isinstance(policy, dict):
            raise ValueError(f"policy {number} is not an object")
        try:
            method, rule = _parse_rule(policy, own)
        except ValueError as error:
            raise ValueError(f"policy {number}: {error}") from None
        by_method.setdefault(method, []).append(rule)
    return Policies({m: tuple(sorted(rules, key=_rank)) for m, rules in by_method.items()})


def split_path(path: str) -> tuple[str, ...] | None:
    """A path's segments in canonical form; None for one that could be read in two ways.

    The path is the decoded one that the request is carried out by, without its query.
    """
    plain = path.removeprefix("/").removesuffix("/")
    segments = tuple(canonical_sid(segment) for segment in plain.split("/"))
    return None if any(segment in _TRICKS for segment in segments) else segments


def _parse_rule(policy: dict[str, Any], own: tuple[str, ...] | None) -> tuple[str, Rule]:
    url, method = policy.get("url"), policy.get("method")
    if not isinstance(url, str) or not isinstance(method, str):
        raise ValueError("url and method must be texts")
    path, reach = _parse_pattern(url)
    method = method.upper()
    demands = parse_filter(policy.get("post_filter" if method == "POST" else "query_filter"))
    covers_base = reach is Reach.TREE and (method == "GET" or path == own)
    return method, Rule(path, reach, policy.get("allow") is True, demands, covers_base)


def _parse_pattern(url: str) -> tuple[tuple[str, ...], Reach]:
    path = split_path(urlsplit(url).path)
    if path is None:
        raise ValueError("url must be a plain path")
    reach = {"*": Reach.CHILD, "**": Reach.TREE}.get(path[-1], Reach.EXACT)
    literal = path if reach is Reach.EXACT else path[:-1]
    if any("*" in segment for segment in literal):
        raise ValueError("a wildcard can only be the last segment of url")
    return tuple(map(sys.intern, literal)), reach  # a thousand tokens name the same few segments


def parse_filter(raw: object) -> dict[str, Demand]:
    """Read a filter: missing, null, `{}` and `[]` demand nothing; a list of objects is merged."""
    if raw is None:
        return {}
    demands: dict[str, Demand] = {}
    for part in raw if isinstance(raw, list) else [raw]:
        if not isinstance(part, dict):
            raise ValueError("a filter must be an object or a list of objects")
        demands.update({name: _parse_demand(name, demand) for name, demand in part.items()})
    return demands


def _parse_demand(name: str, raw: object) -> Demand:
    if not isinstance(raw, dict):
        value = _as_text(raw)
        if value is None:
            raise ValueError(f"the filter of {name} must be a text or an object")
        return Demand(required=True, value=value)
    value = None
    if raw.get("value") is not None:
        value = _as_text(raw["value"])
        if value is None:
            raise ValueError(f"the filter of {name} needs a text as its value")
    return Demand(required=raw.get("required") is True, value=value)


def _rank(rule: Rule) -> tuple[int, int, bool, bool]:
    return rule.rank


def _reaches(rule: Rule, segments: tuple[str, ...]) -> bool:
    deeper = len(segments) - len(rule.path)
    if deeper < 0 or segments[: len(rule.path)] != rule.path:
        return False
    if rule.reach is Reach.TREE:
        return deeper > 0 or rule.covers_base
    return deeper == (1 if rule.reach is Reach.CHILD else 0)


def _satisfies(demands: Mapping[str, Demand], given: Params) -> bool:
    """With a filter, every required parameter is there, values agree, and nothing else is sent."""
    if not demands:
        return True
    if any(demand.required and name not in given for name, demand in demands.items()):
        return False
    return all(
        name in demands and _agrees(demands[name].value, value) for name, value in given.items()
    )


def _agrees(wanted: str | None, value: object) -> bool:
    if wanted is None:
        return True
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(_as_text(item) == wanted for item in values)


def _as_text(value: object) -> str | None:
    """Form parameters are text, the live channel also sends JSON's; objects have no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None
