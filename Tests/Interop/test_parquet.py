"""Parquet files, read by the real programs: DuckDB's command line and Python with pyarrow give the same rows."""
import datetime
import decimal
import json
import math
import pathlib
import random
import sys
import time
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daemon import Daemon, folder

READERS = {"DuckDB": pathlib.Path(sys.executable).parent / "duckdb", "pyarrow": pathlib.Path(sys.executable)}


class Intake:
    """A daemon that takes files, with one reader."""

    def __init__(self, path, reader):
        self.root = folder(path)
        (self.root / "etc/finetuned/finetuned.toml").write_text(f'data.parquet_reader = "{reader}"\n')
        (self.root / "etc/finetuned/pipelines/p.toml").write_text('base = "tiny"\n')
        self.daemon = Daemon(self.root)
        self.state = self.root / "var/lib/finetuned"
        self.count = 0

    def take(self, file, *options):
        """Drops a file under a name of its own; returns the drop once it is judged, and the rows that were made."""
        self.count += 1
        name = f"{self.count}.parquet"
        self.daemon.ftctl("drop", "add", "p", str(file), "--name", name, *options)
        for _ in range(3000):
            drop = next((d for d in self.drops() if d["name"] == name and d["state"] != "received"), None)
            if drop:
                made = list((self.state / "intake/p" / drop["id"] / "parquet").glob("*.jsonl.zst"))
                return drop, b"".join(pa.CompressedInputStream(str(f), "zstd").read() for f in made)
            time.sleep(0.1)
        raise AssertionError("the file was not taken")

    def stored(self, drop):
        """Waits until a drop is stored."""
        for _ in range(3000):
            if any(d["id"] == drop and d["state"] == "stored" for d in self.drops()):
                return
            time.sleep(0.1)
        raise AssertionError("the drop was not stored")

    def drops(self):
        return json.loads(self.daemon.ftctl("drop", "list", "--json", "--limit", "10000"))

    def report(self, drop):
        return json.loads(self.daemon.ftctl("drop", "show", drop["id"], "--json"))


@pytest.fixture(scope="module")
def intakes(tmp_path_factory):
    made = {name: Intake(tmp_path_factory.mktemp(name), path) for name, path in READERS.items()}
    yield made
    for intake in made.values():
        intake.daemon.stop()


def same(intakes, file):
    """The rows of a file, which both programs make alike."""
    rows = {}
    for name, intake in intakes.items():
        drop, rows[name] = intake.take(file)
        assert drop["reader"].startswith(name + " "), drop
    assert rows["DuckDB"] == rows["pyarrow"]
    return [json.loads(line) for line in rows["DuckDB"].splitlines()]


def table():
    """A column of every type that pyarrow writes, with nulls and the ends of each range."""
    date, decimals = datetime.date, decimal.Decimal
    return pa.table({
        "prompt": [f"question {i}" for i in range(5)], "completion": [f"answer {i}" for i in range(5)],
        "messages": [
            [{"role": "user", "content": "hi", "tool_calls": None}, {"role": "assistant", "content": None,
             "tool_calls": [{"name": "f", "rank": 0.5}]}], [], None, [None], [{"role": "x", "content": "", "tool_calls": []}]],
        "i8": pa.array([1, -1, None, 127, -128], pa.int8()), "u64": pa.array([0, 2**64 - 1, None, 1, 2], pa.uint64()),
        "i64": pa.array([-(2**63), 2**63 - 1, None, 1, 2]), "f16": pa.array([1.5, None, 3, 4, 65504], pa.float16()),
        "f32": pa.array([0.1, None, math.nan, math.inf, -0.0], pa.float32()),
        "f64": pa.array([0.1, 1e22, 1e16, 1e-7, 5e-324]), "b": [True, None, False, True, True],
        "s": ["x", "quote\" \\ / \u2028 \x7f \x01 \x1f é 😀\n\t\r\b\f \\u001f", None, "", "\x00nul"],
        "large": pa.array(["a", None, "c", "d", "e"], pa.large_string()),
        "bin": pa.array([b"abc", b"\xff\x00", None, b"", b"x"]), "fixed": pa.array([b"abcd", b"\xff\0\1\2", None, b"0000", b"x\0\0y"], pa.binary(4)),
        "date": [date(1970, 1, 1), date(1, 1, 1), None, date(9999, 12, 31), date(2024, 2, 29)],
        "date64": pa.array([date(1970, 1, 1), date(1, 1, 1), None, date(9999, 12, 31), date(1969, 12, 31)], pa.date64()),
        "ms": pa.array([0, -1, None, 1700000000123, -62135596800000], pa.timestamp("ms")),
        "us": pa.array([0, -1, None, 1700000000123456, -62135596800000001], pa.timestamp("us")),
        "ns": pa.array([0, -1, None, 1700000000123456789, 5], pa.timestamp("ns")),
        "s_": pa.array([0, -1, None, 1700000000, 5], pa.timestamp("s")),
        "zone": pa.array([0, -1, None, 1700000000123456, 253402300800000000], pa.timestamp("us", tz="Europe/Berlin")),
        "zone_ns": pa.array([0, -1, None, 1700000000123456789, -1001], pa.timestamp("ns", tz="UTC")),
        "t32": pa.array([0, 1, None, 86399999, 5], pa.time32("ms")), "t64": pa.array([0, 1, None, 86399999999, 5], pa.time64("us")),
        "t64n": pa.array([0, 1, None, 86399999999999, 5], pa.time64("ns")), "t32s": pa.array([0, 1, None, 86399, 5], pa.time32("s")),
        "dec": pa.array([decimals("1.50"), decimals("-0.05"), None, decimals(0), decimals("12345678.90")], pa.decimal128(12, 2)),
        "dec9": pa.array([decimals("1E-9"), decimals("-1E-9"), None, decimals(0), decimals(1)], pa.decimal128(18, 9)),
        "dec38": pa.array([decimals("9" * 38), None, decimals(1), decimals(0), decimals(-1)], pa.decimal128(38, 0)),
        "dict": pa.array(["a", "b", None, "a", "b"]).dictionary_encode(), "nothing": pa.nulls(5),
        "list": [[1, 2], [], None, [None], [3]], "lists": [[[1.5], []], None, [], [None], [[math.nan]]],
        "struct": pa.array([{"a": 1.0, "b": None}, None, {"a": None, "b": "x"}, {"a": 2.0, "b": "y"}, {"a": 2.5, "b": "y"}]),
        "map": pa.array([[("k", 1), ("j", None)], [], None, [("x", 2)], [("q", 3)]], pa.map_(pa.string(), pa.int64())),
        "dates": pa.array([[("k", date(2024, 1, 2))], [], None, [("x", None)], []], pa.map_(pa.string(), pa.date32())),
        "numbers": pa.array([[(1, 1), (2, None)], [], None, [(3, 2)], [(4, 3)]], pa.map_(pa.int64(), pa.int64())),
        "duration": pa.array([1, None, 3, 4, 5], pa.duration("us")), "pair": pa.array([[1, 2], None, [3, 4], [5, 6], [7, 8]], pa.list_(pa.int32(), 2)),
        "id": pa.array([uuid.UUID(int=i).bytes for i in range(4)] + [None], pa.uuid()),
        "json": pa.array(['{"a": 1}', None, "[]", "2", "null"], pa.json_()),
        'we"ird \' name': pa.array([{'in "side\'': 0.5}] * 5),
    })


def test_every_type_means_the_same(intakes, tmp_path):
    pq.write_table(table(), tmp_path / "types.parquet")
    rows = same(intakes, tmp_path / "types.parquet")
    first, second = rows[0], rows[1]
    assert first["messages"][0] == {"role": "user", "content": "hi", "tool_calls": None}
    assert second["u64"] == 2**64 - 1 and first["i64"] == -(2**63)
    assert first["dec"] == "1.50" and first["dec38"] == "9" * 38 and first["dec9"] == "0.000000001"
    assert [row["f32"] for row in rows] == [0.10000000149011612, None, None, None, 0.0]
    assert rows[3]["ns"] == "2023-11-14T22:13:20.123456789" and rows[3]["zone_ns"] == "2023-11-14T22:13:20.123456Z"
    assert rows[4]["us"] is None and rows[4]["zone"] is None and rows[1]["date"] == "0001-01-01"
    assert first["bin"] == "YWJj" and first["map"] == {"k": 1, "j": None}
    assert first["numbers"] == [{"key": 1, "value": 1}, {"key": 2, "value": None}]
    assert first["id"] == str(uuid.UUID(int=0)) and first["json"] == '{"a": 1}' and first["nothing"] is None
    assert first['we"ird \' name'] == {'in "side\'': 0.5} and first["duration"] == 1


def test_old_timestamps_and_many_numbers(intakes, tmp_path):
    picks = random.Random(7)
    numbers = [picks.uniform(-1, 1) * 10.0 ** picks.randint(-320, 308) for _ in range(20000)]
    numbers += [float(10.0**i) for i in range(-30, 31)] + [-0.0, 0.0, 123456789.0, 1e21, 1e-6, 9007199254740993.0]
    file = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({
        "prompt": [str(i) for i in range(len(numbers))], "n": numbers, "f": pa.array(numbers, pa.float32()),
        "t": pa.array([i * 86399999999999 - 10**18 for i in range(len(numbers))], pa.timestamp("ns")),
    }), file, use_deprecated_int96_timestamps=True)
    assert [row["n"] for row in same(intakes, file)] == numbers


ENCODINGS = {
    "s": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"], "i": ["PLAIN", "DELTA_BINARY_PACKED"],
    "f": ["PLAIN", "BYTE_STREAM_SPLIT"], "b": ["PLAIN", "RLE"], "x": ["PLAIN", "DELTA_BYTE_ARRAY"],
}


def test_every_encoding_and_compression(intakes, tmp_path):
    count = 3000
    data = pa.table({
        "prompt": [f"question {i}" for i in range(count)], "completion": [f"answer {i % 17}" for i in range(count)],
        "s": [None if i % 7 == 0 else f"text {i // 3}" for i in range(count)], "i": [i * i - 5 for i in range(count)],
        "f": [i / 3 for i in range(count)], "b": [i % 3 == 0 for i in range(count)],
        "x": pa.array([i.to_bytes(8, "big") for i in range(count)], pa.binary(8)),
    })
    whole = None
    file = tmp_path / "encoded.parquet"
    variants = [dict(column_encoding={**{c: e[0] for c, e in ENCODINGS.items()}, column: encoding}, use_dictionary=False)
                for column, encodings in ENCODINGS.items() for encoding in encodings]
    variants += [dict(compression=c) for c in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]]
    variants += [dict(data_page_version=v, data_page_size=512, row_group_size=500) for v in ["1.0", "2.0"]]
    variants += [dict(version=v) for v in ["1.0", "2.4", "2.6"]] + [dict(write_page_checksum=True), dict(use_compliant_nested_type=False)]
    variants += [dict(store_schema=False), dict(write_page_index=True), dict(use_byte_stream_split=["f"], use_dictionary=False)]
    for number, variant in enumerate(variants):
        # No two have the same bytes, which would be a duplicate to the daemon.
        pq.write_table(data.replace_schema_metadata({"variant": str(number)}), file, **variant)
        rows = same(intakes, file)
        whole = whole or rows
        assert rows == whole, variant
    # DuckDB knows this encoding for numbers with a point alone, and says so.
    for column in ["i", "x"]:
        pq.write_table(data, file, column_encoding={column: "BYTE_STREAM_SPLIT"}, use_dictionary=False)
        refused, _ = intakes["DuckDB"].take(file)
        assert "BYTE_STREAM_SPLIT" in intakes["DuckDB"].report(refused)["quarantined"]["cause"]
        _, rows = intakes["pyarrow"].take(file)
        assert [json.loads(line) for line in rows.splitlines()] == whole
    assert whole[1]["s"] == "text 0" and whole[0]["s"] is None and len(whole) == count


def test_the_rows_are_judged_as_all_rows_are(intakes, tmp_path):
    pq.write_table(pa.table({"Question": [f"q{i}" for i in range(12)], "Answer": ["a"] * 11 + [None]}), tmp_path / "a.parquet")
    for name, intake in intakes.items():
        drop, _ = intake.take(tmp_path / "a.parquet", "--as", "prompt=Question,completion=Answer")
        assert (drop["rowsAccepted"], drop["rowsRejected"]) == (11, 1)
        assert drop["origin"]["columns"] == {"prompt": "Question", "completion": "Answer"}
        report = intake.report(drop)
        assert report["problems"][0]["line"] == 12 and report["formats"] == {"parquet": 1}


def test_damaged_files_are_quarantined_or_read_alike(intakes, tmp_path):
    good = tmp_path / "good.parquet"
    pq.write_table(table(), good, compression="gzip", write_page_checksum=True)
    bytes_ = good.read_bytes()
    picks = random.Random(3)
    damaged = {"half": bytes_[: len(bytes_) // 2], "magic": b"PAR1", "end": bytes_[:-1], "no footer": bytes_[:-200],
               "length": bytes_[:-8] + b"\xff\xff\xff\x7fPAR1", "empty footer": b"PAR1" + bytes(8) + b"PAR1"}
    for i in range(12):
        copy = bytearray(bytes_)
        for _ in range(8):
            copy[picks.randrange(4, len(copy))] ^= 1 << picks.randrange(8)
        damaged[f"bits {i}"] = bytes(copy)
    for name, content in damaged.items():
        file = tmp_path / "damaged.parquet"
        file.write_bytes(content)
        for intake in intakes.values():
            drop, _ = intake.take(file)
            if not name.startswith("bits"):
                assert drop["state"] == "quarantined", name
                assert intake.report(drop)["quarantined"]["code"] == "intake.parquet", name


@pytest.mark.parametrize("columns, word", [
    (pa.table({"a": [1], "A": [2]}), "differ from it by case"),
    (pa.table({"d": pa.array([decimal.Decimal(1)], pa.decimal256(50, 2))}), "38 digits"),
])
def test_columns_without_a_rule_are_refused(intakes, tmp_path, columns, word):
    pq.write_table(columns, tmp_path / "odd.parquet")
    for intake in intakes.values():
        drop, _ = intake.take(tmp_path / "odd.parquet")
        failure = intake.report(drop)["quarantined"]
        assert failure["code"] == "intake.parquet_type" and word in failure["message"]


def test_what_expands_without_measure_is_quarantined(intakes, tmp_path):
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 1000000, pa.int32()), ["x" * 1000])
    with pq.ParquetWriter(tmp_path / "bomb.parquet", pa.schema([("text", text.type)])) as writer:
        writer.write_table(pa.table({"text": text}))
    assert (tmp_path / "bomb.parquet").stat().st_size < 1 << 18
    for intake in intakes.values():
        drop, _ = intake.take(tmp_path / "bomb.parquet")
        assert intake.report(drop)["quarantined"]["code"] == "intake.expands_too_much"


def test_a_million_rows_take_no_more_memory_than_a_tenth_of_them(intakes, tmp_path):
    peaks = []
    for count in [100_000, 1_000_000]:
        data = pa.table({"prompt": [f"Question {count} {i}, answer it, please" for i in range(count)],
                         "completion": [f"Answer {i}" for i in range(count)]})
        pq.write_table(data, tmp_path / "many.parquet", row_group_size=count)
        peaks.append([])
        for intake in intakes.values():
            drop, _ = intake.take(tmp_path / "many.parquet")
            assert drop["rowsAccepted"] == count
            # Reading is what is measured: the smaller file has been stored by the time that the larger one is read.
            if count == 100_000:
                intake.stored(drop["id"])
            peaks[-1].append(intake.daemon.peak())
    for few, many in zip(*peaks):
        assert many < few + (96 << 10), peaks
