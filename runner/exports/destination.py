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
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from runner.errors import ConsentError, ExportError

CERTIFICATE = "certificate.json"
LATEST = "latest.json"
PARTIAL = ".partial-"
NAME = re.compile(r"^\d{8}T\d{12}Z-[0-9a-f]{8}$")
"""What deliveries are called: their time and a hash of build and contract."""
_RENAMES = {"file", "local", "sftp", "ssh", "smb", "hdfs"}
_CHUNK = 1 << 20
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

    @_plainly
    def deliveries(self) -> list[str]:
        """Names of the deliveries that are there whole, oldest first."""
        return [name for name in self._folders() if self.fs.exists(self._at(name, CERTIFICATE))]

    @_plainly
    def read_json(self, *parts: str) -> dict[str, Any]:
        """A JSON document of the destination."""
        with self.fs.open(self._at(*parts), "rb") as file:
            document: dict[str, Any] = json.loads(file.read())
        return document

    def exists(self, *parts: str) -> bool:
        """Whether there is such a file or folder."""
        return bool(self.fs.exists(self._at(*parts)))

    @_plainly
    def fetch(self, to: Path, *parts: str) -> Path:
        """Copies one file here and returns its path."""
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
        renames = bool(_RENAMES & set(_protocols(self.fs)))
        place = f"{PARTIAL}{name}" if renames else name
        if self.fs.exists(self._at(place)):
            self.fs.rm(self._at(place), recursive=True)
        self.fs.makedirs(self._at(place), exist_ok=True)
        files = sorted(staging.iterdir(), key=lambda path: (path.name == CERTIFICATE, path.name))
        for path in files:
            self._send(path, self._at(place, path.name))
        if renames:
            self.fs.mv(self._at(place), self._at(name))

    @_plainly
    def point_to(self, certificate: Mapping[str, Any]) -> None:
        """Makes a delivery the latest one."""
        self.write_json(certificate, LATEST)

    def latest(self) -> str | None:
        """The name of the delivery that the destination calls its latest."""
        try:
            return str(self.read_json(LATEST)["delivery"]) if self.exists(LATEST) else None
        except ExportError:
            return None

    @_plainly
    def clean(self) -> None:
        """Removes what an interrupted delivery has left."""
        if not self.fs.exists(self.root):
            return
        self.fs.invalidate_cache()
        for path in self.fs.ls(self.root, detail=False):
            name = path.rstrip("/").rsplit("/", 1)[-1]
            unfinished = NAME.match(name) and not self.fs.exists(self._at(name, CERTIFICATE))
            if name.startswith(PARTIAL) or unfinished:
                self.fs.rm(self._at(name), recursive=True)

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

    def _folders(self) -> list[str]:
        if not self.fs.exists(self.root):
            return []
        self.fs.invalidate_cache()
        names = (p.rstrip("/").rsplit("/", 1)[-1] for p in self.fs.ls(self.root, detail=False))
        return sorted(name for name in names if NAME.match(name))

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
