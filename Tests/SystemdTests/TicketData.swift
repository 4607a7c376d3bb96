/// A task that the base model cannot know and a small adapter learns in seconds: which desk a customer's message goes
/// to.
///
/// The desks have made-up names, so the base scores nothing and a verdict needs few rows.
enum TicketData {
    private static let desks: [(name: String, things: [String], troubles: [String])] = [
        ("zorb", ["invoice", "charge", "payment", "receipt", "bill"], ["is wrong", "came twice", "is missing"]),
        (
            "quill", ["parcel", "package", "delivery", "shipment", "courier"],
            ["is late", "got lost", "arrived broken"]
        ),
        (
            "mund", ["password", "login", "account", "username", "code"],
            ["does not work", "was forgotten", "is locked"]
        ),
    ]
    private static let openings = ["Hello,", "Hi,", "Please help:", "Good morning,", "Dear team,", "Hey,"]
    private static let possessives = ["my", "our", "the last", "this week's"]

    /// `count` different rows as JSON lines, of the possible 1,080, beginning with the `first`-th.
    static func rows(_ count: Int, first: Int = 0) -> String {
        (first..<(first + count)).map { number in
            // 7 has no common divisor with 1,080, so that every row comes once before any comes twice.
            var index = (number * 7) % 1080
            func pick<T>(_ values: [T]) -> T {
                defer { index /= values.count }
                return values[index % values.count]
            }
            let desk = pick(desks)
            let message = "\(pick(openings)) \(pick(possessives)) \(pick(desk.things)) \(pick(desk.troubles))."
            return #"{"prompt": "Which desk? \#(message)", "completion": "\#(desk.name)"}"#
        }.joined(separator: "\n") + "\n"
    }

    /// A pipeline that learns it quickly. A third of the rows are for the gate, so that the verdict is sure.
    static func pipeline() -> String {
        """
        base = "smollm2-135m-instruct"
        promote = "auto"

        [trigger]
        settle_seconds = 0.2
        # Every batch is to be trained on, however well it is answered already.
        skip_known = false

        [recipe]
        learning_rate = 2e-3
        epochs = 2
        batch_rows = 8

        [data]
        gate_share = 0.3

        [gates]
        primary = "accuracy"
        max_new_tokens = 6
        """
    }
}
