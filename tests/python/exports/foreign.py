"""A delivery as others could leave it: its certificate changed, and made to fit again."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from runner.exports.certificate import file_hash, hash_of_files

Document = dict[str, Any]


def read(delivery: Path) -> Document:
    document: Document = json.loads((delivery / "certificate.json").read_text())
    return document


def write(delivery: Path, document: Document) -> None:
    (delivery / "certificate.json").write_text(json.dumps(document))


def change(delivery: Path, edit: Callable[[Document], object]) -> None:
    """Changes the certificate in its place."""
    document = read(delivery)
    edit(document)
    write(delivery, document)


def rows_of(path: Path, sql: str) -> None:
    """A Parquet file whose rows are those of a query over `{}`."""
    beside = path.with_name("beside.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql.format(repr(str(path)))}) to '{beside}' (format parquet)")
    beside.replace(path)


def refit(delivery: Path) -> None:
    """Makes the certificate fit: sizes, hashes and rows of the files as they are now."""
    document = read(delivery)
    files = [file for kind in document["kinds"].values() for file in kind["files"]]
    for file in (*files, document["evidence"], document["ledger"]):
        path = delivery / file["name"]
        if path.is_file():
            file |= {"size": path.stat().st_size, "sha256": file_hash(path)}
            if path.suffix == ".parquet":
                file["rows"] = _count(path, file["rows"])
            elif path.suffix == ".csv":
                file["rows"] = max(0, path.read_bytes().count(b"\n") - 1)
    for kind in document["kinds"].values():
        kind["rows"] = sum(file["rows"] for file in kind["files"])
        kind["sha256"] = hash_of_files([file["sha256"] for file in kind["files"]])
    write(delivery, document)


def _count(path: Path, otherwise: int) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError, ValueError):
        return otherwise


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, links not followed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@contextmanager
def nothing_is_written(*folders: Path) -> Iterator[None]:
    """Whatever happens in the block, no file of the folders is changed, made or removed."""
    before = [everything(folder) for folder in folders]
    place = Path.cwd()
    try:
        yield
    finally:
        os.chdir(place)
        assert [everything(folder) for folder in folders] == before


def new_keys(folder: Path) -> tuple[Path, Path]:
    private, public = folder / "signing.pem", folder / "signing.pub"
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)],
        ["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return private, public
