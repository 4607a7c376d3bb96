/// One event of a streamed answer of OpenAI's newer route; which members there are depends on its type.
package struct ResponseEvent: Codable, Hashable, Sendable {
    package var type: String
    /// Counts all events from 0.
    package var sequence_number: Int
    package var response: ResponseObject?
    package var item_id: String?
    package var output_index: Int?
    package var content_index: Int?
    package var item: ResponseMessage?
    package var part: ResponseText?
    package var delta: String?
    package var text: String?
    package var logprobs: [ChatToken]?

    package init(_ type: String, _ number: Int) {
        self.type = type
        sequence_number = number
    }
}
