"""How a command ends when it cannot do what was asked: one sentence and status 2."""

from __future__ import annotations

import os
from typing import Any, NoReturn

import typer

from pointsman.settings import Settings, SettingsError

__all__ = ["refuse", "settings_or_refuse"]


def refuse(sentence: str) -> NoReturn:
    """End with status 2 and this sentence on standard error."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


def settings_or_refuse(**chosen: Any) -> Settings:
    """The settings of the environment and the options given, or an end with a sentence."""
    try:
        return Settings.from_environment(os.environ, **chosen)
    except SettingsError as error:
        refuse(str(error))
