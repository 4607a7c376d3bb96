import Foundation
import Nouns
import Platform
import Reports

/// Standard output and standard error.
enum Terminal {
    static let isInteractive = isatty(1) == 1

    /// Columns of the terminal, or as many as `COLUMNS` says; nil where the output goes to a pipe or a file.
    static var width: Int? {
        guard isInteractive else { return nil }
        if let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), told > 0 { return told }
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Whether the terminal shows Unicode, as the locale says; files and pipes take it in any case.
    static let showsUnicode: Bool = {
        guard isInteractive else { return true }
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        let name = locale.lowercased().replacing("-", with: "")
        return name.contains("utf8")
    }()

    static func line(_ text: String) { write(Data(((showsUnicode ? text : PlainText.of(text)) + "\n").utf8)) }

    /// Writes what a model says as it comes.
    static func show(_ piece: String) {
        let text = ShownText.lines(piece)
        write(Data((showsUnicode ? text : PlainText.of(text)).utf8))
    }

    /// Replaces the present line on a terminal.
    static func replace(_ text: String) {
        // A line that is broken by the terminal could not be replaced.
        let line = String(ShownText.line(text).prefix(max(1, (width ?? 80) - 1)))
        write(Data("\r\u{1B}[K\(showsUnicode ? line : PlainText.of(line))".utf8))
    }

    /// Empties the terminal.
    static func clear() { write(Data("\u{1B}[2J\u{1B}[H".utf8)) }

    /// Says on standard error what is good to know, where a person reads it.
    static func note(_ text: String) {
        if isatty(2) == 1 { remark(text) }
    }

    /// Says on standard error how far something is.
    static func remark(_ text: String) { complain(json: Data(ShownText.lines(text).utf8)) }

    /// Says on standard error what went wrong.
    static func complain(_ text: String) { remark("ftctl: \(text)") }

    /// The same for programs.
    static func complain(json: Data) {
        // Where standard error is closed there is nobody left to tell.
        try? FileHandle.standardError.write(contentsOf: json + Data("\n".utf8))
    }

    /// Writes to standard output. `ftctl … | head` ends as other programs do, by SIGPIPE; a full disk ends it with a
    /// sentence and status 74.
    static func write(_ data: Data) {
        do { try data.withUnsafeBytes { try AtomicFile.writeAll($0, to: 1, path: "standard output") } } catch let
            failure as FileFailure
        {
            complain("\(failure)")
            exit(74)
        } catch {
            complain("\(error)")
            exit(74)
        }
    }

    /// Why a file could not be written, in the system's words.
    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if let underlying, underlying.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(underlying.code)))
        }
        return (error as? CocoaError)?.code == .fileNoSuchFile ? "there is no such folder" : "\(error)"
    }

    /// Writes an answer to a file of its own, or to standard output for `-`. Throws a Failure that names the file.
    static func write(_ data: Data, to path: String, what: String) throws {
        if path == "-" { return write(data) }
        do { try data.write(to: URL(filePath: path), options: .atomic) } catch {
            throw Failure(
                code: "client.file", "The \(what) cannot be written.", at: path,
                remedy: "Check the folder and its permissions.", cause: reason(error))
        }
        line("Wrote \(path) (\(data.count) bytes).")
    }
}
