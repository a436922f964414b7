"""The samples that begin a call, on simulated phones: what rings, who hears whom, what is told to whom.

A caller waits in the workflow, alice's page runs the sample, and the addresses in it are those of an
application of the test and of a document that lies with the server.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.browser import samples_of_telephony as samples
from tests.browser.phones import CALLER, Phones
from tests.browser.place import Place
from tests.browser.samples import eventually
from tests.browser.samples_of_telephony import OUTCOMES, Telephony, instruct
from tests.browser.stage import ON_OFFER, TEXT, Stage

BIN = "<Response><Say loop='0'>There is a caller for you</Say></Response>"
DOCUMENT = TEXT.split("```xml\n")[1].split("```")[0].strip()


class Play:
    """One sample on its way."""

    def __init__(self, stage: Stage, phones: Phones, sample: Telephony) -> None:
        self.stage, self.phones, self.sample = stage, phones, sample
        self.place = stage.place
        self.worker = next(
            (str(value) for key, value in sample.params.items() if key.endswith("To")),
            "client:alice",
        )
        self.paths = {
            samples.BIN: f"/{self.place.workspace_sid}/bin",
            samples.REQUESTS: f"/{self.place.workspace_sid}/requests",
            samples.MEETINGS: f"/{self.place.workspace_sid}/meetings",
        }

    def begin(self) -> None:
        """The caller waits; the sample is shown, and is answered."""
        place, application = self.place, self.phones.application
        place.workspace.workers(place.alice).update(attributes='{"contact_uri": "client:alice"}')
        self.stage.filled = {
            "CAxxxx": self.phones.call(place),
            samples.DOCUMENT: self.phones.stored(DOCUMENT),
            **{printed: application.address(path) for printed, path in self.paths.items()},
        }
        application.serve(self.paths[samples.BIN], BIN, "text/xml")
        application.serve(self.paths[samples.REQUESTS], "", "text/plain")
        verb, instructed = instruct(self.stage, self.sample)
        told = (instructed.get("status", 200), instructed.get("code"))
        assert told == OUTCOMES["simulator"][verb], instructed
        if self.sample.prints:
            assert self.stage.lines(1) == [self.sample.prints]

    def told(self, printed: str) -> list[dict[str, str]]:
        """What was sent to an address that the sample prints."""
        return self.phones.application.told_at(self.paths[printed])

    def becomes(self, status: str) -> None:
        """Wait until the reservation is in this status."""
        [task] = self.place.workspace.tasks.list()
        eventually(self.stage, lambda: self.place.reservation_status(task.sid) == status)

    def hears(self, phone: str, *sources: str) -> None:
        """Wait until a phone hears these."""
        eventually(self.stage, lambda: self.phones.hears(phone) == set(sources))

    def talks(self) -> None:
        """Worker and caller hear each other, and the reservation is accepted."""
        self.becomes("accepted")
        self.hears(self.worker, CALLER)
        self.hears(CALLER, self.worker)

    def ends(self) -> None:
        """The worker hangs up: his work is wrapped up, and he goes where the sample says."""
        self.phones.hang_up(self.worker)
        self.becomes("wrapping")
        moves = any(key.endswith("PostWorkActivitySid") for key in self.sample.params)
        activity = "Offline" if moves else "Available"
        eventually(self.stage, lambda: self.place.activity() == activity)


def meets(play: Play) -> None:
    play.talks()
    play.ends()
    if play.phones.leg(CALLER):  # nothing ends the conference when the worker leaves
        play.phones.hang_up(CALLER)
    wanted = str(play.sample.params.get("ConferenceStatusCallbackEvent", "")).split(",")
    if wanted == [""]:
        return
    names = {
        "start": "conference-start",
        "end": "conference-end",
        "join": "participant-join",
        "leave": "participant-leave",
    }
    heard = {names[each] for each in wanted}
    eventually(
        play.stage,
        lambda: {told.get("StatusCallbackEvent") for told in play.told(samples.MEETINGS)} >= heard,
    )
    events = [told.get("StatusCallbackEvent") for told in play.told(samples.MEETINGS)]
    assert {event for event in events if event} == heard
    if "ConferenceRecord" in play.sample.params:
        eventually(
            play.stage,
            lambda: any("RecordingUrl" in told for told in play.told(samples.MEETINGS)),
        )


def dequeues(play: Play) -> None:
    play.talks()
    play.ends()
    if "DequeueStatusCallbackUrl" in play.sample.params:
        eventually(play.stage, lambda: bool(play.told(samples.REQUESTS)))
        [told] = play.told(samples.REQUESTS)
        assert (told["CallStatus"], told["taskCallSid"]) == (
            "completed",
            play.stage.filled["CAxxxx"],
        )
        assert "RecordingUrl" in told


def calls(status: str) -> Callable[[Play], None]:
    def check(play: Play) -> None:
        play.becomes(status)
        play.hears(play.worker, "say:There is a caller for you")
        assert len(play.told(samples.BIN)) == 1
        play.hears(CALLER, "music")
        play.phones.hang_up(play.worker)

    return check


def redirects(play: Play) -> None:
    play.becomes("accepted")
    eventually(
        play.stage,
        lambda: any(
            "say:Hello from Twilio!" in heard["sources"]
            for heard in play.phones.known(play.phones.caller)["heard"]
        ),
    )


CHECKS: dict[str, Callable[[Play], None]] = {
    "reservation.conference alone": meets,
    "reservation.conference": meets,
    "reservation.conference, the worker's leg": meets,
    "reservation.conference, options alone": meets,
    "reservation.dequeue alone": dequeues,
    "reservation.dequeue": dequeues,
    "reservation.call": calls("accepted"),
    "reservation.call without callbacks": calls("pending"),
    "reservation.call, accepted afterwards": calls("accepted"),
    "reservation.call, accepted before": calls("accepted"),
    "reservation.redirect": redirects,
}


def refuses_a_foreign_call(stage: Stage, phones: Phones, elsewhere: Place) -> None:
    """A call that is not the task's is sent nowhere, and the callback is told so."""
    place = stage.place
    task_sid = place.task()
    foreign = phones.call(elsewhere)
    stage.filled = {"CAxxxx": foreign, samples.DOCUMENT: phones.stored(DOCUMENT)}
    stage.show("reservation.redirect", setup=ON_OFFER)
    code, message = stage.lines(2)
    assert (code, message) == (
        "400",
        "RedirectCallSid has to be the call_sid or worker_call_sid of this task",
    )
    assert place.reservation_status(task_sid) == "pending"
    assert phones.hears(CALLER) == {"music"}


def run_on_phones(stage: Stage, phones: Phones, sample: Telephony) -> None:
    """Show the sample while a caller waits, and see what becomes of him."""
    play = Play(stage, phones, sample)
    play.begin()
    CHECKS[sample.name](play)
