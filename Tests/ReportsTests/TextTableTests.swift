import Testing

@testable import Reports

/// Tables on terminals of any width.
struct TextTableTests {
    private let table = Table(
        ["RUN", .number("ROWS"), .text("WHAT")],
        cells: [["r-1", "7", "it waits for more rows than there are"], ["r-22", "1200", ""]])

    private func text(_ width: Int?) -> String { Document([.table(table)]).text(width: width) }

    @Test func columnsAreAsWideAsTheirCells() {
        #expect(
            text(nil) == """
                RUN   ROWS  WHAT
                r-1      7  it waits for more rows than there are
                r-22  1200
                """)
        #expect(text(200) == text(nil))
    }

    @Test func sentencesAreBrokenWhereTheTerminalIsNarrow() {
        #expect(
            text(40) == """
                RUN   ROWS  WHAT
                r-1      7  it waits for more rows than
                            there are
                r-22  1200
                """)
        #expect(text(40).split(separator: "\n").allSatisfy { $0.count <= 40 })
    }

    @Test func rowsFollowEachOtherWhereColumnsDoNotFit() {
        #expect(
            text(30) == """
                RUN   r-1
                ROWS  7
                WHAT  it waits for more rows
                      than there are

                RUN   r-22
                ROWS  1200
                WHAT
                """)
    }

    @Test func aFewWordsAreBrokenBeforeTheTableIsTurned() {
        let table = Table(["RUN", .phrase("STATE")], cells: [["r-1", "promoted by hand"]])
        #expect(
            Document([.table(table)]).text(width: 18) == """
                RUN  STATE
                r-1  promoted by
                     hand
                """)
    }

    @Test func wideSignsTakeTwoColumns() {
        for (text, columns) in [
            ("日本語.jsonl", 12), ("ｗ", 2), ("🚀", 2), ("✅ done", 7), ("⭐", 2), ("❤️", 2), ("👩‍🚀", 2), ("é", 1),
            ("e\u{301}", 1),
            ("→", 1), ("★", 1), ("✗", 1), ("1", 1),
        ] { #expect(TextWidth.columns(text) == columns, "\(text)") }
    }

    @Test func columnsAreChosenAndRowsSorted() {
        func text(_ view: TableView) -> String {
            var table = table
            view.apply(to: &table, usual: nil)
            return Document([.table(table)]).text()
        }
        #expect(text(TableView(columns: ["rows", "run"])) == "ROWS  RUN\n   7  r-1\n1200  r-22")
        #expect(text(TableView(columns: ["run"], sort: "run", isReversed: true)) == "RUN\nr-22\nr-1")
        // Numbers are sorted by their value, and what is not there comes last.
        var numbers = Table([.number("N")], cells: [[.count(10)], [.number(nil)], [.count(9)]])
        TableView(sort: "n").apply(to: &numbers, usual: nil)
        #expect(numbers.rows.map { $0.cells[0].text } == ["9", "10", "–"])
        let view = TableView(columns: ["run", "waht"])
        #expect(view.objection(table.columns) == "There is no column 'waht'. Did you mean 'what'?")
        #expect(TableView(sort: "zzzzzzzz").objection(table.columns)?.contains("Use: run, rows, what.") == true)
        #expect(TableView(columns: ["what"], sort: "rows").objection(table.columns) == nil)
    }

    @Test func marksAreColouredWhereThatIsAskedFor() {
        let document = Document([.findings([Finding(.fail, "a"), Finding(.none, "b")])])
        #expect(document.text(isColoured: true) == "\u{1B}[31m✗\u{1B}[0m a\n· b" && document.text() == "✗ a\n· b")
    }

    @Test func terminalsWithoutUnicodeGetWhatTheyCanShow() {
        #expect(PlainText.of("✓ a → b … 日") == "+ a > b ... \\u{65e5}")
        #expect(PlainText.of("plain") == "plain")
    }

    @Test func nothingOfWhatIsSaidIsLost() {
        for width in 1...80 {
            let words = text(width).split { $0 == " " || $0 == "\n" }
            for word in "r-1 7 it waits for more rows than there are r-22 1200".split(separator: " ") {
                #expect(words.contains(word), "\(width): \(word)")
            }
        }
    }

    @Test func aTerminalObeysNothingThatDataSays() {
        let document = Document(
            title: "a\u{1B}[31m",
            [
                .paragraph("b\u{7}\nc"), .facts([Fact("d", "e\u{202E}f")]),
                .table(Table(["G"], cells: [["h\ni\u{8}"]])),
                .findings([Finding(.fail, "j\r", text: ["k\u{0}"])]), .lines(["l\u{1B}"]), .heading("m\u{9B}"),
            ])
        let text = document.text()
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(text.contains("a\\u{1b}[31m") && text.contains("b\\u{7}\nc") && text.contains("h ⏎ i"))
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(TextWidth.columns("日本 e\u{301}") == 6)
        #expect(TextWidth.padded("日", 4) == "日  ")
        #expect(
            TextWidth.wrapped("aa bb", width: 2) == ["aa", "bb"]
                && TextWidth.wrapped("aaaa b", width: 2) == ["aaaa", "b"])
    }

    @Test(arguments: [
        (0.0, "0"), (12, "12"), (1e12, "1e+12"), (0.123456, "0.1235"), (-3.5, "-3.5"), (.nan, "–"), (.infinity, "–"),
    ])
    func numbersHaveFourDigits(value: Double, text: String) {
        #expect(Quantity.number(value) == text)
    }

    @Test func quantitiesHaveTheirUnits() {
        #expect([0.0, 89, 5_399, 5_400].map { Quantity.duration($0) } == ["0 s", "89 s", "90 min", "1.5 h"])
        #expect(
            [0, 10_239, 10_240, 20 << 20, 20 << 30].map(Quantity.bytes) == [
                "0 B", "10239 B", "10 KiB", "20 MiB", "20 GiB",
            ])
        #expect([nil, 0, 0.004, 0.5].map(Quantity.share) == ["–", "0 %", "<1 %", "50 %"])
        #expect([0.5, -0.5, nil].map(Quantity.signed) == ["+0.5", "−0.5", "–"])
        #expect(Quantity.counts([:]) == "none" && Quantity.counts(["b": 1, "a": 2]) == "2 a, 1 b")
    }
}
