"""The warehouse that tests are given: the same on every engine."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from engines.warehouse import new_warehouse


def test_what_is_written_is_read(tmp_path: Path) -> None:
    warehouse = new_warehouse(tmp_path)
    columns = {
        "a": "varchar",
        "b": "bigint",
        "c": "timestamp",
        "d": "numeric(18, 2)",
        "e": "double",
    }
    row = {"a": "İ'\\", "b": 3, "c": datetime(2026, 3, 1, 12), "d": Decimal("1.50"), "e": 0.1}
    warehouse.load("lab.things", columns, [row, {"a": None}])
    assert warehouse.rows("select * from lab.things order by b nulls last") == [
        tuple(row.values()),
        (None,) * 5,
    ]
    warehouse.load("lab.things", columns)
    assert warehouse.rows("select * from lab.things") == []
    warehouse.execute("create schema if not exists main")
    warehouse.execute("create table main.t as select 1 as x")
    assert warehouse.tables("main") == {"t"}
    assert warehouse.rows("select x from t") == [(1,)]
