"""Certificates from outside: whatever they say, nothing of it is taken at its word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign
import pytest
import yaml
from exports_world import World
from foreign import Document, new_keys, nothing_is_written, refit, rows_of

from runner.dbt import Project
from runner.erasure.values import Values
from runner.errors import ConsentError, UsageError
from runner.exports import destinations, erasure, local, signing, trust, verify
from runner.exports.layouts import STEPS

ROOT = Path(__file__).resolve().parents[3]
_SQL = "1) or true; copy (select 'owned') to '/tmp/owned.csv'; --"


@pytest.fixture(scope="module")
def sent(base: Project, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Delivered twice: who left is removed, who came is added."""
    world = World(base, tmp_path_factory.mktemp("sent"))
    for name in ("ann", "bob", "cem"):
        world.say(f"{name}@example.com", "granted")
    world.build()
    world.deliver()
    world.say("ann@example.com", "denied")
    world.say("dee@example.com", "granted")
    world.build()
    world.deliver()
    return world


@pytest.fixture()
def copy(sent: World, tmp_path: Path) -> Path:
    """The last delivery, copied out of the project."""
    (_, last) = sent.deliveries()
    return shutil.copytree(last, tmp_path / "copied" / last.name)


def the_file(document: Document) -> Document:
    (file,) = document["kinds"]["full"]["files"]
    return file


def name_the_file(name: str) -> Callable[[Document], object]:
    return lambda document: the_file(document).update(name=name)


@pytest.mark.parametrize(
    "name",
    [
        "../victim.txt",
        "/etc/hostname",
        "full.csv/../../victim.txt",
        "full.csv\n",
        "..",
        "",
        "certificate.json",
        "full.exe",
        "added.csv",
        "evidence.parquet",
    ],
)
@pytest.mark.parametrize("part", ["full", "evidence", "ledger"])
def test_names_are_one_component_of_the_known_shape(name: str, part: str, copy: Path) -> None:
    if (part, name) in {("evidence", "evidence.parquet"), ("full", "full.csv")}:
        return
    victim = copy.parent / "victim.txt"
    victim.write_text("mine")
    edit = name_the_file(name) if part == "full" else lambda d: d[part].update(name=name)
    foreign.change(copy, edit)
    with (
        nothing_is_written(copy.parent),
        pytest.raises(ConsentError, match="is no valid certificate"),
    ):
        verify.verify(str(copy))


def test_a_link_leads_nowhere(copy: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.csv"
    victim.write_bytes((copy / "full.csv").read_bytes())
    (copy / "full.csv").unlink()
    (copy / "full.csv").symlink_to(victim)
    assert any("is a link" in each for each in verify.verify(str(copy)).problems)
    (copy / "full.csv").unlink()
    os.mkfifo(copy / "full.csv")
    assert any("no plain file" in each for each in verify.verify(str(copy)).problems)
    (copy / "certificate.json").rename(tmp_path / "certificate.json")
    (copy / "certificate.json").symlink_to(tmp_path / "certificate.json")
    with pytest.raises(ConsentError, match="is a link"):
        verify.verify(str(copy))


@pytest.mark.parametrize(
    "edit",
    [
        lambda purposes: purposes["newsletter"].update(valid_for_months=_SQL),
        lambda purposes: purposes["newsletter"].update(valid_for_months=10**9),
        lambda purposes: purposes["newsletter"].update(double_opt_in=_SQL),
        lambda purposes: purposes["newsletter"].update(channel=_SQL),
        lambda purposes: purposes["newsletter"].update(parent="nobody"),
        lambda purposes: purposes["newsletter"].update(parent="newsletter"),
        lambda purposes: purposes["newsletter"].update(conflict="whatever"),
        lambda purposes: purposes["newsletter"].update(enforcement_by_country={_SQL: "opt_in"}),
        lambda purposes: purposes.update({_SQL: {}}),
        lambda purposes: purposes.pop("newsletter"),
        lambda purposes: purposes["newsletter"].update(channel="phone"),
    ],
)
def test_purposes_have_types(edit: Callable[[Document], object], copy: Path) -> None:
    foreign.change(copy, lambda document: edit(document["purposes"]))
    with pytest.raises(ConsentError, match="is no valid certificate"):
        verify.verify(str(copy))
    assert not Path("/tmp/owned.csv").exists()


def test_the_schema_knows_the_keys_of_purposes_and_no_others() -> None:
    macro = (ROOT / "macros/config/purpose_errors.sql").read_text(encoding="utf-8")
    listed = macro.split("{%- set known = [")[1].split("] -%}")[0]
    schema = json.loads((ROOT / "runner/exports/certificate.schema.json").read_text())
    assert set(yaml.safe_load(f"[{listed}]")) == set(schema["$defs"]["purpose"]["properties"])


def test_the_judge_can_open_nothing_else(tmp_path: Path) -> None:
    """Should SQL reach it all the same, it reads and writes its folder and no other."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    with local.locked_work(inside) as work:
        assert work.save("select 1 as one", inside / "one.parquet") == 1
        for statement in (
            f"select * from read_text('{secret}')",
            f"select * from read_text('{inside}/../secret.txt')",
            f"copy (select 1) to '{tmp_path}/new.csv'",
            f"attach '{tmp_path}/new.duckdb' as other",
            "set enable_external_access = true",
            "set allowed_directories = ['/']",
            "install httpfs",
        ):
            with pytest.raises(local.duckdb.Error):
                work.connection.execute(statement)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "secret.txt"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda d: d.update(required_purposes=[]), "required_purposes: a delivery of contact"),
        (lambda d: d.update(channel=None), "required_purposes: a delivery of contact"),
        (lambda d: d["layout"]["columns"][1].update(steps=["encrypt"]), "there is no step"),
        (lambda d: d["layout"]["columns"][1].update(hash="md5"), "layout.columns.1.hash"),
        (lambda d: d.update(delivered_at="2026-02-31T00:00:00.000000Z"), "is no time"),
        (lambda d: d.update(delivered_at="2025-02-01T00:00:00.000000Z"), "not the time in"),
        (lambda d: d.update(more="x"), "the document"),
        (lambda d: d["kinds"]["full"].update(rows=7), "its rows are not those of its files"),
        (lambda d: d.update(ad_consent={"ad_user_data": "profiling"}), "is no name of such a file"),
    ],
)
def test_a_certificate_that_contradicts_itself(
    edit: Callable[[Document], object], problem: str, copy: Path
) -> None:
    foreign.change(copy, edit)
    with pytest.raises(ConsentError, match=f"is no valid certificate: .*{problem}"):
        verify.verify(str(copy))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"a": NaN}',
        b'{"certificate_version": 1, "certificate_version": 1}',
        b'{"export": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * (9 << 20),
        b"1" * 10_000,
    ],
)
def test_a_certificate_that_is_none(text: bytes, copy: Path) -> None:
    (copy / "certificate.json").write_bytes(text)
    with pytest.raises(ConsentError) as caught:
        verify.verify(str(copy))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_certificate_of_another_delivery(sent: World, copy: Path) -> None:
    shutil.copyfile(sent.deliveries()[0] / "certificate.json", copy / "certificate.json")
    with pytest.raises(ConsentError, match="is the certificate of another delivery"):
        verify.verify(str(copy))


def flipped(delivery: Path) -> None:
    """All grants of the evidence are denials."""
    rows_of(delivery / "evidence.parquet", "select * replace ('denied' as status) from {}")


def other_attributes(delivery: Path) -> None:
    path = delivery / "full.csv"
    path.write_bytes(path.read_bytes().replace(b'"NL"', b'"BE"'))


def no_removals(delivery: Path) -> None:
    foreign.change(delivery, lambda document: document["kinds"].pop("removed"))
    (delivery / "removed.csv").unlink()


def unnamed_file(delivery: Path) -> None:
    foreign.change(delivery, lambda document: document["kinds"].pop("removed"))


def one_member_less(delivery: Path) -> None:
    rows_of(delivery / "evidence.parquet", "select * from {} where key_value <> 'bob@example.com'")


def somebody_more(delivery: Path) -> None:
    path = delivery / "full.csv"
    path.write_bytes(path.read_bytes() + b'"p-x","eve@example.com","Eve","NL"\n')


def other_ledger(delivery: Path) -> None:
    rows_of(
        delivery / "ledger.parquet",
        "select * replace (delivered_at + interval 1 day as delivered_at) from {}",
    )


def erased_and_yet_written(delivery: Path) -> None:
    rows_of(
        delivery / "evidence.parquet",
        "select * replace (case when key_value = 'bob@example.com' then 'erased:bob' "
        "else key_value end as key_value) from {}",
    )


def wrong_rows(delivery: Path) -> None:
    """One row more in one file, and in the sum."""
    document = foreign.read(delivery)
    the_file(document)["rows"] += 1
    document["kinds"]["full"]["rows"] += 1
    foreign.write(delivery, document)


def wrong_ledger_figures(delivery: Path) -> None:
    foreign.change(delivery, lambda document: document["ledger"].update(outstanding=1))


def wrong_digest(delivery: Path) -> None:
    foreign.change(delivery, lambda document: document["evidence"].update(digest="1f"))


def other_left_out(delivery: Path) -> None:
    foreign.change(delivery, lambda document: document.update(left_out={"denied": 99}))


def other_rules(delivery: Path) -> None:
    foreign.change(
        delivery, lambda document: document["purposes"]["newsletter"].update(enforcement="opt_out")
    )


DISAGREES = [
    flipped,
    unnamed_file,
    one_member_less,
    somebody_more,
    other_ledger,
    erased_and_yet_written,
    wrong_ledger_figures,
    wrong_digest,
]
AGREES = [other_attributes, no_removals, other_left_out, other_rules]


@pytest.mark.parametrize("forge", [*DISAGREES, *AGREES])
def test_a_forgery_that_was_made_to_fit(
    forge: Callable[[Path], None], sent: World, copy: Path, keys: tuple[Path, Path]
) -> None:
    """Outside it is certified by nobody; inside, and with a key, it is found out."""
    forge(copy)
    refit(copy)
    outside = verify.verify(str(copy))
    assert outside.verdict == ("consistent" if forge in AGREES else "NOT as certified")
    assert verify.verify(str(copy), project=sent.project).verdict == "NOT as certified"
    assert verify.verify(str(copy), key=keys[1]).verdict == "NOT as certified"


def test_rows_that_are_not_there(sent: World, copy: Path) -> None:
    wrong_rows(copy)
    assert verify.verify(str(copy)).problems == [
        "full.csv: 3 rows, and 4 by the certificate",
        "full: 3 rows, and 4 by the certificate",
    ]


@pytest.mark.parametrize("name", ["evidence.parquet", "ledger.parquet", "full.csv"])
def test_files_that_are_none(name: str, copy: Path) -> None:
    (copy / name).write_bytes(b"PAR1 nothing of the kind \x00\xff PAR1")
    refit(copy)
    (problem, *_) = verify.verify(str(copy)).problems
    assert len(problem) < 200
    assert "\n" not in problem


def test_the_ledger_of_another_delivery(sent: World, copy: Path) -> None:
    shutil.copyfile(sent.deliveries()[0] / "ledger.parquet", copy / "ledger.parquet")
    refit(copy)
    assert "removed: in the file and not in the evidence: 1 (a***@example.com)" in (
        verify.verify(str(copy)).problems
    )


def test_inside_the_project_it_is_as_certified(sent: World) -> None:
    for delivery in sent.deliveries():
        answer = verify.verify(str(delivery), project=sent.project)
        assert (answer.problems, answer.notes, answer.verdict) == ([], [], "as certified")
        assert verify.verify(str(delivery)).verdict == "consistent"
        (said,) = (text for what, text in verify.verify(str(delivery)).lines() if what == "note")
        assert str(said).startswith("the files agree with each other")


# -- the copy that is kept as proof -------------------------------------------------------------


@pytest.fixture()
def outbox(base: Project, tmp_path: Path) -> World:
    world = World(base, tmp_path / "outbox", proof="proof")
    for name in ("ann", "bob"):
        world.say(f"{name}@example.com", "granted")
    world.build()
    world.deliver()
    return world


def proof_of(world: World, delivery: Path) -> Path:
    return world.project.folder / "proof" / delivery.name


def test_the_copy_kept_as_proof_wins(outbox: World) -> None:
    (delivery,) = outbox.deliveries()
    proof = proof_of(outbox, delivery)
    assert verify.verify(str(delivery), str(proof), project=outbox.project).problems == []
    other_left_out(delivery)
    for _ in range(2):
        answer = verify.verify(str(delivery), str(proof), project=outbox.project)
        assert len(answer.problems) == 1
        (delivery / "certificate.json").write_text("{}")
    # the certificate's own word on where its proof is, is not followed
    with pytest.raises(UsageError, match="Name the folder that your export calls `proof`"):
        shutil.copyfile(proof / "certificate.json", delivery / "certificate.json")
        verify.verify(str(delivery))


@pytest.mark.parametrize("text", ["{}", "{", "null", '{"delivery": 1}'])
def test_a_broken_certificate_in_the_outbox_blocks_nothing(
    text: str, outbox: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = outbox.deliveries()
    (first / "certificate.json").write_text(text)
    outbox.say("ann@example.com", "denied")
    outbox.build()
    assert outbox.deliver().counts == {"full": 1, "added": 0, "removed": 1}
    assert "set aside" not in capsys.readouterr().err, "the copy kept as proof is sound"
    for module in (erasure, destinations):
        monkeypatch.setattr(module, "exports", lambda project: [outbox.export])
    (proof_of(outbox, first) / "certificate.json").write_text(text)
    outbox.say("cem@example.com", "granted")
    outbox.build()
    assert outbox.deliver().counts == {"full": 2, "added": 1, "removed": 0}


def test_erasure_reads_the_copy_kept_as_proof(
    outbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads out of the outbox is not followed."""
    (first,) = outbox.deliveries()
    outbox.say("ann@example.com", "denied")
    outbox.build()
    outbox.deliver()
    victim = outbox.project.folder / "victim.txt"
    victim.write_text("mine")
    foreign.change(first, name_the_file("../../../victim.txt"))
    for module in (erasure, destinations):
        monkeypatch.setattr(module, "exports", lambda project: [outbox.export])
    ann = ("email", "ann@example.com")
    person = erasure.Person(
        "1", frozenset({ann, ("profile_id", "p-ann@example.com")}), Values([ann[1]])
    )
    erasure.erase(outbox.project, person, outbox.now)
    assert victim.read_text() == "mine"
    assert "ann@example.com" not in (first / "full.csv").read_text()
    answer = verify.verify(str(first), str(proof_of(outbox, first)), project=outbox.project)
    assert (answer.problems, answer.verdict) == ([], "as certified")


# -- signatures ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key, as docs/exports.md makes them."""
    return new_keys(tmp_path_factory.mktemp("keys"))


def test_a_signature_proves_origin(
    base: Project, tmp_path: Path, keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = keys
    monkeypatch.setenv(signing.VARIABLE, str(private))
    world = World(base, tmp_path)
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    (delivery,) = world.deliveries()
    assert verify.verify(str(delivery), key=public).verdict == "as certified"
    _, other = new_keys(tmp_path)
    assert verify.verify(str(delivery), key=other).problems == [
        "the certificate was signed with another key"
    ]
    signed = foreign.read(delivery)
    foreign.write(delivery, dict(reversed(signed.items())))
    assert verify.verify(str(delivery), key=public).problems == [], "only its layout is another"
    other_left_out(delivery)
    assert verify.verify(str(delivery), key=public).problems == [
        "the certificate is not the one that was signed"
    ]
    foreign.change(delivery, lambda document: document.pop("signature"))
    assert verify.verify(str(delivery), key=public).problems == ["the certificate is not signed"]


@pytest.mark.parametrize("given", ["nowhere.pem", "-----BEGIN nonsense", "PUBLIC", "RSA"])
def test_a_key_that_cannot_be_used_stops_the_delivery(
    given: str,
    base: Project,
    tmp_path: Path,
    keys: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if given == "PUBLIC":
        given = str(keys[1])
    if given == "RSA":
        given = str(tmp_path / "rsa.pem")
        command = ["openssl", "genpkey", "-algorithm", "RSA", "-out", given]
        subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv(signing.VARIABLE, given)
    world = World(base, tmp_path / "project")
    world.say("ann@example.com", "granted")
    world.build()
    with pytest.raises(ConsentError, match="CONSENT_SIGNING_KEY"):
        world.deliver()
    assert world.deliveries() == []
    monkeypatch.setenv(signing.VARIABLE, str(keys[0]))
    assert world.deliver().status == "delivered"


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nx\n"])
def test_a_public_key_that_is_none(text: str, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(text)
    with pytest.raises(UsageError, match="is no file with a public key"):
        verify.verify(str(copy), key=tmp_path / "key.pub")


def test_every_step_of_the_layouts_is_allowed(copy: Path) -> None:
    document: Any = foreign.read(copy)
    for step in STEPS:
        document["layout"]["columns"][1]["steps"] = [step]
        trust.validate(document)
