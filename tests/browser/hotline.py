"""A demo server with the provider `sip`, the edge for its workers' softphones, and callers' telephones.

What is heard is measured: a caller's telephone has a tone of 440 Hz, the microphone of a worker's browser
one of 880, and `loud(hertz)` in his page says whether the page plays that tone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.browser.aside import Aside, an_aside
from tests.browser.edge import SECRET, an_edge
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server
from tests.voice.sip.stage import TONES, Telephones, free_ports, tone, words

SOUND_PORTS, SOUND_WITHIN_S = 64, 4
STEADY_WINDOWS, MOST_WINDOWS = 3, 60
"""Quarters of a second in which the same has to be heard, and within which it has to begin."""
MICROPHONE = "worker"
FAKE_DEVICES = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)
EAR = """(() => {
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", ({ track }) => {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        window.loud = (hertz) => {
          const bins = new Float32Array(analyser.frequencyBinCount);
          analyser.getFloatFrequencyData(bins);
          return bins[Math.round((hertz * analyser.fftSize) / context.sampleRate)] > -45;
        };
      });
    }
  };
  const start = OscillatorNode.prototype.start;
  window.rings = 0;
  OscillatorNode.prototype.start = function () {
    window.rings++;
    start.call(this);
  };
  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  const asItIs = { noiseSuppression: false, echoCancellation: false, autoGainControl: false };
  media.getUserMedia = () => open({ audio: asItIs });
})();"""
"""Puts an ear beside the page, which also counts when the page rings; and has the browser leave the tone alone, which it takes for noise."""


class Hotline:
    """All of it."""

    def __init__(self, server: Server, sip_port: int, aside: Aside) -> None:
        self.server = server
        self.aside = aside
        self.sip_port = sip_port
        self.telephones = aside.open(Telephones(free_ports(4)))
        self._dialled = 0
        """How much the telephones had told when the caller dialled."""
        self.http = httpx.Client(
            base_url=server.address, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=20
        )

    def stored(self, twiml: str) -> str:
        """The address of this document."""
        fields = {"FriendlyName": "For a test", "Twiml": twiml}
        return str(self._post("/pointsman/v1/TwiML", fields)["links"]["served"])

    def number(self, number: str, url: str) -> None:
        """Have the document at this address run when the number is called."""
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers.json"
        self._post(path, {"PhoneNumber": number, "VoiceUrl": url})

    @property
    def workspace(self) -> Any:
        """The demo's."""
        router = self.server.client().taskrouter.v1
        [found] = router.workspaces.list(friendly_name="Pointsman demo")
        return found

    def offer(self) -> Any:
        """The one reservation that waits for its answer."""
        tasks = self.workspace.tasks.list(assignment_status=["reserved"])
        [found] = [each for task in tasks for each in task.reservations.list("pending")]
        return found

    def queue_at(self, number: str) -> None:
        """Have callers of this number wait in the demo's workflow, in English."""
        [workflow] = self.workspace.workflows.list()
        task = '<Task>{"language": "en", "level": 1}</Task>'
        enqueue = f"<Enqueue workflowSid='{workflow.sid}'>{task}</Enqueue>"
        self.number(number, self.stored(f"<Response>{enqueue}</Response>"))

    def dial(self, number: str) -> None:
        """The caller's telephone calls this number."""
        self._dialled = len(self.telephones.told)
        self.telephones.do("dial", name="caller", uri=f"sip:{number}@127.0.0.1:{self.sip_port}")

    def press(self, digits: str) -> None:
        """The caller presses keys."""
        self.telephones.do("press", name="caller", digits=digits)

    def hang_up(self) -> None:
        """The caller hangs up."""
        self.telephones.do("hang_up", name="caller")

    def caller_hears(self, *sources: str) -> None:
        """Wait until he hears these, and nothing else, for a while."""
        self.aside.run(self._hears_steadily(frozenset(sources)))

    async def _hears_steadily(self, wanted: frozenset[str]) -> None:
        steady, levels = 0, {}
        for _ in range(MOST_WINDOWS):
            levels = await self.telephones.windows("caller", 1)
            steady = steady + 1 if words(levels) == wanted else 0
            if steady == STEADY_WINDOWS:
                return
        raise AssertionError(f"he hears {levels}, not {set(wanted)}")

    def tells(
        self, event: str, since: int | None = None, holds: Callable[..., bool] = bool
    ) -> None:
        """Wait until the caller's telephone tells this of itself, at least since it dialled."""
        self.aside.run(
            self.telephones.until(
                lambda told: told["event"] == event and told["phone"] == "caller" and holds(told),
                self._dialled if since is None else since,
            )
        )

    def keys(self) -> str:
        """The keys that the caller's telephone was sent."""
        told = self.telephones.told[self._dialled :]
        return "".join(t["digit"] for t in told if t["event"] == "digit" and t["phone"] == "caller")

    def _post(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        answer = self.http.post(path, data=fields)
        assert answer.status_code < 300, answer.text
        made: dict[str, Any] = answer.json()
        return made


@contextlib.contextmanager
def a_hotline(folder: Path) -> Iterator[Hotline]:
    """A running one."""
    (folder / "sounds").mkdir()
    (folder / "sounds" / "music.wav").write_bytes(tone(TONES["music"]))
    (folder / "edge").mkdir()
    sip_port = free_ports(4)
    with an_edge(folder / "edge") as edge:
        telephony = {
            "POINTSMAN_VOICE": "sip",
            "POINTSMAN_SIP_PORT": str(sip_port),
            "POINTSMAN_SIP_TRUNKS": "127.0.0.0/8",
            "POINTSMAN_SIP_RTP_FROM": str(free_ports(SOUND_PORTS)),
            "POINTSMAN_SIP_RTP_PORTS": str(SOUND_PORTS),
            "POINTSMAN_SIP_RTP_TIMEOUT_S": str(SOUND_WITHIN_S),
            "POINTSMAN_VOICE_CLIENT_URI": f"sip:{{name}}@127.0.0.1:{edge.sip_port}",
            "POINTSMAN_SOFTPHONE_URL": edge.url,
            "POINTSMAN_SOFTPHONE_SECRET": SECRET,
        }
        with a_server(folder, "--demo", **telephony) as server, an_aside() as aside:
            hotline = Hotline(server, sip_port, aside)
            yield hotline
            hotline.http.close()


def heard_in(page: Page, *sources: str) -> None:
    """Wait until the page plays these tones and no other."""
    wanted = {hertz: name in sources for name, hertz in TONES.items()}
    page.wait_for_function(
        "(wanted) => Object.entries(wanted).every(([hertz, is]) => loud(Number(hertz)) === is)",
        arg=wanted,
    )


def microphone(folder: Path) -> str:
    """The switch that makes a tone what the microphone hears."""
    path = folder / "microphone.wav"
    path.write_bytes(tone(TONES[MICROPHONE], seconds=5, rate=48_000))
    return f"--use-file-for-fake-audio-capture={path}"
