"""Requests for TwiML: signed, bounded in time and size, within the address rules of webhooks.

Whatever is no document has a code of its own, which the application is told by an alert. What a call
does then is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from msgspec import Struct

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.outbound.client import (
    LONGEST_ANSWER,
    Failed,
    Post,
    Poster,
    TooLong,
    TooManyRedirects,
)
from pointsman.voice.calls import Source
from pointsman.voice.twiml import BadTwiml, Element, parse

__all__ = ["TOO_MANY_REDIRECTS", "Document", "Fetcher", "NoTwiml"]

BAD_STATUS, TOO_MANY_REDIRECTS, TOO_LONG, BAD_DOCUMENT = 11200, 11215, 11750, 12100
LONGEST_SOUND = 32 * 1024 * 1024


class NoTwiml(Exception):
    """There is no document: `code` is the original's number for why, `url` what was asked."""

    def __init__(self, code: int, told: str, url: str = "") -> None:
        super().__init__(f"{url}: {told}" if url else told)
        self.code = code
        self.url = url


class Document(Struct, frozen=True):
    """What came: verbs, and the URL that they came from, for links."""

    verbs: list[Element]
    url: str

    def link(self, url: str) -> str:
        """A URL of the document, which may be relative."""
        return urljoin(self.url, url) if self.url else url


class Fetcher:
    """Asks applications for TwiML."""

    def __init__(
        self, poster: Poster, accounts: Accounts, ambient: Ambient, limit_s: float
    ) -> None:
        self._poster = poster
        self._accounts = accounts
        self._ambient = ambient
        self._limit_s = limit_s

    async def fetch(
        self,
        source: Source,
        fields: Mapping[str, str],
        account_sid: str,
        *,
        sounds: bool = False,
    ) -> Document:
        """The document; raises `NoTwiml`. With `sounds` a sound is one that plays it for ever."""
        url = "" if source.twiml else source.url
        try:
            if source.twiml:
                return Document(parse(source.twiml.encode()), "")
            verbs = await self._ask(url, source.method, fields, account_sid, sounds=sounds)
            return Document(verbs, url)
        except TooManyRedirects as problem:
            raise NoTwiml(TOO_MANY_REDIRECTS, str(problem), url) from problem
        except TooLong as problem:
            raise NoTwiml(TOO_LONG, str(problem), url) from problem
        except Failed as problem:
            raise NoTwiml(problem.failure.code, str(problem), url) from problem
        except BadTwiml as problem:
            raise NoTwiml(BAD_DOCUMENT, str(problem), url) from problem

    async def _ask(
        self, url: str, method: str, fields: Mapping[str, str], account_sid: str, *, sounds: bool
    ) -> list[Element]:
        if not url:
            raise Failed(BAD_STATUS, "There is no URL to ask for TwiML")
        account = self._accounts.current(account_sid, self._ambient.wall())
        if account is None:
            raise Failed(BAD_STATUS, "The account is not there any more")
        post = Post(
            url=url,
            form=fields,
            message_sid=self._ambient.new_sid("PV"),
            auth_token=account.auth_token,
            trusted=account.bootstrap,
            limit_s=self._limit_s,
            method=method,
            longest_answer=LONGEST_SOUND if sounds else LONGEST_ANSWER,
        )
        answer = await self._poster.post(post)
        if not 200 <= answer.status < 300:
            raise Failed(BAD_STATUS, f"It answered with status {answer.status}")
        if sounds and answer.content_type.startswith("audio/"):
            return [Element("Play", {"loop": "0"}, [], [url])]
        return parse(answer.body) if answer.body.strip() else []
