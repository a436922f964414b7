"""Random expressions as text and random attributes, few in kind so that they often meet."""

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([0.5, 1.0, -0.0, 2.5, 1e30, 10**30]),
    st.sampled_from(
        ["", "a", "b", "ab", "true", "1", "01", "1.0", "-2", "2.50", "nan", "é", "\ud83d"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["a", "b", "c", "$", "_", "für"]), VALUES, max_size=5)


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{value:f}" if isinstance(value, float) else str(value)


LITERALS = SCALARS.map(_written)
LISTS = st.lists(LITERALS, max_size=4).map(lambda items: f"[{', '.join(items)}]")
STEPS = st.sampled_from([".a", ".b", "[0]", "[1]", "[2]"])
REFERENCES = st.builds(
    lambda prefix, name, steps: prefix + name + "".join(steps),
    st.sampled_from(["", "worker.", "task.", "workers.", "taskrouter."]),
    st.sampled_from(["a", "b", "c", "$", "_", "für"]),
    st.one_of(st.lists(STEPS, max_size=2), st.lists(STEPS, max_size=9)),
)
OPERATOR_WORDS = "== = != < <= > >= CONTAINS contains HAS >- IN <- in NOT_IN not_in"
OPERATORS = st.sampled_from([word.replace("_", " ") for word in OPERATOR_WORDS.split()])
OPERANDS = st.one_of(LITERALS, LISTS, REFERENCES, REFERENCES)
COMPARISONS = st.tuples(OPERANDS, OPERATORS, OPERANDS).map(" ".join)
EXPRESSIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "or", "Or", "and"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"NOT ({text})"),
    ),
    max_leaves=6,
)
