"""Requests for TwiML: signed, bounded in time and size, within the address rules of webhooks.

A URL that gives none is followed by its fallback; the application is told of both by alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from msgspec import Struct

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.outbound.client import Failed, Post, Poster
from pointsman.voice.calls import Source
from pointsman.voice.twiml import BadTwiml, Element, parse

__all__ = ["Document", "Fetcher", "NoTwiml"]

BAD_STATUS, BAD_DOCUMENT = 11200, 12100


class NoTwiml(Exception):
    """Neither the URL nor its fallback gave a document; `problems` are code and sentence of each."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__(problems[-1][1])
        self.problems = problems


class Document(Struct, frozen=True):
    """What came: verbs, and the URL that they came from, for links."""

    verbs: list[Element]
    url: str
    problems: tuple[tuple[int, str], ...] = ()
    """What went wrong before: the first URL, when this is from the fallback."""

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

    async def fetch(self, source: Source, fields: Mapping[str, str], account_sid: str) -> Document:
        """The document; raises `NoTwiml`."""
        problems: list[tuple[int, str]] = []
        if source.twiml:
            try:
                return Document(parse(source.twiml.encode()), "")
            except BadTwiml as bad:
                problems.append((BAD_DOCUMENT, str(bad)))
        told = dict(fields)
        attempts = ((source.url, source.method), (source.fallback_url, source.fallback_method))
        for url, method in attempts:
            if not url:
                continue
            try:
                verbs = await self._ask(url, method, told, account_sid)
            except Failed as failed:
                problems.append((failed.failure.code, f"{url}: {failed.failure.message}"))
            except BadTwiml as bad:
                problems.append((BAD_DOCUMENT, f"{url}: {bad}"))
            else:
                return Document(verbs, url, tuple(problems))
            told |= {"ErrorCode": str(problems[-1][0]), "ErrorUrl": url}
        raise NoTwiml(problems or [(BAD_STATUS, "There is no URL to ask for TwiML")])

    async def _ask(
        self, url: str, method: str, fields: Mapping[str, str], account_sid: str
    ) -> list[Element]:
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
        )
        answer = await self._poster.post(post)
        if not 200 <= answer.status < 300:
            raise Failed(BAD_STATUS, f"It answered with status {answer.status}")
        return parse(answer.body) if answer.body.strip() else []
