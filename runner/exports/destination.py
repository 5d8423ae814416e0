"""A folder or a URL that holds deliveries, each of them there whole or not at all.

    <destination>/latest.json                the certificate of the last delivery
    <destination>/<delivery>/full.csv …      what the destination reads
    <destination>/<delivery>/certificate.json

A delivery is written beside its place and renamed into it. Where a store cannot rename (object
stores), the certificate is written last, and a folder without one is no delivery.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from runner.errors import ConsentError, ExportError

CERTIFICATE = "certificate.json"
LATEST = "latest.json"
PARTIAL = ".partial-"
NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}")
"""What deliveries are called: their time and a hash of build and contract."""
_RENAMES = {"file", "local", "sftp", "ssh", "smb", "hdfs"}
_CHUNK = 1 << 20
_MOST_BYTES = 8 << 20
_LOOK = "Look at what was put there, and by whom."
PAUSES = (1.0, 5.0)
"""Seconds before a remote place is tried again."""
Given = ParamSpec("Given")
Result = TypeVar("Result")


def _plainly(
    method: Callable[Concatenate[Destination, Given], Result],
) -> Callable[Concatenate[Destination, Given], Result]:
    """Says what a store would not do, after it had some more chances where it is remote."""

    @wraps(method)
    def tried(self: Destination, /, *given: Given.args, **named: Given.kwargs) -> Result:
        for pause in (*(PAUSES if self.local is None else ()), None):
            try:
                return method(self, *given, **named)
            except ConsentError:
                raise
            except Exception as error:  # each protocol has errors of its own
                if pause is None or isinstance(error, FileNotFoundError | ValueError):
                    reason = str(error) or type(error).__name__
                    raise ExportError(
                        f"The destination {self.url} failed: {reason}.",
                        "The last delivery stays in place; run `consent export` again when the "
                        "destination is well.",
                    ) from error
                time.sleep(pause)
        raise AssertionError

    return tried


class Destination:
    """One folder, local or remote. Paths below it are relative to it."""

    def __init__(self, url: str, base: Path) -> None:
        """Opens the place that a contract names.

        Args:
            url: a folder (relative to `base`) or any URL that fsspec opens.
            base: the project's folder.

        Raises:
            ExportError: the protocol is not known, or its package is not installed.
        """
        try:
            if "://" in url:
                self.fs, self.root = fsspec.core.url_to_fs(url)
            else:
                self.fs, self.root = LocalFileSystem(), str((base / url).resolve())
        except (ImportError, ValueError) as error:
            raise ExportError(
                f"The destination {shown(url)} cannot be opened: {error}.",
                "Install the package that fsspec names for it, such as s3fs or paramiko.",
            ) from error
        except Exception as error:  # each protocol has errors of its own
            raise ExportError(
                f"The destination {shown(url)} cannot be reached: {error}.",
                "Look at its address and credentials, and whether it is up.",
            ) from error
        self.url = shown(url)
        self.name = named(url)
        self.root = self.root.rstrip("/")

    @property
    def local(self) -> Path | None:
        """The folder, when it is one of this machine."""
        return Path(self.root) if isinstance(self.fs, LocalFileSystem) else None

    def where(self, name: str) -> str:
        """How people write the place of something in it."""
        return f"{self.url.rstrip('/')}/{name}"

    def deliveries(self) -> list[str]:
        """Names of the deliveries that are there whole, oldest first."""
        return sorted(name for name, files in self.contents().items() if CERTIFICATE in files)

    @_plainly
    def contents(self) -> dict[str, set[str]]:
        """The files in each folder that is named as deliveries are, in one listing."""
        found: dict[str, set[str]] = {}
        if self.local:
            for folder in self.local.iterdir() if self.local.is_dir() else ():
                if NAME.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
                    with suppress(PermissionError):  # a stranger's
                        found[folder.name] = {path.name for path in folder.iterdir()}
            return found
        self.fs.invalidate_cache()
        # an object store lists all that is below in one go; others go from folder to folder
        depth = {"maxdepth": 2} if self._renames else {}
        for path in self.fs.find(self.root, **depth) if self.fs.exists(self.root) else ():
            name, _, file = path.removeprefix(self.root).strip("/").partition("/")
            if NAME.fullmatch(name) and file and "/" not in file:
                found.setdefault(name, set()).add(file)
        return found

    @_plainly
    def read_bytes(self, most: int, *parts: str) -> bytes:
        """A small file of the destination.

        Raises:
            ConsentError: it is larger than `most` bytes, is no plain file, or cannot be read.
        """
        where = self.where("/".join(parts))
        self._require_plain(where, *parts)
        try:
            with self.fs.open(self._at(*parts), "rb") as file:
                data: bytes = file.read(most + 1)
        except PermissionError as error:
            raise ConsentError(f"{where} may not be read here.", _LOOK) from error
        if len(data) > most:
            raise ConsentError(f"{where} is larger than {most:,} bytes.", _LOOK)
        return data

    @_plainly
    def exists(self, *parts: str) -> bool:
        """Whether there is such a file or folder."""
        return bool(self.fs.exists(self._at(*parts)))

    @_plainly
    def fetch(self, to: Path, *parts: str) -> Path:
        """Copies one file here and returns its path.

        Raises:
            ConsentError: it is no plain file.
        """
        self._require_plain(self.where("/".join(parts)), *parts)
        with self.fs.open(self._at(*parts), "rb") as source, to.open("wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
        return to

    def staging(self, name: str, work: Path) -> Path:
        """An empty local folder to write a delivery into: beside its place where that is local."""
        folder = self.local / f"{PARTIAL}{name}" if self.local else work / f"{PARTIAL}{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    @_plainly
    def files(self, name: str) -> list[str]:
        """Names of what lies in one folder."""
        listed = self.fs.ls(self._at(name), detail=False) if self.fs.exists(self._at(name)) else ()
        return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in listed)

    @_plainly
    def size(self, *parts: str) -> int:
        """The size of one file, in bytes.

        Raises:
            ConsentError: it is no plain file.
        """
        self._require_plain(self.where("/".join(parts)), *parts)
        return int(self.fs.size(self._at(*parts)))

    @_plainly
    def publish(self, staging: Path, name: str) -> None:
        """Puts a written delivery in its place, whole or not at all.

        Raises:
            ExportError: what arrived at a remote place is not what was sent.
        """
        if self.local:
            _sync_folder(staging)
            staging.rename(self.local / name)
            _sync_folder(self.local)
            return
        place = f"{PARTIAL}{name}" if self._renames else name
        if self.fs.exists(self._at(place)):
            self.fs.rm(self._at(place), recursive=True)
        self.fs.makedirs(self._at(place), exist_ok=True)
        files = sorted(staging.iterdir(), key=lambda path: (path.name == CERTIFICATE, path.name))
        for path in files:
            self._send(path, self._at(place, path.name))
        if self._renames:
            self.fs.mv(self._at(place), self._at(name))

    @_plainly
    def point_to(self, certificate: Mapping[str, Any], checked_at: datetime | None = None) -> None:
        """Makes a delivery the latest one.

        Args:
            certificate: of the delivery.
            checked_at: when it was found to be what would be delivered again.
        """
        checked = {"checked_at": f"{checked_at:%Y-%m-%dT%H:%M:%S.%fZ}"} if checked_at else {}
        self.write_json({**certificate, **checked}, LATEST)

    def latest(self) -> str | None:
        """The name of the delivery that the destination calls its latest."""
        try:
            found = json.loads(self.read_bytes(_MOST_BYTES, LATEST))
        except (ConsentError, ValueError, RecursionError):
            return None
        name = found.get("delivery") if isinstance(found, dict) else None
        return name if isinstance(name, str) and NAME.fullmatch(name) else None

    @_plainly
    def discard(self, name: str) -> None:
        """Removes what an interrupted delivery of that name has left; a whole one stays.

        Only for names that this product has given, by its ledger: whatever else lies here is
        somebody's.
        """
        for left in (f"{PARTIAL}{name}", name):
            whole = left == name and self.fs.exists(self._at(name, CERTIFICATE))
            if not whole and self.fs.exists(self._at(left)):
                self.fs.rm(self._at(left), recursive=True)

    @_plainly
    def replace(self, path: Path, *parts: str) -> None:
        """Puts a local file in the place of one that is there."""
        if self.local:
            beside = self.local.joinpath(*parts[:-1], f"{PARTIAL}{parts[-1]}")
            shutil.copyfile(path, beside)
            beside.replace(self.local.joinpath(*parts))
        else:
            self._send(path, self._at(*parts))

    @_plainly
    def write_json(self, document: Mapping[str, Any], *parts: str) -> None:
        """Puts a JSON document in its place, whole."""
        text = json.dumps(document, indent=2, ensure_ascii=False, default=str).encode() + b"\n"
        if self.local:
            beside = self.local.joinpath(*parts[:-1], f"{PARTIAL}{parts[-1]}")
            beside.write_bytes(text)
            beside.replace(self.local.joinpath(*parts))
        else:
            self.fs.pipe_file(self._at(*parts), text)

    @_plainly
    def remove(self, *parts: str) -> None:
        """Removes one file or folder, if it is there."""
        if self.fs.exists(self._at(*parts)):
            self.fs.rm(self._at(*parts), recursive=True)

    @property
    def _renames(self) -> bool:
        """Whether it can give a folder another name in one step."""
        return bool(_RENAMES & set(_protocols(self.fs)))

    def _require_plain(self, where: str, *parts: str) -> None:
        """Stops at a link or a pipe in a folder of this machine, which lead out of it."""
        if self.local:
            path = self.local.joinpath(*parts)
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise ConsentError(f"{where} is a link, or no plain file.", _LOOK)

    def _send(self, path: Path, to: str) -> None:
        self.fs.put_file(str(path), to)
        arrived, sent = hashlib.sha256(), hashlib.sha256()
        with self.fs.open(to, "rb") as remote, path.open("rb") as local:
            for digest, file in ((arrived, remote), (sent, local)):
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        if arrived.digest() != sent.digest():
            raise ExportError(
                f"{to} did not arrive as it was sent.",
                "Run `consent export` again; what is there is not taken for a delivery.",
            )

    def _at(self, *parts: str) -> str:
        return "/".join((self.root, *parts))


def shown(url: str) -> str:
    """A URL as people may read it: without the name and the password in it."""
    return re.sub(r"://[^/@]*@", "://", url)


def named(url: str) -> str:
    """What a destination is called in the tables of what was sent."""
    return shown(url).rstrip("/")


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
