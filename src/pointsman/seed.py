"""The seed file: a workspace written down by friendly names, in YAML or JSON.

Reading says what is wrong with the file's form, and where; whether the workspace can be made is the
engine's to judge. docs/testing-your-app.md shows every field. Nothing here makes anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

__all__ = [
    "SeedActivity",
    "SeedError",
    "SeedTaskChannel",
    "SeedTaskQueue",
    "SeedWorker",
    "SeedWorkerChannel",
    "SeedWorkflow",
    "SeedWorkspace",
    "parse_seed",
    "read_seed",
]


class SeedError(Exception):
    """The seed file cannot be used; the message is a sentence for its author."""


class _Seed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry has; an entry with a misspelt field is refused."""

    friendly_name: str


class SeedActivity(_Seed, frozen=True, kw_only=True):
    """An activity; one that every workspace begins with may be named again."""

    available: bool = False


class SeedTaskChannel(_Seed, frozen=True, kw_only=True):
    """A task channel; one that every workspace begins with may be named again."""

    unique_name: str
    channel_optimized_routing: bool = False


class SeedTaskQueue(_Seed, frozen=True, kw_only=True):
    """A task queue; its activities by friendly name."""

    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: str = "FIFO"
    reservation_activity: str | None = None
    assignment_activity: str | None = None


class SeedWorkflow(_Seed, frozen=True, kw_only=True):
    """A workflow; `queue` in its configuration is a task queue's friendly name."""

    configuration: dict[str, Any]
    assignment_callback_url: str = ""
    fallback_assignment_callback_url: str = ""
    task_reservation_timeout: int = 120


class SeedWorkerChannel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker may do on one task channel."""

    capacity: int | None = None
    available: bool | None = None


class SeedWorker(_Seed, frozen=True, kw_only=True):
    """A worker; his activity by friendly name, his channels by unique name."""

    activity: str | None = None
    attributes: dict[str, Any] = {}
    channels: dict[str, SeedWorkerChannel] = {}


class SeedWorkspace(_Seed, frozen=True, kw_only=True):
    """The whole file."""

    event_callback_url: str = ""
    events_filter: list[str] = []
    multi_task_enabled: bool = True
    prioritize_queue_order: str = "FIFO"
    default_activity: str | None = None
    timeout_activity: str | None = None
    activities: list[SeedActivity] = []
    task_channels: list[SeedTaskChannel] = []
    task_queues: list[SeedTaskQueue] = []
    workflows: list[SeedWorkflow] = []
    workers: list[SeedWorker] = []


def read_seed(path: Path) -> SeedWorkspace:
    """The workspace in the file; `SeedError` when it cannot be read or is not one."""
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SeedError(f"The seed file {path} cannot be read ({problem}).") from problem
    try:
        return parse_seed(written)
    except SeedError as problem:
        raise SeedError(f"The seed file {path} cannot be used: {problem}") from problem


def parse_seed(written: str) -> SeedWorkspace:
    """The workspace in the text, which is YAML; JSON is YAML too."""
    try:
        return msgspec.convert(yaml.safe_load(written), SeedWorkspace)
    except yaml.YAMLError as problem:
        raise SeedError(f"it is not YAML: {' '.join(str(problem).split())}.") from problem
    except msgspec.ValidationError as problem:
        raise SeedError(f"{problem}.") from problem
