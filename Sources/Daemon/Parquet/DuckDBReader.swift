import Foundation
import Nouns

/// What DuckDB is asked: first for the columns of a file, then for its rows.
enum DuckDBReader {
    /// Nothing but the file is reached, nothing is fetched, no setting can be undone, and memory is bounded. One thread
    /// keeps the order of rows.
    private static let settings = """
        SET allowed_paths = ['/dev/stdin', '/dev/stdout']; SET autoinstall_known_extensions = false; \
        SET autoload_known_extensions = false; SET threads = 1; SET memory_limit = '1GiB'; SET temp_directory = ''; \
        SET enable_external_access = false; SET lock_configuration = true;
        """
    private static let file = "read_parquet('/dev/stdin')"

    /// One line of what DuckDB says of a file.
    private struct Line: Decodable {
        /// A column of the rows.
        var column_name: String?
        var column_type: String?
        /// An entry of the file's own schema, in the order of the tree.
        var name: String?
        var children: Int?
        var precision: Int?
    }

    /// Asks for the file's columns and for its schema.
    static func describe(_ path: String) -> [String] {
        command(
            path,
            output("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM \(file))")
                + output(
                    """
                    SELECT name, COALESCE(num_children, 0) AS children, COALESCE(precision, 0) AS precision \
                    FROM parquet_schema('/dev/stdin')
                    """))
    }

    /// Asks for the rows. Throws a Failure (`intake.parquet_type`) where a column has no rule.
    ///
    /// - Parameter description: what DuckDB answered to ``describe(_:)``.
    static func rows(_ path: String, _ description: Data, file name: String) throws -> [String] {
        let lines = try description.split(separator: 10).map { try JSONDecoder().decode(Line.self, from: Data($0)) }
        if let fault = fault(lines.filter { $0.name != nil }) { throw refusal(fault, name) }
        let parts = try lines.compactMap { line -> String? in
            guard let column = line.column_name, let written = line.column_type else { return nil }
            guard let type = ColumnType(written),
                let part = ColumnMapping.expression(type, of: ColumnMapping.name(column))
            else { throw refusal("the column \(column) is of the type \(written), for which there is no rule", name) }
            return "\(part) AS \(ColumnMapping.name(column))"
        }
        return command(path, output("SELECT \(parts.joined(separator: ", ")) FROM \(file)"))
    }

    /// The refusal of a file that cannot be rows, whichever program reads it.
    static func refusal(_ fault: String, _ name: String) -> Failure {
        Failure(
            code: "intake.parquet_type", "The Parquet file cannot be read as rows: \(fault).", at: name,
            remedy: "Write it without that column or with another type or name; docs/data.md lists the types.")
    }

    /// What is wrong with names and numbers of digits in a schema; nil where nothing is.
    private static func fault(_ entries: [Line]) -> String? {
        if let wide = entries.first(where: { ($0.precision ?? 0) > 38 }), let name = wide.name {
            return "the column \(name) has decimals of more than 38 digits"
        }
        // Open groups, each with the names seen and how many entries are still to come.
        var open: [(names: Set<String>, left: Int)] = []
        for entry in entries {
            let name = entry.name ?? ""
            if let last = open.indices.last {
                open[last].left -= 1
                guard open[last].names.insert(name.lowercased()).inserted else {
                    return "two columns have the name \(name), or differ from it by case alone"
                }
            }
            open.append(([], entry.children ?? 0))
            while let last = open.last, last.left == 0 { open.removeLast() }
        }
        return nil
    }

    private static func output(_ query: String) -> String {
        "COPY (\(query)) TO '/dev/stdout' (FORMAT json, USE_TMP_FILE false);"
    }

    private static func command(_ path: String, _ query: String) -> [String] {
        [path, "-init", "/dev/null", "-batch", "-bail", "-c", settings + query]
    }
}
