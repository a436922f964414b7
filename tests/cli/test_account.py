"""`pointsman account`, `token` and `sdk` as real processes."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from pointsman.ambient import wall
from pointsman.auth import AccessToken, Accounts, Role, check_channel
from pointsman.settings import Settings
from pointsman.store.sqlite import open_store
from pointsman.store.vault import open_vault
from tests.program import pointsman, running_server
from tests.server import ACCOUNT, ACCOUNT_SID, API_KEY_SID

WORKSPACE, WORKER, QUEUE = "WS" + "1" * 32, "WK" + "2" * 32, "WQ" + "3" * 32
SHOWN = re.compile(r"Account SID  (AC[0-9a-f]{32})\nAuth token   ([0-9a-f]{32})  \(shown once\)\n")


def create(folder: Path, name: str = "Desk") -> tuple[str, str]:
    made = pointsman("account", "create", f"--name={name}", folder=folder)
    shown = SHOWN.fullmatch(made.stdout)
    assert shown, made
    return shown[1], shown[2]


def accounts_in(folder: Path) -> Accounts:
    settings = Settings(data=folder / "pointsman-data")
    with contextlib.closing(open_store(settings.data, exclusive=False)) as store:
        return Accounts(open_vault(store, settings).load)


@pytest.mark.feature(284)
def test_an_account_is_made_listed_and_rotated(tmp_path: Path) -> None:
    """A made account is listed without its token, and rotating it shows another one."""
    sid, auth_token = create(tmp_path)
    listed = pointsman("account", "list", folder=tmp_path).stdout
    rotated = SHOWN.fullmatch(pointsman("account", "rotate", sid, folder=tmp_path).stdout)

    assert re.fullmatch(sid + r"  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  Desk\n", listed)
    assert rotated is not None
    assert rotated[1] == sid
    assert rotated[2] != auth_token
    assert accounts_in(tmp_path).signing_key(sid) == rotated[2]


@pytest.mark.feature(285)
def test_the_account_of_the_environment_is_rotated_there(tmp_path: Path) -> None:
    """An auth token that the environment sets is not rotated behind its back."""
    sid = "AC" + "0" * 32
    refused = pointsman(
        *("account", "rotate", sid),
        folder=tmp_path,
        POINTSMAN_ACCOUNT_SID=sid,
        POINTSMAN_AUTH_TOKEN="token",
    )

    assert refused.returncode == 2
    assert "is set by POINTSMAN_AUTH_TOKEN" in refused.stderr


def test_an_unknown_account_is_refused(tmp_path: Path) -> None:
    """Rotating what is not there ends with status 2 and a sentence."""
    create(tmp_path)
    refused = pointsman("account", "rotate", "AC12", folder=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "There is no account AC12 in pointsman-data.\n"


@pytest.mark.feature(287)
@pytest.mark.parametrize(
    ("words", "channel"),
    [
        (("worker", WORKSPACE, WORKER), WORKER),
        (("workspace", WORKSPACE), WORKSPACE),
        (("taskqueue", WORKSPACE, QUEUE), QUEUE),
    ],
)
def test_a_token_is_all_that_is_printed(
    tmp_path: Path, words: tuple[str, ...], channel: str
) -> None:
    """The one line printed is a token that this data folder's account signed, for that channel."""
    sid, _ = create(tmp_path)
    printed = pointsman("token", *words, "--ttl=60", folder=tmp_path)
    token = accounts_in(tmp_path).verify_token(printed.stdout.strip(), wall())

    assert printed.stdout.count("\n") == 1
    assert (token.account_sid, token.workspace_sid) == (sid, WORKSPACE)
    check_channel(token, sid, channel, "GET")


@pytest.mark.feature(287)
def test_a_token_allows_what_was_asked_for(tmp_path: Path) -> None:
    """With --allow, a worker's token may do that and nothing more."""
    create(tmp_path)
    printed = pointsman("token", "worker", WORKSPACE, WORKER, "--allow=activities", folder=tmp_path)
    policies = accounts_in(tmp_path).verify_token(printed.stdout.strip(), wall()).policies
    own = f"/v1/Workspaces/{WORKSPACE}/Workers/{WORKER}"

    assert policies.allow("POST", own, {"ActivitySid": "WA1"})
    assert not policies.allow("POST", own, {"Attributes": "{}"})


@pytest.mark.feature(22, partly=True)
@pytest.mark.parametrize(
    ("words", "worker", "role"),
    [
        ((WORKSPACE, WORKER), WORKER, Role.WORKER),
        ((WORKSPACE, WORKER, "--role=supervisor"), WORKER, Role.SUPERVISOR),
        ((WORKSPACE, "--role=admin", f"--key={API_KEY_SID}"), None, Role.ADMIN),
    ],
)
def test_an_access_token_is_signed_with_the_account_s_key(
    tmp_path: Path, words: tuple[str, ...], worker: str | None, role: Role
) -> None:
    """The one line printed is the newer SDK's token, for that worker and role."""
    data = tmp_path / "pointsman-data"
    data.mkdir()
    with running_server(data, **ACCOUNT):
        pass
    printed = pointsman("token", "access", *words, folder=tmp_path)
    assert printed.stdout.count("\n") == 1, printed.stderr
    token = accounts_in(tmp_path).verify_token(printed.stdout.strip(), wall())

    assert isinstance(token, AccessToken)
    assert (token.workspace_sid, token.worker_sid, token.role) == (WORKSPACE, worker, role)
    assert (token.account_sid, token.api_key_sid) == (ACCOUNT_SID, API_KEY_SID)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("access", WORKSPACE, WORKER), "has no API key, and access tokens are signed with one"),
        (("access", WORKSPACE), "The role worker needs a worker"),
        (("worker", "WS1", WORKER), "'WS1' is not the SID of a workspace"),
        (("worker", WORKSPACE, QUEUE), "is not the SID of a worker"),
        (("taskqueue", WORKSPACE, WORKER), "is not the SID of a task queue"),
        (("worker", WORKSPACE, WORKER, "--allow=fly"), "not fly."),
        (("workspace", WORKSPACE, "--account=AC9"), "There is no account AC9"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    """A token for what cannot be ends with status 2 and a sentence."""
    create(tmp_path)
    refused = pointsman("token", *words, folder=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert sentence in refused.stderr


@pytest.mark.parametrize(
    "words", [("account", "list"), ("account", "rotate", "AC1"), ("token", "workspace", WORKSPACE)]
)
def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Only the server and `account create` make a data folder; a mistyped one is told."""
    refused = pointsman(*words, "--data=mistyped", folder=tmp_path)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("There is no database in mistyped; ")
    assert list(tmp_path.iterdir()) == []


def test_of_several_accounts_one_is_named(tmp_path: Path) -> None:
    """With two accounts the one that signs has to be named, and is used."""
    create(tmp_path, "one")
    other, _ = create(tmp_path, "other")
    refused = pointsman("token", "workspace", WORKSPACE, folder=tmp_path)
    printed = pointsman("token", "workspace", WORKSPACE, f"--account={other}", folder=tmp_path)

    assert "There are 2 accounts" in refused.stderr
    token = accounts_in(tmp_path).verify_token(printed.stdout.strip(), wall())
    assert token.account_sid == other


@pytest.mark.feature(239)
def test_the_sdk_tag_is_the_complete_line(tmp_path: Path) -> None:
    """`sdk tag` prints one script line with the public address, the version and the hash."""
    (tmp_path / "sdk").mkdir()
    for name in ("taskrouter.min.js", "taskrouter.mjs", "taskrouter.d.ts"):
        (tmp_path / "sdk" / name).write_text("")
    asked = ("sdk", "tag", f"--static={tmp_path}", "--public-url=https://router.example")
    printed = pointsman(*asked, folder=tmp_path)

    assert re.fullmatch(
        r'<script src="https://router\.example/sdk/v[\d.]+/taskrouter\.min\.js" '
        r'integrity="sha384-[\w+/]{64}" crossorigin="anonymous"></script>\n',
        printed.stdout,
    )


def test_a_tag_for_files_that_are_not_built_is_refused(tmp_path: Path) -> None:
    """Without the built files `sdk tag` says how to build them."""
    refused = pointsman("sdk", "tag", f"--static={tmp_path}", folder=tmp_path)

    assert refused.returncode == 2
    assert "run `make web`" in refused.stderr
