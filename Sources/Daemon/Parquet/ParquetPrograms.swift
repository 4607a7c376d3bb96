import Foundation
import Launching
import Nouns
import Platform
import Synchronization

/// Finds a program that reads Parquet, and looks again from time to time where none is there.
package final class ParquetPrograms: Sendable {
    /// How to get one, as a command line.
    static let installing = """
        python3 -m venv /opt/duckdb && /opt/duckdb/bin/pip install duckdb-cli && \
        ln -s /opt/duckdb/bin/duckdb /usr/local/bin/
        """
    /// The code of a Failure that says that there is none.
    package static let missing = "intake.parquet_reader"

    private struct Found {
        var configured: String?
        var program: ParquetProgram?
        var at: SuspendingClock.Instant
    }
    private let found = Mutex<Found?>(nil)
    private let candidates: [String]
    private let patience: Double

    /// - Parameter folders: where programs are looked for.
    /// - Parameter patience: seconds for which it is believed that none is there, since looking starts programs.
    package init(folders: [String] = ["/usr/local/bin", "/usr/bin", "/bin"], patience: Double = 10) {
        self.patience = patience
        candidates = ["duckdb", "python3"].flatMap { name in folders.map { $0 + "/" + name } }
    }

    /// The program that reads Parquet: the configured one, or the first that is found.
    ///
    /// Throws a Failure (`intake.parquet_reader`) where there is none.
    ///
    /// - Parameters:
    ///   - confinement: what programs may read and change when they are asked for their version.
    ///   - scratch: a folder for what they write to standard error.
    package func program(_ configured: String?, confinement: Confinement? = nil, scratch: String) throws
        -> ParquetProgram
    {
        let known = found.withLock { $0 }
        if let known, known.configured == configured {
            if let program = known.program {
                if access(program.path, X_OK) == 0 { return program }
            } else if known.at.duration(to: .now) < .seconds(patience) {
                throw Self.failure(configured)
            }
        }
        var program: ParquetProgram?
        for path in configured.map({ [$0] }) ?? candidates where program == nil && access(path, X_OK) == 0 {
            program = try ParquetProgram(path, confinement: confinement, scratch: scratch)
        }
        found.withLock { $0 = Found(configured: configured, program: program, at: .now) }
        guard let program else { throw Self.failure(configured) }
        return program
    }

    private static func failure(_ configured: String?) -> Failure {
        guard let configured else {
            return Failure(
                code: missing, "No program is installed that reads Parquet files.",
                remedy: "Install one: \(installing)")
        }
        return Failure(
            code: missing, "'\(configured)' is no program that reads Parquet files.", at: configured,
            remedy: "Put DuckDB's command line or a Python with pyarrow there, or correct data.parquet_reader.")
    }
}
