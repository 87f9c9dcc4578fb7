"""Catalogs read from a real MariaDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashlint.catalog import live, snapshot
from dashlint.catalog.live.address import parse
from dashlint.catalog.live.session import connected
from dashlint.catalog.model import Catalog, Index, IndexColumn, Table
from tests.catalog.databases import MARIADB_URL, SCRATCH, MariaDb, mariadb_database

SCHEMA = """
CREATE TABLE orders (
    id int PRIMARY KEY AUTO_INCREMENT, k varchar(20), d date, n int NULL, p decimal(10,2), body text,
    c varchar(20) CHARACTER SET latin1 COLLATE latin1_bin,
    KEY k (k), KEY kn (k(5), n), KEY nd (n, d DESC), KEY hidden (p) IGNORED, FULLTEXT KEY body (body),
    UNIQUE KEY both_of (id, k)
);
INSERT INTO orders (k, d, n, p, body)
SELECT IF(seq % 3 = 0, 'often', concat('k', seq % 500)), date_add('2020-01-01', interval seq % 1000 day),
       IF(seq % 4 = 0, NULL, seq % 50), seq / 7, 'some words' FROM seq_1_to_20000;
CREATE TABLE parted (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (to_days(d))
    (PARTITION p0 VALUES LESS THAN (738000), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE gone (a int);
CREATE VIEW broken AS SELECT a FROM gone;
CREATE VIEW over_it AS SELECT a FROM broken;
CREATE VIEW seen AS SELECT k, n FROM orders;
DROP TABLE gone;
SET SESSION histogram_size = 254, histogram_type = 'DOUBLE_PREC_HB';
ANALYZE TABLE orders PERSISTENT FOR ALL;
"""


@pytest.fixture(scope="module")
def database() -> Iterator[MariaDb]:
    with mariadb_database("live") as made:
        made.execute(SCHEMA)
        yield made


@pytest.fixture(scope="module")
def catalog(database: MariaDb) -> Catalog:
    return live.read(database.url)[0]


def found(catalog: Catalog, name: str) -> Table:
    table = catalog.table(name)
    assert table is not None
    return table


def test_what_is_gathered_is_read(database: MariaDb, catalog: Catalog) -> None:
    assert catalog.engine == "mariadb"
    orders = found(catalog, "orders")
    assert orders.schema == database.name
    assert orders.rows == pytest.approx(20000, rel=0.1)  # InnoDB estimates
    assert orders.bytes is not None
    assert orders.bytes > 20000 * 20
    columns = orders.columns
    assert (columns["id"].type, columns["id"].nullable) == ("int(11)", False)
    assert columns["c"].collation == "latin1_bin"
    assert columns["k"].collation is None
    # 333 of the 500 names that are left for rows not divisible by 3, and "often".
    assert columns["k"].distinct == int(database.execute("SELECT count(DISTINCT k) FROM orders"))
    assert columns["n"].null_fraction == pytest.approx(0.25)
    assert columns["n"].distinct == int(database.execute("SELECT count(DISTINCT n) FROM orders"))
    assert (columns["d"].minimum, columns["d"].maximum) == ("2020-01-01", "2022-09-26")
    assert (columns["p"].minimum, columns["p"].maximum) == ("0.14", "2857.14")
    assert columns["k"].minimum is None
    bounds = columns["p"].histogram
    assert bounds is not None
    assert [float(b) for b in bounds] == pytest.approx([2857 * n / 50 for n in range(51)], abs=30)
    days = columns["d"].histogram
    assert days is not None
    assert (days[0], days[25], days[-1]) == ("2020-01-01", days[25], "2022-09-26")
    assert days[25].startswith("2021-05")


def test_indexes(catalog: Catalog) -> None:
    assert found(catalog, "orders").indexes == (
        Index(None, (IndexColumn("id"),), unique=True, primary=True),
        Index("body", (IndexColumn("body"),), method="fulltext"),
        Index("both_of", (IndexColumn("id"), IndexColumn("k")), unique=True),
        Index("k", (IndexColumn("k"),)),
        Index("kn", (IndexColumn("k", length=5), IndexColumn("n"))),
        Index("nd", (IndexColumn("n"), IndexColumn("d", descending=True))),
    )
    assert found(catalog, "parted").partitioned_by == ("to_days(`d`)",)


def test_views_and_what_is_left_out(database: MariaDb) -> None:
    catalog, problems = live.read(database.url)
    assert {t.name: t.kind for t in catalog.tables if t.kind != "table"} == dict.fromkeys(
        ("broken", "over_it", "seen"), "view"
    )
    seen = found(catalog, "seen")
    assert (list(seen.columns), seen.indexes) == (["k", "n"], None)
    assert (seen.definition or "").lower().startswith("select ")
    assert any(p.kind == "unusable-index" and ".orders.hidden" in p.message for p in problems)


def test_popular_values_of_json_histograms_are_common_values(database: MariaDb) -> None:
    database.execute(
        "SET SESSION histogram_size = 10, histogram_type = 'JSON_HB'; ANALYZE TABLE orders PERSISTENT FOR ALL"
    )
    columns = found(live.read(database.url)[0], "orders").columns
    assert columns["k"].common == (("often", 0.3333),)
    assert columns["d"].histogram is not None
    assert (len(columns["d"].histogram), columns["d"].histogram[0]) == (11, "2020-01-01")
    bare, _ = live.read(database.url, live.LiveOptions(values=False))
    assert "often" not in snapshot.write(bare)
    assert "2020-01-01" not in snapshot.write(bare)


def test_other_databases_are_read_where_they_are_named_or_none_is(database: MariaDb) -> None:
    with mariadb_database("other") as other:
        other.execute("CREATE TABLE orders (z int)")
        assert {t.schema for t in live.read(database.url)[0].tables} == {database.name}
        options = live.LiveOptions(schemas=(other.name,))
        assert {t.schema for t in live.read(database.url, options)[0].tables} == {other.name}
        all_of_them = {t.schema for t in live.read(MARIADB_URL)[0].tables}
        assert {database.name, other.name} <= all_of_them
        assert not all_of_them & {"mysql", "sys", "information_schema", "performance_schema"}


def test_an_account_that_may_not_read_the_statistics_still_gets_tables(database: MariaDb) -> None:
    account = f"'{SCRATCH}'@'%'"
    database.execute(
        f"DROP USER IF EXISTS {account}; CREATE USER {account} IDENTIFIED BY 's3cr3t-pw';"
        f"GRANT SELECT ON {database.name}.orders TO {account}"
    )
    try:
        url = database.url.replace("root@", f"{SCRATCH}:s3cr3t-pw@", 1)
        catalog, problems = live.read(url)
        assert [t.name for t in catalog.tables] == ["orders"]
        assert len(found(catalog, "orders").indexes or ()) == 6
        assert found(catalog, "orders").columns["k"].distinct is not None  # of its index
        assert {p.kind for p in problems} >= {"partial-catalog"}
        assert any("may not read" in p.message for p in problems)
        assert not any("s3cr3t-pw" in p.message for p in problems)
        for wrong in ("wr0ng-pw", ""):
            with pytest.raises(live.CatalogError) as caught:
                live.read(url.replace("s3cr3t-pw", wrong))
            assert (caught.value.kind, caught.value.exit_code) == ("wrong-password", 4)
            assert wrong == "" or wrong not in str(caught.value)
    finally:
        database.execute(f"DROP USER {account}")


def test_it_can_only_read_and_only_so_long(database: MariaDb) -> None:
    with connected(parse(database.url), 0.2) as session:
        with pytest.raises(live.CatalogError, match=r"READ ONLY"):
            session.rows("INSERT INTO orders (k) VALUES ('written')")
        with pytest.raises(live.CatalogError, match=r"within 0\.2 seconds") as caught:
            session.rows("SELECT count(*) FROM orders a, orders b, orders c")
        assert caught.value.kind == "timeout"
    assert database.execute("SELECT count(*) FROM orders WHERE k = 'written'").strip() == "0"
