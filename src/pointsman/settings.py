"""The settings: one frozen record, read once from POINTSMAN_* variables.

Every field has its sentence here, and docs/settings.md is compared with it by a test. A bad value
is refused with a sentence that names the variable. This module reads no file, opens no socket and
knows nobody who uses a setting.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["PREFIX", "Settings", "SettingsError", "variable"]

PREFIX = "POINTSMAN_"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message is a sentence for the operator."""


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _setting(default: Any, doc: str, *, least: float | None = None, secret: bool = False) -> Any:
    metadata = {"doc": doc, "least": least, "secret": secret}
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can choose. Options of `pointsman serve` win over the environment."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on; 0 takes a free one and prints it.", least=0)
    data: Path = _setting(Path("pointsman-data"), "Folder of the database and its key.")
    public_url: str = _setting(
        "", "Scheme and host that clients reach, for links; empty: as each request says."
    )
    tls_cert: str = _setting(
        "", "Certificate file (PEM, with its chain) to serve https and wss with; empty: plain http."
    )
    tls_key: str = _setting("", "File of that certificate's private key (PEM).")
    account_sid: str = _setting("", "Account to make at the start: `AC` and 32 hex digits.")
    auth_token: str = _setting("", "Auth token of that account.", secret=True)
    api_key_sid: str = _setting("", "API key of that account: `SK` and 32 hex digits.")
    api_key_secret: str = _setting("", "Secret of that API key.", secret=True)
    secret_key: str = _setting(
        "",
        "Key that seals the secrets in the database; empty: a file in the data folder holds it.",
        secret=True,
    )
    demo: bool = _setting(False, "Serve a demo workspace and the worker's page.")
    demo_key: str = _setting(
        "", "Needed for a demo that others can reach: what the page has to be given.", secret=True
    )
    log: str = _setting("text", "Form of the log: `text` for people, `json` for programs.")
    log_level: str = _setting("info", "Least level to log: debug, info, warning or error.")
    trusted_proxies: str = _setting(
        "",
        "Addresses or networks, separated by commas, of proxies whose `X-Forwarded-Proto`, "
        "`X-Forwarded-Host` and `X-Forwarded-For` are believed; empty: of none.",
    )
    drain_s: float = _setting(5.0, "Longest time to finish work after SIGTERM.", least=0)
    heartbeat_s: float = _setting(15.0, "Time between heartbeats of a live channel.", least=1)
    disconnect_grace_s: int = _setting(
        5, "Time a worker may be gone before the disconnect activity is set.", least=0
    )
    callback_addresses: str = _setting(
        "public",
        "Addresses that callbacks may go to: `public`, `any`, or networks besides the public ones, "
        "separated by commas. The account of `POINTSMAN_ACCOUNT_SID` may call any.",
    )
    assignment_callback_s: float = _setting(
        5.0, "Longest time for the answer to an assignment callback.", least=0.1
    )
    event_callback_s: float = _setting(
        15.0, "Longest time for the answer to an event callback.", least=0.1
    )
    event_retry_s: float = _setting(
        86_400.0, "Time for which an event callback is tried again before it is given up.", least=0
    )
    event_retry_longest_s: float = _setting(
        3_600.0, "Longest time between two attempts of an event callback.", least=1
    )
    voice: str = _setting(
        "none", "What carries calls: `none`, `simulator`, `sip`, `asterisk` or `twilio`."
    )
    voice_number_uri: str = _setting(
        "",
        "How numbers are dialled, with `{number}` in it: for `sip` a SIP URI such as "
        "`sip:{number}@trunk.example`, for `asterisk` an endpoint such as `PJSIP/{number}@trunk`, "
        "for `twilio` `{number}`; empty: none are.",
    )
    voice_client_uri: str = _setting(
        "", "How `client:name` is dialled, with `{name}` in it; empty: no clients are."
    )
    voice_sip_hosts: str = _setting(
        "", "Hosts, or host:port, separated by commas, that `sip:` addresses may name; empty: none."
    )
    voice_sip_uri: str = _setting(
        "{uri}", "How such an address is dialled; for `asterisk` something like `PJSIP/out/{uri}`."
    )
    softphone_url: str = _setting(
        "",
        "WebSocket at which workers' softphones register, such as `wss://edge.example/phone`; empty: "
        "the worker's page has no phone.",
    )
    softphone_secret: str = _setting(
        "",
        "Secret shared with that edge; what softphones register with is made of it.",
        secret=True,
    )
    sip_interface: str = _setting("127.0.0.1", "Address on which the provider `sip` listens.")
    sip_port: int = _setting(
        5080, "SIP port of the provider `sip`; the next one is taken too.", least=1
    )
    sip_rtp_from: int = _setting(16_384, "First port for sound of the provider `sip`.", least=1024)
    sip_rtp_ports: int = _setting(1_024, "How many ports for sound it may use.", least=2)
    sip_trunks: str = _setting(
        "", "Addresses or networks, separated by commas, that the provider `sip` takes calls from."
    )
    sip_rtp_timeout_s: int = _setting(
        30,
        "So many seconds without any sound from a phone, and its call of the provider `sip` counts as "
        "dead and ends; 0: never.",
        least=0,
    )
    asterisk_url: str = _setting(
        "http://127.0.0.1:8088/ari", "Where the provider `asterisk` finds Asterisk's ARI."
    )
    asterisk_user: str = _setting("pointsman", "User of that ARI.")
    asterisk_password: str = _setting("", "Password of that user.", secret=True)
    twilio_account_sid: str = _setting(
        "", "Account with the carrier, for the provider `twilio`: `AC` and 32 hex digits."
    )
    twilio_auth_token: str = _setting("", "Auth token of that account.", secret=True)
    twilio_api_url: str = _setting("https://api.twilio.com", "Where the carrier's API is.")
    voice_caller_id: str = _setting(
        "own",
        "Which numbers calls may show: `own` (the account's numbers, its verified caller IDs, and "
        "what the caller dialled) or `any`.",
    )
    voice_dials_per_minute: int = _setting(
        120, "Calls that an account may dial within a minute; 0 is no limit.", least=0
    )
    voice_piper_model: str = _setting(
        "",
        "Model of PyPI `piper-tts` (its `.onnx` file, with `.onnx.json` beside it) that says what is "
        "in its language; empty: `espeak-ng` says everything.",
    )
    voice_twiml_s: float = _setting(
        15.0, "Longest time for the answer to a request for TwiML.", least=0.1
    )
    rate_limit_account_per_s: int = _setting(
        0, "REST requests a second that an account may make; 0 is no limit.", least=0
    )
    rate_limit_key_per_s: int = _setting(
        0, "REST requests a second that an API key may make; 0 is no limit.", least=0
    )
    limit_attributes_length: int = _setting(
        4096, "Characters of a worker's or a task's attributes.", least=2
    )
    limit_configuration_bytes: int = _setting(
        1_038_576, "Bytes of a workflow's configuration.", least=2
    )
    limit_friendly_name_length: int = _setting(64, "Characters of a friendly name.", least=1)
    limit_activities: int = _setting(100, "Activities of a workspace.", least=1)
    limit_task_queues: int = _setting(5_000, "Task queues of a workspace.", least=1)
    limit_workers: int = _setting(15_000, "Workers of a workspace.", least=1)
    limit_worker_channel_capacity: int = _setting(
        50, "Highest capacity of a worker channel.", least=1
    )
    limit_task_timeout_s: int = _setting(1_209_600, "Longest time-out of a task.", least=1)
    limit_assigned_s: int = _setting(
        86_400, "Time a task may be assigned before it is removed.", least=1
    )
    limit_assignments: int = _setting(
        1_000, "Offers a task may get before it is canceled.", least=1
    )
    limit_purge_s: int = _setting(300, "Time an ended task can still be fetched.", least=0)
    retention_days: int = _setting(
        0,
        "Days after which events, alerts, and tasks, reservations, calls and recordings that are over "
        "are forgotten; 0 keeps them for ever.",
        least=0,
    )
    statistics_window_days: int = _setting(
        30, "How far back statistics may begin; 0 is no limit.", least=0
    )
    statistics_bulk_per_s: int = _setting(
        5, "Requests a second for many task queues at once, per account; 0 is no limit.", least=0
    )
    worker_statistics_max_workers: int = _setting(
        0,
        "Workers above which a workspace's worker statistics are refused; 0 is no limit.",
        least=0,
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check_least(field, getattr(self, field.name))
        _check_words(self)
        _check_account(self)
        _check_together(self, "tls_cert", "tls_key")
        _check_together(self, "softphone_url", "softphone_secret")
        if self.softphone_url and not re.fullmatch(r"wss?://[^\s/]+\S*", self.softphone_url):
            told = f"POINTSMAN_SOFTPHONE_URL is {self.softphone_url!r}"
            raise SettingsError(f"{told}; it has to be like wss://edge.example.com/phone.")
        _check_networks("callback_addresses", self.callback_addresses, ("public", "any"))
        _check_networks("trusted_proxies", self.trusted_proxies)
        _check_networks("sip_trunks", self.sip_trunks)
        object.__setattr__(self, "public_url", _checked_public_url(self.public_url))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **chosen: Any) -> Settings:
        """Settings from variables, overridden by `chosen` where that is not None.

        Raises `SettingsError` with a sentence for the first value that cannot be used.
        """
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            name = variable(field.name)
            if chosen.get(field.name) is not None:
                values[field.name] = chosen[field.name]
            elif name in environment:
                values[field.name] = _parse(name, environment[name], type(field.default))
        return cls(**values)

    @property
    def scheme(self) -> str:
        """What the server's own port speaks."""
        return "https" if self.tls_cert else "http"

    @property
    def origin(self) -> str:
        """Scheme, host and port under which the server is found: the public ones, or those of this machine."""
        anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
        host = self.host.strip("[]")
        host = anywhere.get(host, host)
        found = f"[{host}]" if ":" in host else host
        return self.public_url or f"{self.scheme}://{found}:{self.port}"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """POINTSMAN_* variables that no setting reads: most likely misspelt."""
    known = {variable(field.name) for field in dataclasses.fields(Settings)}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _parse(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise SettingsError(f"{name} is {text!r}; say true or false.")
    try:
        return kind(text)
    except ValueError:
        word = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{name} is {text!r}; it has to be {word}.") from None


def _check_least(field: dataclasses.Field[Any], value: Any) -> None:
    least = field.metadata["least"]
    if least is not None and not value >= least:  # also refuses NaN
        raise SettingsError(f"{variable(field.name)} is {value}; it has to be {least} or more.")


def _check_words(settings: Settings) -> None:
    choices = {
        "log": ("text", "json"),
        "log_level": ("debug", "info", "warning", "error"),
        "voice": ("none", "simulator", "sip", "asterisk", "twilio"),
        "voice_caller_id": ("own", "any"),
    }
    for name, words in choices.items():
        if getattr(settings, name) not in words:
            told = f"{variable(name)} is {getattr(settings, name)!r}"
            raise SettingsError(f"{told}; it has to be one of {', '.join(words)}.")
    if settings.port > 65_535:
        raise SettingsError(f"POINTSMAN_PORT is {settings.port}; a port is at most 65535.")
    if not settings.host:
        raise SettingsError("POINTSMAN_HOST is empty; say 127.0.0.1 or 0.0.0.0.")


def _check_together(settings: Settings, one: str, other: str) -> None:
    if bool(getattr(settings, one)) != bool(getattr(settings, other)):
        names = f"{variable(one)} and {variable(other)}"
        raise SettingsError(f"{names} go together; only one of them is set.")


def _check_account(settings: Settings) -> None:
    pairs = (
        ("account_sid", "auth_token", "AC"),
        ("api_key_sid", "api_key_secret", "SK"),
        ("twilio_account_sid", "twilio_auth_token", "AC"),
    )
    for sid_name, secret_name, prefix in pairs:
        _check_together(settings, sid_name, secret_name)
        sid = getattr(settings, sid_name)
        if sid and not re.fullmatch(prefix + "[0-9a-f]{32}", sid):
            told = f"{variable(sid_name)} is {sid!r}"
            raise SettingsError(f"{told}; it has to be {prefix} and 32 digits of 0-9, a-f.")
    if settings.voice == "twilio" and not (settings.twilio_account_sid and settings.public_url):
        raise SettingsError(
            "POINTSMAN_VOICE=twilio needs POINTSMAN_TWILIO_ACCOUNT_SID, its token, and the "
            "POINTSMAN_PUBLIC_URL where the carrier reaches this server."
        )
    if settings.api_key_sid and not settings.account_sid:
        raise SettingsError("POINTSMAN_API_KEY_SID needs POINTSMAN_ACCOUNT_SID, whose key it is.")


def _check_networks(name: str, text: str, words: tuple[str, ...] = ()) -> None:
    """Addresses or networks, separated by commas; some settings know a few words besides."""
    for piece in (piece.strip() for piece in text.split(",")):
        if piece and piece not in words:
            try:
                ipaddress.ip_network(piece)
            except ValueError as problem:
                allowed = ", ".join([*words, "addresses or networks such as 10.1.0.0/16"])
                told = f"{variable(name)} names {piece!r}"
                raise SettingsError(f"{told}; say {allowed} ({problem}).") from None


def _checked_public_url(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"POINTSMAN_PUBLIC_URL is {url!r}; it has to be like https://router.example.com, "
            "without a path."
        )
    return f"{parts.scheme}://{parts.netloc}"
