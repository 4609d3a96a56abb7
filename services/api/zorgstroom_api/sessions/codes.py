"""Codes that people join with, secrets that a facilitator steers with, and what is kept of them.

Both are of letters and digits that nobody takes for another, read aloud or from a screen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

#: Without 0 and O, 1, I and L, U and V.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
#: 29^6 is 595 million: with the limits on wrong codes nobody finds one that is in use.
CODE_LENGTH = 6
#: Four groups of five characters: 97 bits.
_GROUPS, _GROUP_LENGTH = 4, 5
_TOKEN_BYTES = 24


def new_code() -> str:
    """Return a code that nobody can guess."""
    return _random(CODE_LENGTH)


def new_secret() -> str:
    """Return a secret for a facilitator, to be typed over if need be."""
    return "-".join(_random(_GROUP_LENGTH) for _ in range(_GROUPS))


def new_token() -> str:
    """Return what the cookie of a telephone holds."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def as_code(text: str) -> str:
    """Return a code as it was meant.

    >>> as_code(" kx7-p4q ")
    'KX7P4Q'
    """
    return "".join(letter for letter in text.upper() if letter.isalnum())[: CODE_LENGTH + 1]


def secret_digest(secret: str) -> str:
    """Return what is kept of a secret; it is random, so a plain hash is enough."""
    return hashlib.sha256("".join(filter(str.isalnum, secret.upper())).encode()).hexdigest()


def is_secret(given: str | None, digest: str) -> bool:
    """Return whether this is the secret; how long that takes says nothing of it."""
    return given is not None and hmac.compare_digest(secret_digest(given), digest)


def participant_key(code: str, token: str) -> str:
    """Return under what a telephone is counted as one participant."""
    return _digest(code, "", token)


def answer_key(code: str, step: str, token: str) -> str:
    """Return under what an answer is kept: sent twice it is one, and those of two steps have nothing in common."""
    return _digest(code, step, token)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
