CREATE DATABASE shop;
CREATE TABLE shop.orders (
    id UInt64, country LowCardinality(String), note Nullable(String), ordered_at DateTime, day Date, total Decimal(12, 2),
    INDEX by_total total TYPE minmax GRANULARITY 4,
    INDEX by_note (note, lower(note)) TYPE bloom_filter(0.01) GRANULARITY 1,
    PROJECTION by_day (SELECT * ORDER BY day, id),
    PROJECTION per_country (SELECT country, sum(total) GROUP BY country)
) ENGINE = MergeTree PARTITION BY toYYYYMM(ordered_at) PRIMARY KEY country ORDER BY (country, toStartOfHour(ordered_at))
SETTINGS min_bytes_for_wide_part = 0;
INSERT INTO shop.orders SELECT number, ['DE', 'FR', 'AT'][1 + number % 3], 'note', toDateTime('2026-01-01 00:00:00', 'UTC') + number * 600,
    toDate('2026-01-01') + intDiv(number, 144), number FROM numbers(10000);
CREATE TABLE shop.small (a UInt8, d Date) ENGINE = MergeTree PARTITION BY (toYear(d), a % 2) ORDER BY tuple();
INSERT INTO shop.small SELECT number, toDate('2025-06-01') + number FROM numbers(10);
CREATE TABLE shop.log (a UInt8) ENGINE = Log;
CREATE VIEW shop.german AS SELECT id, total FROM shop.orders WHERE country = 'DE';
CREATE MATERIALIZED VIEW shop.totals ENGINE = SummingMergeTree ORDER BY country AS SELECT country, sum(total) AS total FROM shop.orders GROUP BY country;
CREATE DATABASE other;
CREATE TABLE other.t (x String) ENGINE = ReplacingMergeTree ORDER BY x
