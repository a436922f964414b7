"""Calls to other people's applications: events that they asked for, offers that they decide on.

What is owed is written with its event and ends with its answer, so a restart loses nothing. A slow
or dead receiver delays only itself. The engine is changed only by commands, made through the api.
"""
