"""A certificate is foreign data: whoever can write into an outbox can write one.

It is read as bytes of a bounded size, must be the JSON that it claims to be, must fit
certificate.schema.json, and must not contradict itself. Only then is anything in it used. What
comes out of here names no file outside of its delivery, and its purposes are safe to judge by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from itertools import product
from typing import Any, NoReturn

import jsonschema

from runner import console
from runner.errors import ConsentError
from runner.exports.destination import CERTIFICATE, NAME, Destination
from runner.exports.layouts import STEPS

_TIMES = ("delivered_at", "as_of")
_LONGEST = 160
_MOST_BYTES = 8 << 20
_FIX = "Take the delivery from where it was written, or set this folder aside."


def kept(destination: Destination, proof: Destination, name: str) -> dict[str, Any] | None:
    """The certificate of a delivery of this project: the copy kept as proof wins.

    Returns None, after a warning, where none of the copies is a certificate: what lies there is
    somebody else's, or broken, and is left alone.
    """
    problem = ""
    for place in {proof.root: proof, destination.root: destination}.values():
        try:
            if place.exists(name, CERTIFICATE):
                return read(place, name)
        except ConsentError as error:
            problem = problem or error.what
    console.warn(
        f"{destination.where(name)} is set aside: {problem or 'it has no certificate.'} "
        "Nothing in it was read or changed."
    )
    return None


def read(place: Destination, name: str) -> dict[str, Any]:
    """The certificate of one delivery, valid by its schema.

    Raises:
        ConsentError: it cannot be read, is none, or is that of another delivery.
    """
    where = place.where(f"{name}/{CERTIFICATE}")
    document = parse(place.read_bytes(_MOST_BYTES, name, CERTIFICATE), where)
    validate(document, where)
    if NAME.fullmatch(name) and document["delivery"] != name:
        raise ConsentError(
            f"{where} is the certificate of another delivery, {document['delivery']}.", _FIX
        )
    return document


def parse(data: bytes, where: str) -> dict[str, Any]:
    """The JSON object that the bytes are; a key that stands twice, or NaN, makes it none.

    Raises:
        ConsentError: they are not.
    """
    try:
        document = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number
        )
        # half of a surrogate pair is a text that nobody can print
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ConsentError(f"{where} is no JSON document, or a part of one.", _FIX) from error
    if not isinstance(document, dict):
        raise ConsentError(f"{where} is no certificate: it is no JSON object.", _FIX)
    return document


def validate(document: Mapping[str, Any], where: str = "This") -> None:
    """Checks a certificate against its schema, and whether it agrees with itself.

    Raises:
        ConsentError: it is none; the message names the first place that is wrong.
    """
    try:
        problem = next(_schema_problems(document), None) or next(_contradictions(document), None)
    except RecursionError:
        problem = "it is nested too deeply"
    if problem:
        raise ConsentError(f"{where} is no valid certificate: {problem}.", _FIX)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    text = resources.files("runner.exports").joinpath("certificate.schema.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _schema_problems(document: Mapping[str, Any]) -> Iterator[str]:
    errors = _validator().iter_errors(document)
    for error in sorted(errors, key=lambda each: [str(part) for part in each.absolute_path]):
        place = ".".join(str(part) for part in error.absolute_path) or "the document"
        yield printable(f"{place}: {error.message}")


def printable(text: str) -> str:
    """What somebody else wrote, fit for a line of a message."""
    line = "".join(each if each.isprintable() else "�" for each in text)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """What a schema cannot say."""
    times = [(name, document[name]) for name in _TIMES]
    times.append(("build.started_at", document["build"]["started_at"]))
    for name, text in times:
        if moment(text) is None:
            yield f"{name}: {text} is no time"
    delivered_at = moment(document["delivered_at"])
    if delivered_at and not document["delivery"].startswith(f"{delivered_at:%Y%m%dT%H%M%S%f}Z-"):
        yield "delivered_at: it is not the time in the delivery's name"
    yield from _purpose_contradictions(document)
    for column in document["layout"]["columns"]:
        for step in column.get("steps", ()):
            if step not in STEPS:
                yield printable(f"layout: there is no step '{step}'; the certificate may be newer")
    yield from _file_contradictions(document)


def _purpose_contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    purposes = document["purposes"]
    required, signals = document["required_purposes"], document["ad_consent"].values()
    for name in (*required, *signals):
        if name not in purposes:
            yield printable(f"purposes: '{name}' is not among them")
            return
    for name in purposes:
        seen, step = set(), name
        while (parent := (purposes.get(step) or {}).get("parent")) is not None:
            seen.add(step)
            if parent not in purposes or parent in seen:
                yield printable(f"purposes.{name}: its parent '{parent}' leads nowhere")
                return
            step = parent
    if (document["channel"] is None) != (not required):
        yield (
            "required_purposes: a delivery of contact points names the purposes that permit it, "
            "and a list that contacts nobody names none"
        )
    elif required and purposes[required[0]].get("channel") != document["channel"]:
        yield f"channel: it is not the channel of {required[0]}"


def _file_contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    suffixes = signal_suffixes(document["ad_consent"])
    for kind, summary in document["kinds"].items():
        names = [file["name"] for file in summary["files"]]
        if len(set(names)) < len(names):
            yield f"kinds.{kind}: a file is named twice"
        if summary["rows"] != sum(file["rows"] for file in summary["files"]):
            yield f"kinds.{kind}: its rows are not those of its files"
        ending = rf"(-\d{{5}})?\.{document['format']}(\.gz)?"
        allowed = suffixes if kind != "removed" else [r"(-\w+)?"]
        for name in names:
            if not any(re.fullmatch(f"{kind}{each}{ending}", name) for each in allowed):
                yield printable(f"kinds.{kind}: '{name}' is no name of such a file")
                return
        if kind != "removed":
            for each in suffixes:
                if not any(re.fullmatch(f"{kind}{each}{ending}", name) for name in names):
                    yield f"kinds.{kind}: the file {kind}{each} is missing"


def signal_suffixes(signals: Mapping[str, str]) -> list[str]:
    """What the names of files say of each combination of ad-consent signals."""
    answers = [[f"-{signal}_{answer}" for answer in ("granted", "denied")] for signal in signals]
    return ["".join(parts) for parts in product(*answers)]


def moment(text: str) -> datetime | None:
    """A certificate's time; None where it is none, such as the 31st of February."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return None
