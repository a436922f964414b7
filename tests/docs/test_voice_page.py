"""docs/voice.md and the files of deploy/: what they name is there, and each file is one that its program reads."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest

from pointsman.settings import Settings, variable
from pointsman.voice.asterisk.ari import AriSettings
from tests.docs.asterisk_files import Section, Unreadable, read, read_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/voice.md").read_text()
ASTERISK, EDGE = ROOT / "deploy/asterisk", ROOT / "deploy/softphone"
PJSIP = read((ASTERISK / "pjsip.conf").read_text())
KNOWN = {
    "global": {"endpoint_identifier_order"},
    "transport": {"protocol", "bind"},
    "endpoint": {
        *("transport", "context", "disallow", "allow", "aors", "outbound_auth"),
        *("from_user", "from_domain", "direct_media", "rtp_timeout"),
    },
    "aor": {"contact"},
    "auth": {"auth_type", "username", "password"},
    "identify": {"endpoint", "match"},
    "registration": {
        *("transport", "outbound_auth", "server_uri", "client_uri"),
        *("contact_user", "retry_interval"),
    },
}
"""What Asterisk 22 reads in an object of each type, as far as these files say it."""
REFERS = {"transport": "transport", "aors": "aor", "outbound_auth": "auth", "endpoint": "endpoint"}
"""Key → the type of the object that its value names."""


OF_OTHERS = {"POINTSMAN_TEST_ARI_URL", "POINTSMAN_URL"}
"""Variables of the tests, and of whoever follows the page."""


def objects(kind: str) -> dict[str, Section]:
    """The objects of pjsip.conf of one type, by name."""
    return {section.name: section for section in PJSIP if section.get("type") == kind}


@pytest.mark.feature(305)
def test_the_page_tells_every_provider_and_every_file() -> None:
    """The table has a row for each value of POINTSMAN_VOICE; files and settings that are named exist."""
    table = re.findall(r"^\| `(\w+)` \|", PAGE.split("## ")[0], re.MULTILINE)
    doc = next(field for field in dataclasses.fields(Settings) if field.name == "voice")
    assert table == re.findall(r"`(\w+)`", doc.metadata["doc"])
    settings = {variable(field.name) for field in dataclasses.fields(Settings)}
    named = set(re.findall(r"POINTSMAN_[A-Z_]*[A-Z]", PAGE)) - OF_OTHERS
    assert named <= settings, named - settings
    files = {path.name for folder in (ASTERISK, EDGE) for path in folder.iterdir()}
    assert {name for name in files if f"`{name}`" not in PAGE} == set()
    for heading in ("How much it carries", "What is not offered, and why", "Trunks"):
        assert f"## {heading}\n" in PAGE


@pytest.mark.feature(305)
def test_asterisk_finds_what_its_files_name() -> None:
    """Every object of pjsip.conf has options of its type, and names objects and contexts that there are."""
    contexts = read_file(ASTERISK / "extensions.conf")
    for section in PJSIP:
        kind = section.get("type")
        keys = {key for key, _ in section.lines} - {"type"}
        assert keys <= KNOWN[kind], section
        for key in keys & set(REFERS):
            assert section.get(key) in objects(REFERS[key]), section
        if kind == "endpoint":
            assert section.get("context") in contexts
            assert set(section.get("allow").split(",")) <= {"alaw", "ulaw", "g722"}, (
                "it has no other"
            )


@pytest.mark.feature(305)
def test_asterisk_is_where_the_settings_look_for_it() -> None:
    """User, address and application of the files are the defaults; calls from a trunk reach the application."""
    http = read_file(ASTERISK / "http.conf")["general"]
    assert (http.get("enabled"), read_file(ASTERISK / "ari.conf")["general"].get("enabled")) == (
        "yes",
        "yes",
    )
    address = f"http://{http.get('bindaddr')}:{http.get('bindport')}/ari"
    assert address == Settings.asterisk_url
    user = read_file(ASTERISK / "ari.conf")[Settings.asterisk_user]
    assert (user.get("type"), user.get("read_only")) == ("user", "no")
    app = AriSettings("", "", "").app
    dialled = read_file(ASTERISK / "extensions.conf")["from-trunk"].lines
    reached = [value for key, value in dialled if key == "exten"]
    assert reached == [f"_X.,1,Stasis({app})", f"_+X.,1,Stasis({app})"]
    for name in ("musiconhold.conf", "rtp.conf"):
        assert read_file(ASTERISK / name)


@pytest.mark.feature(305)
def test_calls_go_to_endpoints_of_the_files() -> None:
    """Each PJSIP address of the page and of the files is one of an endpoint that pjsip.conf has."""
    texts = PAGE + (ASTERISK / "pjsip.conf").read_text()
    trunks = set(re.findall(r"PJSIP/\{number\}@([\w-]+)", texts))
    direct = set(re.findall(r"PJSIP/([\w-]+)/", texts))
    assert trunks == {"trunk", "itsp"} and direct == {"softphones"}
    assert trunks | direct == set(objects("endpoint"))
    assert all(objects("endpoint")[name].get("aors") == name for name in trunks)


def test_a_line_that_asterisk_would_not_read_is_found() -> None:
    """The reader refuses what is neither a section nor a setting."""
    for text in ("[open\n", "enabled = yes\n", "[general]\nenabled\n"):
        with pytest.raises(Unreadable):
            read(text)


def check(file: Path, *definitions: str) -> subprocess.CompletedProcess[str]:
    """What Kamailio says of a file."""
    given = [word for each in definitions for word in ("-A", each)]
    command = ["kamailio", "-c", "-f", str(file), *given]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.feature(305)
def test_kamailio_reads_the_file_of_the_edge(tmp_path: Path) -> None:
    """It does with a secret, given as the page says; without one, and with a fault in it, it does not."""
    file = tmp_path / "kamailio.cfg"
    file.write_text((EDGE / "kamailio.cfg").read_text())
    assert check(file).returncode != 0
    [line] = re.findall(
        r"^echo '(#!define EDGE_SECRET .*)' > /etc/kamailio/edge.cfg$", PAGE, re.MULTILINE
    )
    (tmp_path / "edge.cfg").write_text(line + "\n")
    assert check(file).returncode == 0, check(file).stderr
    file.write_text(file.read_text().replace("t_relay();", "t_rely();"))
    assert check(file).returncode != 0
