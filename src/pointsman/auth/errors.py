"""Why somebody is turned away, with the status and code of the answer.

One class for all refusals of this package, because the shells treat them alike: they answer
`status` with an error body of `code` and `message`. It must not know how such a body looks.
"""

from __future__ import annotations


class AuthError(Exception):
    """Whoever asks is not known (401), or may not do what he asks (403)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def not_authenticated() -> AuthError:
    """No credentials, wrong ones, or none that can be read: the answer does not say which."""
    return AuthError(401, 20003, "Authenticate")


def not_now(message: str) -> AuthError:
    """The token expired or is not yet valid."""
    return AuthError(401, 20104, message)


def badly_signed(message: str) -> AuthError:
    """The token's signature or algorithm is not ours."""
    return AuthError(403, 20107, message)


def wrong_token(message: str) -> AuthError:
    """The token is malformed, or made for another account, channel or workspace."""
    return AuthError(403, 20101, message)


def forbidden(message: str) -> AuthError:
    """The token's policies refuse the request."""
    return AuthError(403, 20003, message)
