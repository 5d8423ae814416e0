"""Each destination's form, by its own published rules and test vectors."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import duckdb
import pytest
from exports_world import World, column

from runner.dbt import Project
from runner.exports.layouts import as_data, from_data, layouts

# https://support.google.com/google-ads/answer/7659867 and the Data Manager API's examples
GMAIL = "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"
US_PHONE = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"


def written(layout: str, channel: str, value: str | None) -> str | None:
    """What a layout writes of one contact point."""
    with duckdb.connect() as connection:
        connection.execute("create table line as select cast($1 as varchar) as key_value", [value])
        row = connection.execute(
            f"select {layouts()[layout].written(channel)} from line"
        ).fetchone()
    assert row is not None
    return row[0]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_googles_vectors() -> None:
    google = "google_customer_match"
    assert written(google, "email", "cloudy.sanfrancisco+shopping@gmail.com") == GMAIL
    assert sha256("cloudysanfrancisco@gmail.com") == GMAIL
    # (800)555-0100 of the US, which identity has made E.164
    assert written(google, "phone", "+18005550100") == US_PHONE


@pytest.mark.parametrize(
    ("channel", "value", "hashed"),
    [
        ("email", " Ann.Lee@Example.com ", "ann.lee@example.com"),
        ("email", "a n n@example.com", "ann@example.com"),
        # dots and plus mean something everywhere but at these two
        ("email", "ann.lee+x@example.com", "ann.lee+x@example.com"),
        ("email", "Ann.Lee+x@GoogleMail.com", "annlee@googlemail.com"),
        ("email", "ann.lee+x@gmail.com.example.com", "ann.lee+x@gmail.com.example.com"),
        ("email", "ann.lee+x@notgmail.com", "ann.lee+x@notgmail.com"),
        ("phone", "+31 6 12345678", "+31612345678"),
        # without a country, too short, too long, empty: never hashed, never guessed
        ("phone", "(800)555-0100", None),
        ("phone", "0031612345678", None),
        ("phone", "+3161", None),
        ("phone", "+3161234567890123", None),
        ("phone", "", None),
        ("phone", None, None),
        ("email", "", None),
        ("email", None, None),
        ("email", "+x@gmail.com", None),
    ],
)
def test_google_customer_match(channel: str, value: str | None, hashed: str | None) -> None:
    found = written("google_customer_match", channel, value)
    assert found == (None if hashed is None else sha256(hashed))


@pytest.mark.parametrize(
    ("layout", "channel", "value", "expected"),
    [
        ("meta_custom_audience", "email", " Ann@Example.com", sha256("ann@example.com")),
        ("meta_custom_audience", "phone", "+31 612345678", sha256("31612345678")),
        ("meta_custom_audience", "phone", "0612345678", None),
        # the vector of TikTok's help page
        (
            "tiktok_customer_file",
            "email",
            "JaneDoe@gmail.com",
            "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
        ),
        # that of its interface for programs, and the form with + for those who need it
        (
            "tiktok_customer_file",
            "phone",
            "+374 93828222",
            "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4",
        ),
        ("tiktok_customer_file_plus", "phone", "+31 612345678", sha256("+31612345678")),
        ("tiktok_customer_file", "phone", "093828222", None),
        ("linkedin_contact_list", "email", "Ann@Example.com", sha256("ann@example.com")),
        ("mailchimp_import", "email", "ann@example.com", "ann@example.com"),
        ("klaviyo_import", "phone", "+31 612345678", "+31612345678"),
        ("plain", "email", "ann@example.com", "ann@example.com"),
        ("plain", "loyalty_id", "0042", "0042"),
    ],
)
def test_other_destinations(layout: str, channel: str, value: str, expected: str | None) -> None:
    assert written(layout, channel, value) == expected


def attribute(layout: str, header: str, value: str) -> str | None:
    """What a layout writes of one attribute."""
    (column,) = (each for each in layouts()[layout].columns if each.header == header)
    with duckdb.connect() as connection:
        row = connection.execute(
            f"select {column.value('given')} from (select cast($1 as varchar) as given)", [value]
        ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("layout", "header", "value", "hashed"),
    [
        # é as two characters, white space twice and of another kind
        ("google_customer_match", "First Name", " Zoe\u0308  Marie ", "zoë marie"),
        ("google_customer_match", "Last Name", "de\u00a0 la\tCruz", "de la cruz"),
        ("meta_custom_audience", "fn", "Zoe\u0308  Marie", "zoë marie"),
        ("meta_custom_audience", "ln", "O'Neil-Quist", "oneilquist"),
        ("meta_custom_audience", "ln", "\u0915\u093f\u0930\u0923", "\u0915\u093f\u0930\u0923"),
        ("meta_custom_audience", "ct", "Sa\u0303o Paulo", "sãopaulo"),
        ("meta_custom_audience", "zip", "94046-1234", "94046"),
        ("meta_custom_audience", "zip", "940461234", "94046"),
        ("meta_custom_audience", "zip", "94046", "94046"),
        ("meta_custom_audience", "zip", "1012 AB", "1012ab"),
        ("meta_custom_audience", "zip", "01310-100", "01310100"),
        # nothing left: never hashed
        ("google_customer_match", "First Name", "\u00a0 \t", None),
        ("meta_custom_audience", "fn", "- '", None),
    ],
)
def test_attributes_before_they_are_hashed(
    layout: str, header: str, value: str, hashed: str | None
) -> None:
    assert attribute(layout, header, value) == (None if hashed is None else sha256(hashed))


def test_metas_zip_is_a_published_vector() -> None:
    found = attribute("meta_custom_audience", "zip", "94046-1234")
    assert found == "295d89c851231ecef8c875c88077773f861c5adb0b0e239933dd5241d230dbd9"


def test_a_small_audience_is_a_warning(
    base: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = dataclasses.replace(layouts()["linkedin_contact_list"], minimum=2)
    world = World(base, tmp_path, layout=small)
    world.say("ann@example.com", "granted")
    world.build()
    assert "takes audiences from 2 on" in world.deliver(dry_run=True).message
    assert world.deliver().status == "delivered"
    assert "1 contact points, and linkedin_contact_list takes audiences from 2 on" in (
        capsys.readouterr().err
    )
    world.say("bob@example.com", "granted")
    world.build()
    assert world.deliver().status == "delivered"
    assert "takes audiences" not in capsys.readouterr().err
    assert layouts()["linkedin_contact_list"].minimum == 300


def test_a_layout_that_writes_otherwise_starts_anew(
    base: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A removal in the new form would name nobody whom the destination knows."""
    world = World(base, tmp_path, layout=layouts()["google_customer_match"])
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    changed = layouts()["tiktok_customer_file"].columns
    world.export = dataclasses.replace(
        world.export, layout=dataclasses.replace(world.export.layout, columns=changed)
    )
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 1, "removed": 0}
    assert "writes contact points otherwise now" in capsys.readouterr().err


def test_every_layout_survives_its_certificate() -> None:
    for layout in layouts().values():
        kept = from_data(as_data(layout))
        for channel in layout.key_types or ("email",):
            assert kept.written(channel) == layout.written(channel)
            assert kept.contact_header(channel) == layout.contact_header(channel)
            assert kept.other_contact_headers(channel) == layout.other_contact_headers(channel)


def test_the_files_of_customer_match(base: Project, tmp_path: Path) -> None:
    world = World(
        base,
        tmp_path,
        layout=layouts()["google_customer_match"],
        attributes=("first_name", "country"),
    )
    world.names["ann@example.com"] = " ÉMILIE "
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.names["bob@example.com"] = ""
    world.build()
    world.deliver()
    (delivery,) = world.deliveries()
    text = (delivery / "full.csv").read_text()
    assert text.splitlines()[0] == '"Email","Phone","First Name","Last Name","Country","Zip"'
    assert set(column(delivery / "full.csv", "Email")) == {
        sha256("ann@example.com"),
        sha256("bob@example.com"),
    }
    assert set(column(delivery / "full.csv", "First Name")) == {sha256("émilie"), ""}
    assert column(delivery / "full.csv", "Country") == ["NL", "NL"]
    assert column(delivery / "full.csv", "Phone") == ["", ""]
    assert "example.com" not in text
    world.say("ann@example.com", "denied")
    world.build()
    world.deliver()
    removed = world.deliveries()[-1] / "removed.csv"
    assert column(removed, "Email") == [sha256("ann@example.com")]
    assert column(removed, "Country") == [""]


def test_two_spellings_of_one_mailbox(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path, layout=layouts()["google_customer_match"])
    world.say("a.nn@gmail.com", "granted")
    world.say("an.n@gmail.com", "granted")
    world.build()
    first = world.deliver()
    # two people to us, one line to Google
    assert first.counts == {"full": 1, "added": 1, "removed": 0}
    assert world.outstanding() == {"a.nn@gmail.com", "an.n@gmail.com"}
    # one of them refuses: the mailbox must not be used, whatever the other spelling says
    world.say("an.n@gmail.com", "denied")
    world.build()
    second = world.deliver()
    assert second.counts == {"full": 0, "added": 0, "removed": 1}
    assert second.left_out == {"same_mailbox_denied": 1}
    assert world.outstanding() == set()


def test_a_spelling_that_only_leaves_the_segment_removes_nobody_else(
    base: Project, tmp_path: Path
) -> None:
    world = World(base, tmp_path, layout=layouts()["google_customer_match"])
    world.say("a.nn@gmail.com", "granted")
    world.say("an.n@gmail.com", "granted")
    world.build()
    world.deliver()
    world.vanish("an.n@gmail.com")
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 0, "removed": 0}
    assert world.outstanding() == {"a.nn@gmail.com"}


def test_another_layout_starts_anew(
    base: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(base, tmp_path)
    world.say("ann@example.com", "granted")
    world.build()
    world.deliver()
    world.export = dataclasses.replace(world.export, layout=layouts()["google_customer_match"])
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 1, "removed": 0}
    assert "the layout was plain, and is google_customer_match" in capsys.readouterr().err
