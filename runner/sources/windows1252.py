"""Windows-1252 for DuckDB, which reads UTF-8, UTF-16 and Latin-1 alone.

What spreadsheets of western Europe write is Windows-1252: Latin-1 with `€`, typographic quotation
marks and dashes in the places that Latin-1 leaves empty. A path that begins with
`windows-1252://` is such a file, read as UTF-8 while it is read; the file stays as it is. dbt has
it by a line of profiles.yml:

    plugins: [{module: runner.sources.windows1252}]
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from fsspec.implementations.local import LocalFileSystem

PROTOCOL = "windows-1252"
MODULE = __name__
_PREFIX = f"{PROTOCOL}://"


def path_of(path: str) -> str:
    """A path under which DuckDB reads a file of that encoding."""
    return _PREFIX + path


def as_utf8(content: bytes) -> bytes:
    """Bytes of Windows-1252 as those of UTF-8; the five that it leaves open stay control codes."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        defined = {byte: _character(byte) for byte in range(0x80, 0xA0)}
        text = content.decode("latin-1").translate(defined)
    return text.encode()


def attach(connection: duckdb.DuckDBPyConnection, folder: Path | None = None) -> None:
    """Lets a connection read such paths, relative to a folder; by default to the current one."""
    connection.register_filesystem(Windows1252Files(folder))


class Windows1252Files(LocalFileSystem):  # type: ignore[misc]
    """Local files, each as if it were written in UTF-8."""

    protocol = PROTOCOL
    local_file = False
    cachable = False

    def __init__(self, folder: Path | None = None) -> None:
        """Relative paths are relative to the folder."""
        super().__init__()
        self._folder = folder or Path()

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return str(path).removeprefix(_PREFIX)

    def unstrip_protocol(self, name: str) -> str:
        """The path with the protocol before it."""
        return path_of(self._strip_protocol(name))

    def glob(self, path: str, **_: Any) -> list[str]:
        """The files of a pattern, as they are written in it."""
        plain = Path(self._strip_protocol(path))
        found = sorted((self._folder / plain.parent).glob(plain.name))
        return [str(plain.parent / each.name) for each in found]

    def info(self, path: str, **more: Any) -> dict[str, Any]:
        """As of a local file, with the size that it has in UTF-8: no byte more is read."""
        place = self._folder / self._strip_protocol(path)
        found: dict[str, Any] = super().info(str(place), **more)
        return {**found, "size": len(self._content(place))}

    def modified(self, path: str) -> Any:
        """When the file was changed."""
        return super().modified(str(self._folder / self._strip_protocol(path)))

    def _open(self, path: str, mode: str = "rb", **_: Any) -> IO[bytes]:
        if mode != "rb":
            raise OSError(f"{path} can only be read")
        return BytesIO(self._content(self._folder / self._strip_protocol(path)))

    def _content(self, place: Path) -> bytes:
        return _content(place, place.stat().st_mtime_ns, place.stat().st_size)


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a module of a profile's `plugins`."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Each connection of dbt reads such paths."""
        attach(conn)


# asked for its size, sniffed, counted and read: the last one is kept
@lru_cache(maxsize=1)
def _content(place: Path, _changed: int, _size: int) -> bytes:
    content = place.read_bytes()
    if place.suffix.lower() == ".gz":
        return gzip.compress(as_utf8(gzip.decompress(content)), mtime=0)
    return as_utf8(content)


def _character(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)
