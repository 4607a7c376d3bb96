import Foundation
import Nouns
import TestSupport
import Testing

@testable import RowFormats

/// docs/data.md lists every code as the program has it.
struct DocumentationTests {
    @Test func theTableOfCodesIsTheProgramsOwn() throws {
        let page = try String(contentsOfFile: TestSupport.repository + "/docs/data.md", encoding: .utf8)
        #expect(page.contains(ProblemCode.table), "docs/data.md does not hold this table:\n\(ProblemCode.table)")
        for shape in RowShape.allCases {
            #expect(page.contains("`\(shape.rawValue)`"), "docs/data.md does not name the shape \(shape.rawValue)")
        }
    }
}
