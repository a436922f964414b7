"""How a command ends when it cannot do what was asked: one sentence and status 2.

Where programs read what the server says, the sentence is a line of its log.
"""

from __future__ import annotations

import logging
import os
from typing import Any, NoReturn

import typer

from pointsman import logs
from pointsman.settings import Settings, SettingsError

__all__ = ["refuse", "settings_or_refuse"]

log = logging.getLogger(__name__)


def refuse(sentence: str) -> NoReturn:
    """End with status 2 and this sentence on standard error."""
    if logs.for_programs():
        log.error("%s", sentence)
    else:
        typer.echo(sentence, err=True)
    raise typer.Exit(2)


def settings_or_refuse(**chosen: Any) -> Settings:
    """The settings of the environment and the options given, or an end with a sentence."""
    try:
        return Settings.from_environment(os.environ, **chosen)
    except SettingsError as error:
        refuse(str(error))
