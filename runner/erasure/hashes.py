"""What stands for an erased value: a salted hash, the same in tables, files and tombstones."""

from __future__ import annotations

import hmac
import os
import re

from runner.environment import PEPPER
from runner.exports.check import ERASED

_DIGEST = re.compile(r"[0-9a-f]{64}")

Point = tuple[str, str]
"""A contact point: its kind and its value. An id is one too: `("profile_id", …)`."""


def digest(point: Point) -> str:
    """HMAC-SHA-256 (RFC 2104) with the key from CONSENT_PEPPER, as tombstones have it."""
    key = os.environ.get(PEPPER, "").encode()
    return hmac.digest(key, ":".join(point).encode(), "sha256").hex()


def is_hash(value: str) -> bool:
    """Whether a value stands for one that was erased: as here, or as the bare hash of history."""
    return value.startswith(ERASED) or _DIGEST.fullmatch(value) is not None


def hashed(point: Point) -> str:
    """What stands for a contact point, or for an id, in files and tables; a hash stays itself."""
    return point[1] if point[1].startswith(ERASED) else ERASED + digest(point)


def has_pepper() -> bool:
    """Whether hashes are salted: without a key, whoever knows an address knows its hash."""
    return bool(os.environ.get(PEPPER))
