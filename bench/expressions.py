"""How long one decision takes, next to two other expression engines in the same run.

All engines get the same question about the same workers, each in its own language, and must agree on every
answer before anything is timed. The workers have every attribute in the right type, as the peers raise errors
for others; ours checks all the same. Engines take turns within a round and the median round counts, so that
what else the machine does falls on all alike. The figures to trust are the ratios.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

from pointsman.engine.expressions import Place, compile_expression

WORKERS = 1_000
AT_LEAST_TIMES = 100
LANGUAGES = ["en", "es", "fr", "de", "it", "pt"]
SKILLS = ["sales", "billing", "support", "returns", "tech", "retention"]

Document = dict[str, Any]
Decide = Callable[[], Sequence[bool]]


@dataclass(frozen=True)
class Question:
    """One question in the three languages."""

    name: str
    ours: str
    rule_engine: str
    cel: str


QUESTIONS = [
    Question(
        "three terms",
        '(languages HAS "en" AND level >= 3) OR vip == true',
        '("en" in languages and level >= 3) or vip == true',
        '("en" in languages && level >= 3) || vip == true',
    ),
    Question(
        "five terms",
        'level >= 2 AND vip == false AND languages HAS "en" AND region == "north"'
        ' AND team IN ["t1", "t2", "t3", "t4"]',
        'level >= 2 and vip == false and "en" in languages and region == "north"'
        ' and team in ["t1", "t2", "t3", "t4"]',
        'level >= 2 && vip == false && "en" in languages && region == "north"'
        ' && team in ["t1", "t2", "t3", "t4"]',
    ),
    Question(
        "nested",
        'routing.skills HAS "sales" AND routing.levels.sales >= 2 AND address.city != "Bonn"',
        '"sales" in routing["skills"] and routing["levels"]["sales"] >= 2'
        ' and address["city"] != "Bonn"',
        '"sales" in routing.skills && routing.levels.sales >= 2 && address.city != "Bonn"',
    ),
]


def a_worker(chance: random.Random, number: int) -> Document:
    """Attributes as a contact centre keeps them."""
    return {
        "full_name": f"Worker {number}",
        "email": f"worker{number}@example.com",
        "contact_uri": f"client:worker{number}",
        "languages": chance.sample(LANGUAGES, chance.randint(1, 3)),
        "level": chance.randint(1, 5),
        "vip": chance.random() < 0.1,
        "region": chance.choice(["north", "south"]),
        "team": f"t{chance.randint(1, 8)}",
        "roles": ["agent"],
        "address": {"city": chance.choice(["Bonn", "Lyon", "Turin"]), "country": "EU"},
        "routing": {
            "skills": chance.sample(SKILLS, chance.randint(1, 4)),
            "levels": {skill: chance.randint(1, 4) for skill in SKILLS},
        },
    }


def ours(question: Question, workers: list[Document]) -> Decide:
    matches = compile_expression(question.ours, Place.QUEUE).matches
    return lambda: [matches(worker) for worker in workers]


def rule_engine(question: Question, workers: list[Document]) -> Decide:
    import rule_engine as library

    matches = library.Rule(question.rule_engine).matches
    return lambda: [matches(worker) for worker in workers]


def cel(question: Question, workers: list[Document]) -> Decide:
    import cel as library

    execute = library.compile(question.cel).execute
    return lambda: [execute(worker) for worker in workers]


def cel_prepared(question: Question, workers: list[Document]) -> Decide:
    """The same with each worker's attributes converted beforehand and kept besides the attributes."""
    import cel as library

    execute = library.compile(question.cel).execute
    contexts = [library.Context(worker) for worker in workers]
    return lambda: [execute(context) for context in contexts]


@dataclass(frozen=True)
class Engine:
    """An engine, the module it needs, whether the mark is about it, and how to ask it."""

    name: str
    module: str
    marked: bool
    ask: Callable[[Question, list[Document]], Decide]


ENGINES = [
    Engine("pointsman", "pointsman", False, ours),
    Engine("rule-engine", "rule_engine", True, rule_engine),
    Engine("common-expression-language", "cel", True, cel),
    Engine("… attributes converted before", "cel", False, cel_prepared),
]


def seconds(decide: Decide, passes: int) -> float:
    """The time of one pass over all workers."""
    start = time.perf_counter()
    for _ in range(passes):
        decide()
    return (time.perf_counter() - start) / passes


def measure(question: Question, workers: list[Document], rounds: int) -> dict[str, float]:
    """Nanoseconds of one decision by each engine that is installed; refuses when answers differ."""
    installed = [engine for engine in ENGINES if find_spec(engine.module)]
    asked = {engine.name: engine.ask(question, workers) for engine in installed}
    answers = {name: list(decide()) for name, decide in asked.items()}
    differing = [name for name, answer in answers.items() if answer != answers["pointsman"]]
    if differing:
        raise SystemExit(f"{', '.join(differing)} and pointsman disagree on {question.name!r}.")
    # A pass of ours is short: so many of them that its time is as long as a peer's.
    passes = {name: 50 if name == "pointsman" else 1 for name in asked}
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, decide in asked.items():
            times[name].append(seconds(decide, passes[name]))
    return {name: median(found) / len(workers) * 1e9 for name, found in times.items()}


def row(name: str, found: dict[str, dict[str, float]]) -> str:
    """An engine's line of the table: nanoseconds, and times ours, for each question."""
    cells = (f"{ns[name]:9,.0f} {ns[name] / ns['pointsman']:7,.1f}x" for ns in found.values())
    return f"| {name:30} | {' | '.join(cells)} |"


def main(rounds: int = 15) -> bool:
    """Prints the table; returns whether each peer took at least 100 times as long on all questions."""
    chance = random.Random(2)
    workers = [a_worker(chance, number) for number in range(WORKERS)]
    found = {question.name: measure(question, workers, rounds) for question in QUESTIONS}
    installed = [engine for engine in ENGINES if find_spec(engine.module)]
    found["all of them"] = {
        engine.name: sum(ns[engine.name] for ns in found.values()) for engine in installed
    }
    print(f"Expressions: ns a decision over {WORKERS:,} workers, and times ours\n")
    print(f"| {'engine':30} | {' | '.join(f'{name:>18}' for name in found)} |")
    print("|---" * (len(found) + 1) + "|")
    for engine in installed:
        print(row(engine.name, found))
    return verdict(found["all of them"], [e.name for e in installed if e.marked])


def verdict(ns: dict[str, float], peers: list[str]) -> bool:
    """Says whether the mark is met on all questions together."""
    if not peers:
        print("\nThe peers are not installed; pip install '.[bench]' brings them.")
        return False
    lowest = min(ns[peer] / ns["pointsman"] for peer in peers)
    met = lowest >= AT_LEAST_TIMES
    print(
        f"\nMark: on all questions together each peer takes at least {AT_LEAST_TIMES} times ours."
        f" The nearest takes {lowest:,.0f} times: {'met' if met else 'missed'}."
    )
    return met


if __name__ == "__main__":
    main()
