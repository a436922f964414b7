"""Why? The questions of matching and of workflows once more, answered with reasons.

The rule here: an answer changes nothing and says what the engine would do at this very moment; what it
calls eligible is what `route` would offer the task to (a property test holds it to that).
Must not know: who asks, and how an answer is written down.
"""

from pointsman.engine.explain.candidates import Candidate, Candidates, Obstacle
from pointsman.engine.explain.linter import (
    Finding,
    KnownQueue,
    Surroundings,
    lint,
    surroundings,
)
from pointsman.engine.explain.steps import End, Filtered, Standing, Step, Waiting, explain

__all__ = [
    "Candidate",
    "Candidates",
    "End",
    "Filtered",
    "Finding",
    "KnownQueue",
    "Obstacle",
    "Standing",
    "Step",
    "Surroundings",
    "Waiting",
    "explain",
    "lint",
    "surroundings",
]
