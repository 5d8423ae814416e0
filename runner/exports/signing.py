"""Signatures on certificates: they prove where a certificate comes from.

A certificate that nobody signed proves that a delivery agrees with itself, and no more: whoever
can write all its files can make another one. Ed25519 (RFC 8032), by the package `cryptography`,
which the extra `signing` installs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from runner.errors import ConsentError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

VARIABLE = "CONSENT_SIGNING_KEY"
_MAKE = "Make one with `openssl genpkey -algorithm ed25519 -out signing.pem`."


def canonical(document: Mapping[str, Any]) -> bytes:
    """What is signed: the certificate without its signature, keys sorted, no white space, UTF-8."""
    bare = {key: value for key, value in document.items() if key != "signature"}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a certificate, however its text is laid out and whoever signed it."""
    return hashlib.sha256(canonical(document)).hexdigest()


def signed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The certificate with the signature of CONSENT_SIGNING_KEY; without one where it is not set.

    Raises:
        ConsentError: the key cannot be used.
    """
    bare = {key: value for key, value in document.items() if key != "signature"}
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return bare
    key = _private_key(given)
    signature = {
        "algorithm": "Ed25519",
        "key": _hash_of(key.public_key()),
        "value": key.sign(canonical(bare)).hex(),
    }
    return {**bare, "signature": signature}


def own_key() -> str | None:
    """Which key CONSENT_SIGNING_KEY is, by its public half; None where it is not set.

    Raises:
        ConsentError: the key cannot be used.
    """
    given = os.environ.get(VARIABLE, "").strip()
    return _hash_of(_private_key(given).public_key()) if given else None


def problem(document: Mapping[str, Any], public_key: Path) -> str | None:
    """What is wrong with a certificate's signature; None when that key's owner has signed it.

    Args:
        document: the certificate.
        public_key: a PEM file.

    Raises:
        ConsentError: the extra is not installed.
        UsageError: the file holds no such key.
    """
    key = _public_key(public_key)
    signature = document.get("signature")
    if signature is None:
        return "the certificate is not signed"
    if signature["key"] != _hash_of(key):
        return "the certificate was signed with another key"
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(bytes.fromhex(signature["value"]), canonical(document))
    except InvalidSignature:
        return "the certificate is not the one that was signed"
    return None


def _private_key(given: str) -> Ed25519PrivateKey:
    """The key itself as PEM, or the file that holds it."""
    kinds, serialization = _library()
    try:
        data = given if given.startswith("-----BEGIN") else Path(given).read_text(encoding="ascii")
        key = serialization.load_pem_private_key(data.encode(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ConsentError(
            f"{VARIABLE} names no private key that can be read without a password (PEM).", _MAKE
        ) from error
    if not isinstance(key, kinds.Ed25519PrivateKey):
        raise ConsentError(f"The key of {VARIABLE} is of another kind than Ed25519.", _MAKE)
    return cast("Ed25519PrivateKey", key)


def _public_key(path: Path) -> Ed25519PublicKey:
    kinds, serialization = _library()
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} is no file with a public key (PEM).",
            "Write it with `openssl pkey -in signing.pem -pubout -out signing.pub`.",
        ) from error
    if not isinstance(key, kinds.Ed25519PublicKey):
        raise UsageError(f"The key in {path} is of another kind than Ed25519.", _MAKE)
    return cast("Ed25519PublicKey", key)


def _library() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ConsentError(
            "Signatures need the package cryptography.", "pip install 'dbt-consent[signing]'"
        ) from error
    return ed25519, serialization


def _hash_of(key: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()
