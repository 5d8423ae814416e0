"""Certificates, evidence, ledgers, files and their names, changed at random.

Whatever was changed: `verify` ends with an answer or with one clear paragraph, writes nothing
outside of its work folder, and certifies nothing that is not what was delivered. A change that
leaves all of it as it was (the layout of a JSON document, say) is the only one that it may certify.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import foreign
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat
from exports_world import World
from foreign import everything

from runner.dbt import Project
from runner.errors import ConsentError
from runner.exports import signing, verify

IN_THE_GATE, AT_LENGTH = 300, 10_000
PARTS = 20 if os.environ.get("CONSENT_LONG") else 1
"""Of the cases: each a test of its own, so that one that is found hides no other."""
NASTY: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    "",
    "..",
    "../victim.txt",
    "/etc/passwd",
    "full.csv\n",
    "x' or '1' = '1",
    "'); copy (select 1) to '/tmp/owned.csv'; --",
    "newsletter",
    "email",
    "opt_out",
    "none",
    "é\u0000",
    [],
    {},
    ["newsletter"],
    {"newsletter": {}},
]
Change = Callable[[random.Random, Path], None]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key."""
    private, public = (tmp_path_factory.mktemp("key") / name for name in ("key.pem", "key.pub"))
    key = Ed25519PrivateKey.generate()
    private.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture(scope="module")
def sent(base: Project, keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two deliveries, signed, with everybody who may be in one: who stays, came and left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(signing.VARIABLE, str(keys[0]))
        world = World(base, tmp_path_factory.mktemp("fuzz"))
        for number in range(5):
            world.say(f"p{number}@example.com", "granted")
        world.build()
        world.deliver()
        world.say("p0@example.com", "denied")
        world.say("p9@example.com", "granted")
        world.build()
        world.deliver()
    return world


# -- changes ------------------------------------------------------------------------------------


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON document with every key of it."""
    found: list[tuple[Any, Any]] = []
    keys = document if isinstance(document, dict) else range(len(document))
    for key in keys:
        found.append((document, key))
        if isinstance(document[key], dict | list):
            found += places(document[key])
    return found


def certificate_value(dice: random.Random, delivery: Path) -> None:
    document = foreign.read(delivery)
    container, key = dice.choice(places(document))
    old = container[key]
    near: list[Any] = [old]
    if isinstance(old, int):
        near = [old + 1, max(0, old - 1), not old, float(old)]
    elif isinstance(old, str) and old:
        at = dice.randrange(len(old))
        near = [old[:at] + chr(dice.randrange(32, 127)) + old[at + 1 :], old[:at], old + old[-1]]
    container[key] = dice.choice([*near, dice.choice(NASTY)])
    foreign.write(delivery, document)


def certificate_key(dice: random.Random, delivery: Path) -> None:
    document = foreign.read(delivery)
    container, key = dice.choice(places(document))
    if dice.random() < 0.5:
        del container[key]
    elif isinstance(container, dict):
        container[dice.choice(["more", "name", "rows", "parent", "full", "erased", ""])] = (
            dice.choice(NASTY)
        )
    else:
        container.append(dice.choice([*container, *NASTY]))
    foreign.write(delivery, document)


def certificate_swap(dice: random.Random, delivery: Path) -> None:
    """Two values change places."""
    document = foreign.read(delivery)
    (one, here), (other, there) = dice.sample(places(document), 2)
    if isinstance(one[here], dict | list) or isinstance(other[there], dict | list):
        return
    one[here], other[there] = other[there], one[here]
    foreign.write(delivery, document)


def some_bytes(dice: random.Random, delivery: Path) -> None:
    path = dice.choice(sorted(delivery.iterdir()))
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 1, 2, 20])):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    cut = dice.randrange(len(data) + 1) if data and dice.random() < 0.2 else len(data)
    path.write_bytes(bytes(data[:cut]))


def file_name(dice: random.Random, delivery: Path) -> None:
    path = dice.choice(sorted(delivery.iterdir()))
    other = dice.choice(sorted(delivery.iterdir()))
    match dice.randrange(4):
        case 0:
            path.unlink()
        case 1:
            path.rename(path.with_name(dice.choice(["full-00001.csv", "x", ".x", "full.csv.gz"])))
        case 2:
            path.write_bytes(other.read_bytes())
        case _:
            path.unlink()
            path.symlink_to(other.name)


def table_rows(dice: random.Random, delivery: Path) -> None:
    """Rows of the evidence or the ledger are lost, doubled, or have another value."""
    path = delivery / dice.choice(["evidence.parquet", "ledger.parquet"])
    table = pq.read_table(path)
    rows = table.to_pylist()
    if not rows:
        return
    row = dice.choice(rows)
    match dice.randrange(4):
        case 0:
            rows.remove(row)
        case 1:
            rows.append(dict(row))
        case 2:
            name = dice.choice(table.column_names)
            row[name] = dice.choice(rows)[name]
        case _:
            name = dice.choice([n for n in table.column_names if pa.types.is_string(table[n].type)])
            row[name] = dice.choice(["denied", "granted", "erased:x", "p0@example.com", "", None])
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


def table_columns(dice: random.Random, delivery: Path) -> None:
    path = delivery / dice.choice(["evidence.parquet", "ledger.parquet"])
    table = pq.read_table(path)
    name = dice.choice(table.column_names)
    if dice.random() < 0.5:
        table = table.drop_columns([name])
    else:
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array([7] * table.num_rows))
    pq.write_table(table, path)


def lines(dice: random.Random, delivery: Path) -> None:
    path = dice.choice(sorted(delivery.glob("*.csv")) or [delivery / "full.csv"])
    text = path.read_text().splitlines(keepends=True) if path.is_file() else []
    if not text:
        return
    at = dice.randrange(len(text))
    match dice.randrange(3):
        case 0:
            del text[at]
        case 1:
            text.insert(at, dice.choice(text))
        case _:
            text[at] = text[at].replace("p1@", dice.choice(["p0@", "p9@", "q@"])).replace("NL", "B")
    path.write_text("".join(text), newline="")


def layout_only(dice: random.Random, delivery: Path) -> None:
    """The same document, written otherwise: nothing that it says has changed."""
    document = foreign.read(delivery)
    text = json.dumps(dict(dice.sample(sorted(document.items()), len(document))), indent=7)
    (delivery / "certificate.json").write_text(text)


CHANGES: list[Change] = [
    certificate_value,
    certificate_value,
    certificate_key,
    certificate_swap,
    some_bytes,
    file_name,
    table_rows,
    table_rows,
    table_columns,
    lines,
    layout_only,
]


# -- what must hold -----------------------------------------------------------------------------


def says_the_same(one: Path, other: Path) -> bool:
    """Whether everything that a delivery says and holds is the same, byte for byte but for JSON."""
    contents = []
    for folder in (one, other):
        if any(path.is_symlink() for path in folder.iterdir()):
            return False
        files = everything(folder)
        try:
            document = json.loads(files.pop("certificate.json"))
        except (KeyError, ValueError):
            return False
        contents.append((files, json.dumps(document, sort_keys=True)))
    return contents[0] == contents[1]


def answer_of(delivery: Path, **options: Any) -> verify.Answer | None:
    """What verify finds; None where it refuses, in one paragraph."""
    try:
        return verify.verify(str(delivery), **options)
    except ConsentError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1_000
        return None


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_changed(
    part: int,
    sent: World,
    keys: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the work folder is the only place where anything may be written
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    seed = int(os.environ.get("CONSENT_FUZZ_SEED", "20260301"))
    cases = AT_LENGTH if PARTS > 1 else IN_THE_GATE
    original = sent.deliveries()[-1]
    around = tmp_path / "around"
    delivery = around / original.name
    certified = consistent = 0
    for number in range(part, cases, PARTS):
        dice = random.Random(f"{seed}/{number}")
        shutil.rmtree(around, ignore_errors=True)
        shutil.copytree(original, delivery)
        (around / "victim.txt").write_text("mine")
        for change in dice.choices(CHANGES, k=dice.choice([1, 1, 1, 2, 3])):
            try:
                change(dice, delivery)
            except (OSError, ValueError, KeyError, TypeError, IndexError, pa.ArrowException):
                continue  # what an earlier change has left cannot be changed in this way
        if dice.random() < 0.5:
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                foreign.refit(delivery)
        same = says_the_same(original, delivery)
        before = everything(around)
        where = f"case {number} of seed {seed}"
        options = dice.choice([{"project": sent.project}, {"key": keys[1]}, {}])
        try:
            answer = answer_of(delivery, **options)
        except Exception as error:
            raise AssertionError(f"verify crashes in {where}") from error
        if answer is not None and answer.verdict == "as certified":
            assert options and same, where
            certified += 1
        consistent += answer is not None and answer.verdict == "consistent"
        assert everything(around) == before, where
        assert list(scratch.iterdir()) == [], where
        assert not Path("/tmp/owned.csv").exists(), where
    assert certified >= 2, "the changes that change nothing are among the cases"
    assert consistent >= 2, "and those that only the ledger or a key finds out"
