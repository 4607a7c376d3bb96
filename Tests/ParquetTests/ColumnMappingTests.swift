import TestSupport
import Testing

@testable import Parquet

/// What DuckDB is asked for each type of column; Tests/Interop holds what it answers against pyarrow.
struct ColumnMappingTests {
    @Test func everyTypeHasItsExpression() throws {
        let types = [
            "VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(12,2)", "BLOB", "UUID", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_NS",
            "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "\"NULL\"", "BIGINT[]", "DECIMAL(4,1)[][]",
            "STRUCT(\"role\" VARCHAR, n BIGINT)[]",
            "STRUCT(\"a \"\"b\" DOUBLE, c STRUCT(d DATE))", "MAP(VARCHAR, BIGINT)", "MAP(VARCHAR, FLOAT)",
            "MAP(INTEGER, VARCHAR)", "INTERVAL", "STRUCT(a INTERVAL)",
        ]
        let output = try types.map { written in
            let type = try #require(ColumnType(written))
            return "\(written)\n    \(ColumnMapping.expression(type, of: ColumnMapping.name("x")) ?? "no rule")"
        }.joined(separator: "\n")
        let difference = try Golden("ParquetTests/Golden").difference(
            "expressions", input: "The expression of each type of column.", output: output)
        #expect(difference == nil)
    }

    @Test(arguments: [
        "", "STRUCT(", "STRUCT()", "STRUCT(a)", "STRUCT(a BIGINT", "MAP(VARCHAR)", "BIGINT[", "BIGINT] ", "lower",
        "STRUCT(\"a BIGINT)", "BIGINT, BIGINT",
    ]) func whatIsNoTypeIsNotRead(written: String) { #expect(ColumnType(written) == nil) }

    @Test func typesWithoutMeasureAreNotRead() {
        #expect(
            ColumnType(String(repeating: "STRUCT(a ", count: 60) + "BIGINT" + String(repeating: ")", count: 60)) != nil)
        #expect(ColumnType(String(repeating: "STRUCT(a ", count: 9000) + "BIGINT") == nil)
    }
}
