"""Which policy matches which request, and which of several decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.auth.policies import Policies, parse_filter, parse_policies, split_path
from tests.auth.builders import BASE, WA, WK, WORKER, WR, WT, a_policy

pytestmark = pytest.mark.feature(21)


def policies(*raw: dict[str, Any], own: str = WORKER) -> Policies:
    return parse_policies(raw, own)


@pytest.mark.parametrize(
    ("url", "path", "allowed"),
    [
        (f"{BASE}/Activities", f"{BASE}/Activities", True),
        (f"{BASE}/Activities", f"{BASE}/Activities/", True),
        (f"{BASE}/Activities/", f"{BASE}/Activities", True),
        (f"{BASE}/Activities", f"{BASE}/Activities/{WA}", False),
        (f"{BASE}/Activities", f"{BASE}/Activitie", False),
        (f"{BASE}/Activities", f"{BASE}", False),
        (f"{BASE}/Tasks/*", f"{BASE}/Tasks/{WT}", True),
        (f"{BASE}/Tasks/*", f"{BASE}/Tasks", False),
        (f"{BASE}/Tasks/*", f"{BASE}/Tasks/{WT}/Reservations", False),
        (f"{BASE}/Tasks/**", f"{BASE}/Tasks/{WT}", True),
        (f"{BASE}/Tasks/**", f"{BASE}/Tasks/{WT}/Reservations/{WR}", True),
        (f"{BASE}/Tasks/**", f"{BASE}/Workers", False),
        (f"{BASE}/Tasks/**", f"{BASE}/TasksElsewhere", False),
        ("/v1/Workspaces/**", f"{BASE}/Tasks/{WT}", True),
        (f"http://localhost:8080{BASE}/Tasks?PageSize=5", f"{BASE}/Tasks", True),
        (f"{BASE}/Workers/{WK[:2]}{WK[2:].upper()}", WORKER, True),
        (WORKER, f"{BASE}/Workers/{WK[:2]}{WK[2:].upper()}", True),
    ],
)
def test_paths_are_compared_segment_by_segment(url: str, path: str, allowed: bool) -> None:
    """A literal is the path itself, `*` one segment more, `**` any descendant."""
    assert policies(a_policy(url)).allow("GET", path, {}) is allowed


@pytest.mark.parametrize("path", ["", "/", "//v1", f"{BASE}//Tasks", f"{BASE}/Tasks/../Workers"])
def test_a_path_that_could_be_read_in_two_ways_matches_nothing(path: str) -> None:
    """Empty and dotted segments are refused even where `**` would reach them."""
    everything = policies(a_policy("/v1/**"), a_policy(f"{BASE}/**"))

    assert split_path(path) is None
    assert not everything.allow("GET", path, {})


@pytest.mark.parametrize(
    ("own", "url", "path", "methods"),
    [
        (WORKER, f"{BASE}/Tasks/**", f"{BASE}/Tasks", {"GET"}),
        (WORKER, f"{WORKER}/Reservations/**", f"{WORKER}/Reservations", {"GET"}),
        (WORKER, f"{WORKER}/**", WORKER, {"GET", "POST", "DELETE"}),
        (BASE, f"{BASE}/**", BASE, {"GET", "POST", "DELETE"}),
        (BASE, f"{WORKER}/**", WORKER, {"GET"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_tree_covers_its_base_for_reading_and_for_the_own_resource(
    own: str, url: str, path: str, methods: set[str], method: str
) -> None:
    """`/**` matches the base itself for GET only, unless the base is the token's own resource."""
    assert policies(a_policy(url, method), own=own).allow(method, path, {}) is (method in methods)


@pytest.mark.parametrize("raw", [None, {}, [], [{}], [{}, {}]])
def test_an_empty_filter_demands_nothing(raw: object) -> None:
    """Missing, null, `{}`, `[]` and a list of `{}` let every parameter pass."""
    one = policies(a_policy(WORKER, "POST", post_filter=raw))

    assert parse_filter(raw) == {}
    assert one.allow("POST", WORKER, {"FriendlyName": "Ada"})


@pytest.mark.parametrize(
    ("post_filter", "params", "allowed"),
    [
        ({"ActivitySid": {"required": True}}, {"ActivitySid": WA}, True),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": [WA, WA]}, True),
        ({"ActivitySid": {"required": True}}, {}, False),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": None}, False),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": WA, "Attributes": None}, True),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": WA, "Attributes": "{}"}, False),
        ({"ActivitySid": {"required": False}}, {}, True),
        ({"ActivitySid": {"required": False}}, {"ActivitySid": WA}, True),
        ({"ActivitySid": {}}, {"Attributes": "{}"}, False),
        ({"ActivitySid": WA}, {"ActivitySid": WA}, True),
        ({"ActivitySid": WA}, {"ActivitySid": "WA0"}, False),
        ({"ActivitySid": WA}, {}, False),
        ({"ActivitySid": {"value": WA}}, {}, True),
        ({"ActivitySid": {"value": WA}}, {"ActivitySid": WA}, True),
        ({"ActivitySid": {"value": WA}}, {"ActivitySid": "WA0"}, False),
        ({"ActivitySid": {"required": True, "value": WA}}, {}, False),
        ({"ActivitySid": {"value": WA}}, {"ActivitySid": [WA, "WA0"]}, False),
        ({"ActivitySid": {"value": WA}}, {"ActivitySid": []}, False),
        ({"Priority": {"value": 5}}, {"Priority": "5"}, True),
        ({"Priority": "5"}, {"Priority": 5}, True),
        ({"Available": "true"}, {"Available": True}, True),
        ({"Available": True}, {"Available": "false"}, False),
        ({"Attributes": "{}"}, {"Attributes": {}}, False),
        ([{"A": "1"}, {"B": {"required": True}}], {"A": "1", "B": "2"}, True),
        ([{"A": "1"}, {"B": {"required": True}}], {"A": "1"}, False),
        ([{"A": "1"}, {"B": {"required": True}}], {"B": "2"}, False),
        ([{"A": {"required": True}}, {}], {"A": "1", "C": "3"}, False),
    ],
)
def test_a_filter_says_which_parameters_may_be_sent(
    post_filter: object, params: dict[str, object], allowed: bool
) -> None:
    """Required parameters are there, values agree, and what is not named is not sent."""
    one = policies(a_policy(WORKER, "POST", post_filter=post_filter))

    assert one.allow("POST", WORKER, params) is allowed


def test_each_method_has_its_own_filter() -> None:
    """`query_filter` applies to GET, `post_filter` to POST, and neither to the other."""
    filters = {"query_filter": {"Q": "1"}, "post_filter": {"P": "1"}}
    both = policies(a_policy(BASE, "GET", **filters), a_policy(BASE, "POST", **filters))

    assert both.allow("GET", BASE, {"Q": "1"})
    assert not both.allow("GET", BASE, {"P": "1"})
    assert both.allow("POST", BASE, {"P": "1"})
    assert not both.allow("POST", BASE, {"Q": "1"})


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ([], False),
        ([a_policy(BASE), a_policy(BASE, allow=False)], False),
        ([a_policy(f"{BASE}/**"), a_policy(WORKER, allow=False)], False),
        ([a_policy(f"{BASE}/**", allow=False), a_policy(WORKER)], True),
        ([a_policy(f"{BASE}/Workers/**", allow=False), a_policy(f"{BASE}/**")], False),
        ([a_policy(f"{BASE}/Workers/**", allow=False), a_policy(f"{BASE}/Workers/*")], True),
        ([a_policy(f"{BASE}/Workers/*", allow=False), a_policy(WORKER)], True),
        ([a_policy(f"{WORKER}/**", allow=False), a_policy(WORKER)], True),
        ([a_policy(WORKER), a_policy(WORKER, allow=False)], False),
        ([a_policy(WORKER, query_filter={"A": {}}), a_policy(WORKER, allow=False)], True),
        ([a_policy(WORKER, query_filter={"A": {}}, allow=False), a_policy(WORKER)], False),
        (
            [
                a_policy(WORKER, query_filter={"A": {}}),
                a_policy(WORKER, query_filter={"A": "1", "B": {}}, allow=False),
            ],
            False,
        ),
        ([a_policy(WORKER, query_filter={"B": {}}, allow=False), a_policy(WORKER)], True),
    ],
)
def test_the_most_specific_rule_decides(rules: list[dict[str, Any]], allowed: bool) -> None:
    """Longer paths win, then filters; a refusal wins only where all else is equal."""
    params = {"A": "1"}

    assert policies(*rules).allow("GET", WORKER, params) is allowed
    assert policies(*reversed(rules)).allow("GET", WORKER, params) is allowed


@pytest.mark.parametrize("allow", [False, None, "true", 1])
def test_only_true_allows(allow: object) -> None:
    """A policy without `allow`, or with anything but true, refuses."""
    raw = a_policy(BASE) | {"allow": allow}

    assert not policies(raw).allow("GET", BASE, {})
    assert not policies({"url": BASE, "method": "GET"}).allow("GET", BASE, {})


def test_methods_are_compared_in_upper_case() -> None:
    """A policy's method may be written small; an unknown one matches nothing."""
    assert policies(a_policy(BASE, "get")).allow("GET", BASE, {})
    assert not policies(a_policy(BASE, "PATCH")).allow("POST", BASE, {})


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("GET", "policy 0 is not an object"),
        ({"method": "GET"}, "policy 0: url and method must be texts"),
        ({"url": BASE, "method": 1}, "policy 0: url and method must be texts"),
        ({"url": "https://h/", "method": "GET"}, "policy 0: url must be a plain path"),
        (a_policy("/v1/*/Tasks"), "policy 0: a wildcard can only be the last segment of url"),
        (a_policy("/v1/Wo*"), "policy 0: a wildcard can only be the last segment of url"),
        (a_policy(BASE, query_filter="x"), "policy 0: a filter must be an object or a list"),
        (a_policy(BASE, query_filter=["x"]), "policy 0: a filter must be an object or a list"),
        (a_policy(BASE, query_filter={"A": []}), "policy 0: the filter of A must be a text"),
        (a_policy(BASE, query_filter={"A": {"value": []}}), "the filter of A needs a text"),
    ],
)
def test_a_policy_that_cannot_be_read_is_refused_with_a_sentence(raw: Any, sentence: str) -> None:
    """It might have been a refusal, so it is not passed over."""
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse_policies([raw], WORKER)


# ------------------------------------------------------------------ against a naive reading

_names = st.sampled_from(["Workers", "Tasks", "WK1"])
_paths = st.lists(_names, min_size=1, max_size=3).map("/".join)
_patterns = st.builds(str.__add__, _paths, st.sampled_from(["", "/*", "/**"]))
_filters = st.sampled_from([None, {}, {"A": {}}, {"A": "1"}, {"B": {"required": True}}])
_rules = st.fixed_dictionaries(
    {"url": _patterns, "method": st.sampled_from(["GET", "POST"]), "allow": st.booleans()},
    optional={"query_filter": _filters, "post_filter": _filters},
)
_params = st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["1", "2"]))


def naive(raw: list[dict[str, Any]], own: str, method: str, path: str, params: Any) -> bool:
    """The rules of the documentation, read one after the other."""
    best: list[tuple[tuple[int, int, int], bool]] = []
    for rule in raw:
        base = re.sub(r"/\*+$", "", rule["url"])
        tail = rule["url"].removeprefix(base)
        shape = {"": "", "/*": "/[^/]+", "/**": "/.+"}[tail]
        at_base = tail == "/**" and path == base and (method == "GET" or base == own)
        wanted = rule.get("query_filter" if method == "GET" else "post_filter") or {}
        demands = {k: v if isinstance(v, dict) else {"required": True, "value": v}
                   for k, v in wanted.items()}  # fmt: skip
        fits = not demands or (
            set(params) <= set(demands)
            and all(k in params for k, d in demands.items() if d.get("required"))
            and all(demands[k].get("value") in (None, v) for k, v in params.items())
        )
        if rule["method"] == method and fits and (at_base or re.fullmatch(base + shape, path)):
            rank = (base.count("/"), {"": 3, "/*": 2, "/**": 1}[tail], int(bool(demands)))
            best.append((rank, rule["allow"]))
    top = max((rank for rank, _ in best), default=None)
    return top is not None and all(allow for rank, allow in best if rank == top)


@settings(max_examples=400, deadline=None)
@given(st.lists(_rules, max_size=6), _paths, st.sampled_from(["GET", "POST"]), _paths, _params)
def test_decisions_are_those_of_a_naive_reading(
    raw: list[dict[str, Any]], own: str, method: str, path: str, params: dict[str, str]
) -> None:
    """The sorted rules decide as a search through all of them does, in whatever order they come."""
    expected = naive(raw, own, method, path, params)

    assert parse_policies(raw, own).allow(method, path, params) is expected
    assert parse_policies(raw[::-1], own).allow(method, path, params) is expected


@settings(max_examples=200, deadline=None)
@given(st.lists(_rules, max_size=5), _rules, _paths, _params)
def test_a_refusal_never_allows_more(
    raw: list[dict[str, Any]], extra: dict[str, Any], path: str, params: dict[str, str]
) -> None:
    """Adding a refusing policy can only take rights away."""
    before = parse_policies(raw, "WK").allow("GET", path, params)
    after = parse_policies([*raw, extra | {"allow": False}], "WK").allow("GET", path, params)

    assert before or not after
