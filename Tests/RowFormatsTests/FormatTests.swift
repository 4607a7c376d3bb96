import Compression
import Foundation
import Nouns
import TestSupport
import Testing

@testable import RowFormats

/// Files of every format give the same rows.
struct FormatTests {
    let pair = RowContent.completion(prompt: "q", completion: "a")

    @Test func jsonLines() throws {
        let reading = try Reading(
            "{\"prompt\":\"q\",\"completion\":\"a\"}\r\n\n  \n{\"prompt\":\"q\",\"completion\":\"a\"}")
        #expect(reading.contents == [pair, pair])
        #expect(reading.lines == [1, 4])
        #expect("\(try #require(reading.format))" == "jsonl")
    }

    @Test func aByteOrderMarkIsNoPartOfTheData() throws {
        for text in ["{\"prompt\":\"q\",\"completion\":\"a\"}\n", "[{\"prompt\":\"q\",\"completion\":\"a\"}]"] {
            #expect(try Reading([0xEF, 0xBB, 0xBF] + Array(text.utf8)).contents == [pair])
        }
        #expect(
            try Reading([0xEF, 0xBB, 0xBF] + Array("prompt,completion\r\nq,a\r\n".utf8), "a.csv").contents == [pair])
    }

    @Test func aJSONListIsCutApart() throws {
        let text =
            "\n [ {\"prompt\":\"a]},\\\"{\",\"completion\":\"a\"},\n\n{\"prompt\":\"q\",\"completion\":\"a\"} , 5 ]\n"
        let reading = try Reading(text, "a.json")
        #expect(reading.contents == [.completion(prompt: "a]},\"{", completion: "a"), pair])
        #expect(reading.lines == [2, 4])
        #expect(reading.faults == ["data_type"])
    }

    @Test(arguments: [
        ("[{\"prompt\":\"q\"", "ends before"), ("[{} {}", "ends before"), ("[{},]", "missing between"),
        ("[,{}]", "missing before"), ("[{}] x", "more after"),
        ("[{}}", "closes nothing"), ("[", "ends before"),
    ]) func aDamagedListIsRefused(_ text: String, _ reason: String) throws {
        do {
            _ = try Reading(text, "a.json")
            Issue.record("\(text) was read")
        } catch let failure as Failure {
            #expect(failure.code == "intake.damaged_list")
            #expect(failure.message.contains(reason), "\(failure)")
        }
    }

    @Test func tablesFollowRFC4180() throws {
        let text = "prompt,completion,source\r\n\"one, two\",\"say \"\"hi\"\"\",x\r\n\"two\nlines\",a,\r\nq,a,y"
        let reading = try Reading(text, "a.csv")
        #expect(
            reading.contents == [
                .completion(prompt: "one, two", completion: "say \"hi\""),
                .completion(prompt: "two\nlines", completion: "a"), pair,
            ])
        #expect(reading.lines == [2, 3, 5])
        #expect(reading.rows[0].row.fields == ["source": "x"])
        #expect(reading.rows[1].row.fields == nil, "an empty cell is one that is not there")
    }

    @Test func theHeaderSaysTheSeparator() throws {
        #expect(try Reading("prompt;completion\nq;a\n", "a.csv").contents == [pair])
        #expect(try Reading("prompt\tcompletion\nq\ta\n", "a.tsv").contents == [pair])
        #expect(
            try Reading(
                "\"prompt\";\"completion, or answer\"\nq;a\n", "a.csv", columns: ["completion": "completion, or answer"]
            ).contents == [pair])
    }

    @Test func columnsAreRenamedAndPointersAreNot() throws {
        let columns = ["prompt": "Question", "completion": "Answer"]
        #expect(try Reading("Question,Answer\nq,a\n", "a.csv", columns: columns).contents == [pair])
        let reading = try Reading("{\"Question\": \"q\", \"Answer\": 5}\n", columns: columns)
        #expect(reading.faults == ["data_type /Answer"])
    }

    @Test func badRowsOfTablesAreNamed() throws {
        let reading = try Reading("prompt,completion\nq\nq,a,b\n\"q\"x,a\nq,a\n\"open,a\nq,a\n", "a.csv")
        #expect(reading.contents == [pair])
        #expect(reading.codes == ["column_count", "column_count", "stray_quote", "unclosed_quote"])
        #expect(reading.problems.map(\.line) == [2, 3, 4, 6])
        #expect(throws: Failure.self) { try Reading("a,a\n1,2\n", "a.csv") }
    }

    @Test(arguments: ["jsonl", "json", "csv"]) func everyFormatMayBeCompressed(_ ending: String) async throws {
        let text =
            [
                "jsonl": "{\"prompt\":\"q\",\"completion\":\"a\"}\n",
                "json": "[{\"prompt\":\"q\",\"completion\":\"a\"}]", "csv": "prompt,completion\nq,a\n",
            ][ending] ?? ""
        let zstd = try Zstd.compress(Array(text.utf8))
        #expect(try Reading(zstd, "a.\(ending).zst").contents == [pair])
        if ending == "jsonl" {
            #expect(try Reading(zstd + zstd, "a.jsonl.zst").contents == [pair, pair], "frames follow each other")
        }
        let path = NSTemporaryDirectory() + "/ft-" + UUID().uuidString
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let gzip = try await ChildProgram.run("/bin/gzip", [path])
        try #require(gzip.ending == .exited(0), "\(gzip.output)")
        defer { unlink(path + ".gz") }
        let bytes = Array(try Data(contentsOf: URL(filePath: path + ".gz")))
        #expect(try Reading(bytes, "a.\(ending).gz").contents == [pair])
        #expect("\(try #require(try Reading(bytes, "a.\(ending).gz").format))" == "\(ending).gz")
        if ending == "jsonl" {
            #expect(try Reading(bytes + bytes, "a.jsonl.gz").contents == [pair, pair], "members follow each other")
        }
        #expect(throws: Failure.self) { try Reading(Array(bytes.dropLast(3)), "a.\(ending).gz") }
    }

    @Test func otherEncodingsAndFormatsAreNamed() throws {
        let utf16 = Array("{\"prompt\": \"q\"}".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        for (bytes, word) in [
            ([0xFF, 0xFE] + utf16, "UTF-16"), (utf16, "UTF-16LE"), (Array("PAR1....".utf8), "Parquet"),
            (Array("PK\u{3}\u{4}....".utf8), "Excel"),
        ] {
            do {
                _ = try Reading(bytes)
                Issue.record("\(word) was read")
            } catch let failure as Failure {
                #expect(failure.message.contains(word), "\(failure)")
                #expect(failure.remedy?.isEmpty == false)
            }
        }
    }

    @Test func emptyFilesHaveNoRows() throws {
        for name in ["a.jsonl", "a.json", "a.csv", "a.tsv"] {
            for text in ["", "\n", "  \n\n"] { #expect(try Reading(text, name).rows.isEmpty) }
        }
    }

    @Test func rowsAreTheSameHoweverTheBytesArrive() throws {
        // Cut into pieces of every length, a stream gives the same records.
        let texts: [(String, any RecordSplitter)] = [
            ("{\"a\":1}\r\n\n{\"b\":\"x\"}\nz", LineSplitter()), (" [{\"a\":\"]\\\"\"}, 5,\n[1]] ", ListSplitter()),
            ("a,b\r\n\"x\"\"\ny\",2\r\n3,4", TableSplitter(separators: ",;\t")),
        ]
        for (text, fresh) in texts {
            var all: [[String]] = []
            for size in [1, 2, 3, 7, 1000] {
                var splitter = fresh
                var records: [String] = []
                let bytes = Array(text.utf8)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try Array(bytes[start..<min(bytes.count, start + size)]).withUnsafeBytes {
                        try splitter.push($0) { records.append("\($0)") }
                    }
                }
                try splitter.finish { records.append("\($0)") }
                all.append(records)
            }
            #expect(all.allSatisfy { $0 == all[0] && $0.count >= 2 }, "\(text)")
        }
    }
}
