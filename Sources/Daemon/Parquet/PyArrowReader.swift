/// What Python is told, so that pyarrow writes the same rows as DuckDB, byte for byte; docs/data.md has the rules.
enum PyArrowReader {
    /// The status by which the script says that a file cannot be rows, the reason being on standard error.
    static let refused: Int32 = 65

    static func version(_ path: String) -> [String] { command(path, "import pyarrow; print(pyarrow.__version__)") }

    static func rows(_ path: String) -> [String] { command(path, script) }

    private static func command(_ path: String, _ script: String) -> [String] { [path, "-I", "-B", "-c", script] }

    /// No line of it begins with `import`: the test of dependencies would take that for Swift's.
    private static let script = #"""
        from base64 import b64encode
        from datetime import date
        from json.encoder import encode_basestring as quoted
        from math import copysign, isfinite
        from re import compile as pattern
        from sys import exit, stderr, stdout
        from uuid import UUID

        from pyarrow import compute as pc, parquet as pq

        pa = __import__("pyarrow")
        escape = pattern(r"\\(?:\\|u00[01][0-9a-f])")


        def fail(text):
            print(text, file=stderr)
            exit(65)


        def text(value):
            result = quoted(value)
            return escape.sub(lambda m: m[0][:2] + m[0][2:].upper(), result) if "\\u00" in result else result


        def number(value):
            if not isfinite(value):
                return "null"
            sign = "-" if copysign(1, value) < 0 else ""
            digits, _, exponent = repr(abs(value)).partition("e")
            whole, _, part = digits.partition(".")
            point = len(whole) + int(exponent or 0)
            digits = whole + part
            zeros = len(digits) - len(digits.lstrip("0"))
            digits, point = digits[zeros:].rstrip("0"), point - zeros
            if not digits:
                return sign + "0.0"
            if -6 < point <= 21:
                if point <= 0:
                    return sign + "0." + "0" * -point + digits
                digits = digits.ljust(point, "0")
                return sign + digits[:point] + "." + (digits[point:] or "0")
            part = "." + digits[1:] if len(digits) > 1 else ""
            return f"{sign}{digits[0]}{part}e{point - 1}"


        def clock(value, unit):
            seconds, fraction = divmod(value, unit)
            part = str(fraction).rjust(len(str(unit)) - 1, "0").rstrip("0")
            time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            return time + ("." + part if part else "")


        def day(number):
            number += 719163
            return date.fromordinal(number).isoformat() if 1 <= number <= 3652059 else None


        def instant(value, unit, zone):
            if zone and unit > 1000000:
                scale = unit // 1000000
                value, unit = (value // scale if value >= 0 else -(-value // scale)), 1000000
            days, rest = divmod(value, 86400 * unit)
            begun = day(days)
            return "null" if begun is None else f'"{begun}T{clock(rest, unit)}{"Z" if zone else ""}"'


        UNITS = {"s": 1, "ms": 1000, "us": 1000000, "ns": 1000000000}


        def leaf(array, column):
            """The JSON texts of the values of a column that holds no others."""
            kind, logical = array.type, column.logical_type.type
            if pa.types.is_null(kind):
                return ["null"] * len(array)
            if pa.types.is_timestamp(kind):
                unit, zone = UNITS[kind.unit], kind.tz is not None
                array, write = array.view(pa.int64()), lambda v: instant(v, unit, zone)
            elif pa.types.is_date(kind):
                step = 1 if pa.types.is_date32(kind) else 86400000
                array, write = array.view(pa.int32() if step == 1 else pa.int64()), lambda v: written(day(v // step))
            elif pa.types.is_time(kind):
                unit = UNITS[kind.unit]
                array = array.view(pa.int32() if pa.types.is_time32(kind) else pa.int64())
                write = lambda v: '"' + clock(v, unit) + '"'
            elif pa.types.is_duration(kind):
                array, write = array.view(pa.int64()), str
            elif pa.types.is_decimal(kind):
                if kind.precision > 38:
                    fail(f"the column {column.path} has decimals of more than 38 digits")
                write = lambda v: '"' + format(v, "f") + '"'
            elif pa.types.is_boolean(kind):
                write = lambda v: "true" if v else "false"
            elif pa.types.is_integer(kind):
                write = str
            elif pa.types.is_floating(kind):
                array, write = array.cast(pa.float64()) if pa.types.is_float16(kind) else array, number
            elif logical in ("STRING", "ENUM", "JSON"):
                write = lambda v: text(v if isinstance(v, str) else v.decode("utf-8"))
            elif logical == "UUID":
                write = lambda v: '"' + str(UUID(bytes=v)) + '"'
            elif logical in ("NONE", "BSON"):
                write = lambda v: '"' + b64encode(v).decode() + '"'
            else:
                fail(f"the column {column.path} is of the type {logical}, for which there is no rule")
            return ["null" if v is None else write(v) for v in array.to_pylist()]


        def written(day):
            return "null" if day is None else '"' + day + '"'


        def names(kind):
            names, seen = [kind.field(i).name for i in range(kind.num_fields)], set()
            for name in names:
                if name.lower() in seen:
                    fail(f"two columns have the name {name}, or differ from it by case alone")
                seen.add(name.lower())
            return names


        def lists(array, values):
            """Puts the values of lists together again."""
            result, start = [], 0
            for length in pc.list_value_length(array).to_pylist():
                if length is None:
                    result.append(None)
                    continue
                result.append(values[start : start + length])
                start += length
            return result


        def texts(array, columns):
            """The JSON texts of an array's values; takes the Parquet columns that it is made of."""
            kind = array.type
            if isinstance(kind, pa.BaseExtensionType):
                return texts(array.storage, columns)
            if pa.types.is_dictionary(kind):
                return texts(array.dictionary_decode(), columns)
            if pa.types.is_fixed_size_list(kind):
                return texts(array.cast(pa.list_(kind.value_field)), columns)
            if pa.types.is_struct(kind):
                keys = [text(name) + ":" for name in names(kind)]
                fields = [texts(field, columns) for field in array.flatten()]
                rows = zip(*fields) if fields else [()] * len(array)
                return [
                    "{" + ",".join([k + v for k, v in zip(keys, row)]) + "}" if valid else "null"
                    for row, valid in zip(rows, array.is_valid().to_pylist())
                ]
            if pa.types.is_map(kind):
                array = array.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
                keys, items = array.flatten().flatten()
                column = next(columns)
                is_text = column.logical_type.type in ("STRING", "ENUM", "JSON")
                keys, values = leaf(keys, column), texts(items, columns)
                if not is_text:
                    pairs = ['{"key":' + k + ',"value":' + v + "}" for k, v in zip(keys, values)]
                    return ["null" if v is None else "[" + ",".join(v) + "]" for v in lists(array, pairs)]
                result = []
                for pairs in lists(array, list(zip(keys, values))):
                    if pairs is not None and len({k for k, _ in pairs}) < len(pairs):
                        fail(f"a map of the column {column.path} has the same key twice")
                    result.append("null" if pairs is None else "{" + ",".join([k + ":" + v for k, v in pairs]) + "}")
                return result
            if pa.types.is_list(kind) or pa.types.is_large_list(kind):
                values = texts(array.flatten(), columns)
                return ["null" if v is None else "[" + ",".join(v) + "]" for v in lists(array, values)]
            return leaf(array, next(columns))


        def main():
            file = pq.ParquetFile(
                "/dev/stdin", pre_buffer=False, buffer_size=1 << 20, coerce_int96_timestamp_unit="us"
            )
            leaves = [file.schema.column(i) for i in range(len(file.schema))]
            keys = [text(name) + ":" for name in names(pa.struct(list(file.schema_arrow)))]
            out = stdout
            out.reconfigure(encoding="utf-8", errors="strict", newline="\n")
            for batch in file.iter_batches(batch_size=256, use_threads=False):
                columns = iter(leaves)
                fields = [texts(column, columns) for column in batch.columns]
                for row in zip(*fields):
                    out.write("{" + ",".join([k + v for k, v in zip(keys, row)]) + "}\n")


        main()
        """#
}
