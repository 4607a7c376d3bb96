import Nouns
import Testing

@testable import StageKit

struct ProblemBoardTests {
    let board = ProblemBoard()
    let one = Failure(code: "a", "One."), two = Failure(code: "b", "Two.")

    @Test func onlyWhatIsNewIsAChange() {
        #expect(board.set("drop:p:entry:x", one) && !board.set("drop:p:entry:x", one), "the journal is told once")
        #expect(board.set("drop:p:entry:x", two) && board.all().map(\.code) == ["b"])
        #expect(board.set("drop:p:entry:x", nil) && !board.set("drop:p:entry:x", nil) && board.count == 0)
    }

    @Test func whatIsMendedGoesAndTheRestStays() {
        board.set("drop:p:entry:x", one)
        board.set("drop:p:entry:y", two)
        board.set("drop:q:entry:x", one)
        board.clear(prefix: "drop:p:entry:", except: ["drop:p:entry:y"])
        #expect(
            board.count == 2 && board.all(prefix: "drop:p:").map(\.code) == ["b"]
                && board.all(prefix: "drop:q:").count == 1)
    }
}
