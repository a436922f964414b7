"""Settings from the environment: what is taken, and how a bad value is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from pointsman.engine.records import Limits
from pointsman.settings import Settings, SettingsError, unknown_variables, variable

ACCOUNT = "AC" + "0" * 32
KEY = "SK" + "1" * 32


def test_an_empty_environment_gives_the_defaults() -> None:
    """Without any variable the server is for this machine alone, on port 8080."""
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert (settings.host, settings.port, settings.data) == (
        "127.0.0.1",
        8080,
        Path("pointsman-data"),
    )


def test_variables_are_read_in_their_kinds() -> None:
    """Texts, numbers, switches and paths are read as what they are."""
    settings = Settings.from_environment(
        {
            "POINTSMAN_PORT": "0",
            "POINTSMAN_DATA": "/srv/router",
            "POINTSMAN_DEMO": "Yes",
            "POINTSMAN_HEARTBEAT_S": "2.5",
            "POINTSMAN_LIMIT_WORKERS": "7",
        }
    )

    assert (settings.port, settings.data, settings.demo) == (0, Path("/srv/router"), True)
    assert (settings.heartbeat_s, settings.limit_workers) == (2.5, 7)


def test_an_option_wins_over_its_variable() -> None:
    """What is chosen on the command line wins; what is not chosen there is left alone."""
    environment = {"POINTSMAN_PORT": "9000", "POINTSMAN_HOST": "::1"}
    settings = Settings.from_environment(environment, port=9001, host=None)

    assert (settings.port, settings.host) == (9001, "::1")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"POINTSMAN_PORT": "http"}, "POINTSMAN_PORT is 'http'; it has to be a whole number."),
        ({"POINTSMAN_PORT": "-1"}, "POINTSMAN_PORT is -1; it has to be 0 or more."),
        ({"POINTSMAN_PORT": "70000"}, "POINTSMAN_PORT is 70000; a port is at most 65535."),
        ({"POINTSMAN_HOST": ""}, "POINTSMAN_HOST is empty; say 127.0.0.1 or 0.0.0.0."),
        ({"POINTSMAN_DEMO": "maybe"}, "POINTSMAN_DEMO is 'maybe'; say true or false."),
        ({"POINTSMAN_HEARTBEAT_S": "x"}, "POINTSMAN_HEARTBEAT_S is 'x'; it has to be a number."),
        ({"POINTSMAN_DRAIN_S": "nan"}, "POINTSMAN_DRAIN_S is nan; it has to be 0 or more."),
        (
            {"POINTSMAN_LOG": "xml"},
            "POINTSMAN_LOG is 'xml'; it has to be one of text, json.",
        ),
        (
            {"POINTSMAN_ACCOUNT_SID": ACCOUNT},
            "POINTSMAN_ACCOUNT_SID and POINTSMAN_AUTH_TOKEN go together; only one of them is set.",
        ),
        (
            {"POINTSMAN_ACCOUNT_SID": "AC12", "POINTSMAN_AUTH_TOKEN": "t"},
            "POINTSMAN_ACCOUNT_SID is 'AC12'; it has to be AC and 32 digits of 0-9, a-f.",
        ),
        (
            {"POINTSMAN_API_KEY_SID": KEY, "POINTSMAN_API_KEY_SECRET": "s"},
            "POINTSMAN_API_KEY_SID needs POINTSMAN_ACCOUNT_SID, whose key it is.",
        ),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(environment: dict[str, str], sentence: str) -> None:
    """A value that cannot be used is refused by a sentence that names the variable."""
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environment)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    "url",
    ["router.example.com", "ftp://a", "https://", "https://a/b", "https://a?b", "https://u:p@a"],
)
def test_a_public_url_is_scheme_and_host(url: str) -> None:
    """A public URL with anything but scheme, host and port is refused."""
    with pytest.raises(SettingsError, match="POINTSMAN_PUBLIC_URL"):
        Settings(public_url=url)


@pytest.mark.parametrize(
    ("chosen", "origin"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "0.0.0.0", "port": 81}, "http://127.0.0.1:81"),
        ({"host": "::"}, "http://[::1]:8080"),
        ({"host": "[::1]"}, "http://[::1]:8080"),
        ({"host": "router.lan"}, "http://router.lan:8080"),
        ({"tls_cert": "c.pem", "tls_key": "k.pem"}, "https://127.0.0.1:8080"),
        ({"host": "0.0.0.0", "public_url": "https://a.example"}, "https://a.example"),
    ],
)
def test_where_the_server_is_found(chosen: dict[str, Any], origin: str) -> None:
    """Links that no request asked for begin with the public URL, or with what reaches the port."""
    assert Settings(**chosen).origin == origin


def test_a_public_url_loses_its_last_slash() -> None:
    """Links are put together by appending a path, so the URL ends without a slash."""
    assert Settings(public_url="https://a.example:8443/").public_url == "https://a.example:8443"


@pytest.mark.feature(286)
def test_a_secret_is_not_in_the_representation() -> None:
    """Settings can be logged: no secret is in their text."""
    settings = Settings(
        account_sid=ACCOUNT, auth_token="hush-1", secret_key="hush-2", demo_key="hush-3"
    )

    assert "hush" not in repr(settings)


@pytest.mark.feature(236)
@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("example.com", False),
    ],
)
def test_loopback_is_recognised(host: str, loopback: bool) -> None:
    """Only addresses that other machines cannot reach count as loopback."""
    assert Settings(host=host).on_loopback is loopback


def test_a_misspelt_variable_is_found() -> None:
    """A POINTSMAN_ variable that nothing reads can be named to the operator."""
    environment = {"POINTSMAN_PROT": "1", "POINTSMAN_PORT": "1", "HOME": "/"}

    assert unknown_variables(environment) == ["POINTSMAN_PROT"]


def test_every_limit_of_the_engine_is_a_setting() -> None:
    """Each limit of the engine has a setting with the same default."""
    settings = {field.name: field.default for field in dataclasses.fields(Settings)}
    limits = {name: getattr(Limits(), name) for name in Limits.__struct_fields__}
    grace_s = limits.pop("disconnect_grace_s")

    assert settings["disconnect_grace_s"] == grace_s
    assert {name: settings[f"limit_{name}"] for name in limits} == limits


def test_a_variable_is_the_setting_in_capitals() -> None:
    """The environment variable of a setting is its name in capitals after POINTSMAN_."""
    assert variable("public_url") == "POINTSMAN_PUBLIC_URL"
