"""Large workflow configurations, read beside the loop before a command brings them to an engine.

A megabyte of filters takes seconds to read. What was read lately is not read again, so the engine's own
check costs nothing then, and nobody waits for somebody else's workflow. What a configuration means is
the engine's to say.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pointsman.api.actions import Change
from pointsman.api.calls import Call, Reply
from pointsman.api.params import json_text, one
from pointsman.engine.errors import Invalid
from pointsman.engine.workflow_config import WorkflowConfig, parse_configuration

__all__ = ["Configure", "read_configuration"]

LARGE = 8 * 1024
"""Characters; less than this is read in a few milliseconds."""


class Configure(Change, frozen=True):
    """A command that may bring a configuration."""

    async def __call__(self, call: Call) -> Reply:
        given = one(call.params, "Configuration")
        text = "" if given is None else json_text("Configuration", given)
        if len(text) > LARGE and _size(text) <= call.runtime.limits.configuration_bytes:
            await call.runtime.beside(partial(parse_configuration, text))
        return await super().__call__(call)


async def read_configuration(name: str, given: Any, call: Call) -> WorkflowConfig:
    """The configuration in a parameter of this name; refused as the engine would refuse it."""
    text = json_text(name, given)
    longest = call.runtime.limits.configuration_bytes
    if _size(text) > longest:
        raise Invalid(name, f"{name} may have at most {longest} bytes")
    return await call.runtime.beside(partial(parse_configuration, text))


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
