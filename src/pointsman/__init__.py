"""Pointsman: a self-hosted task router that speaks the TaskRouter API.

The public Python surface, and only that. It is loaded when it is asked for (PEP 562), so that
`import pointsman` costs nothing and no module below this one can be imported by accident.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pointsman.app import create_app
    from pointsman.sdk import Worker
    from pointsman.settings import Settings

__version__ = "0.1.0"
__all__ = ["Settings", "Worker", "__version__", "create_app"]

_HOMES = {
    "create_app": "pointsman.app",
    "Settings": "pointsman.settings",
    "Worker": "pointsman.sdk",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home at its first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pointsman' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
