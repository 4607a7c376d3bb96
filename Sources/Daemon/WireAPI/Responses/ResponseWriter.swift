import ControlProtocol
import WorkerProtocol

/// Writes an answer of the newer route as a stream: events with names and numbers, each thing begun and done.
struct ResponseWriter: AnswerWriter {
    private var assembly: ResponseAssembly
    private(set) var hasBegun = false
    private var count = 0

    init(_ body: ResponseBody, _ head: AnswerHead) { assembly = ResponseAssembly(body, head) }

    mutating func take(_ event: ServingEvent) throws -> [ServerEvent] {
        let tokens = assembly.take(event)
        switch event.event {
        case .began:
            hasBegun = true
            return [
                try tell("response.created") { $0.response = $1.beginning },
                try tell("response.in_progress") { $0.response = $1.beginning },
                try tell("response.output_item.added") { event, assembly in
                    event.output_index = 0
                    event.item = ResponseMessage(id: assembly.item, status: "in_progress", content: [])
                },
                try tellPart("response.content_part.added") { event, _ in
                    event.part = ResponseText("", logprobs: nil)
                },
            ]
        case .text:
            return [
                try tellPart("response.output_text.delta") { said, _ in
                    said.delta = event.text ?? ""
                    said.logprobs = tokens
                }
            ]
        case .ended:
            return [
                try tellPart("response.output_text.done") { event, assembly in
                    event.text = assembly.text
                    event.logprobs = assembly.tokens
                }, try tellPart("response.content_part.done") { $0.part = $1.part },
                try tell("response.output_item.done") { event, assembly in
                    event.output_index = 0
                    event.item = assembly.whole
                },
                try tell(assembly.isComplete ? "response.completed" : "response.incomplete") {
                    $0.response = $1.response
                },
            ]
        case .call, .prompt, .scored, .done, .failed, .state: return []
        }
    }

    /// The stream ends with the whole answer, without a mark.
    func finish() -> [ServerEvent] { [] }

    /// An event about what is said.
    private mutating func tellPart(
        _ type: String, _ fill: (inout ResponseEvent, ResponseAssembly) -> Void
    ) throws -> ServerEvent {
        try tell(type) { event, assembly in
            (event.item_id, event.output_index, event.content_index) = (assembly.item, 0, 0)
            fill(&event, assembly)
        }
    }

    private mutating func tell(
        _ type: String, _ fill: (inout ResponseEvent, ResponseAssembly) -> Void
    ) throws -> ServerEvent {
        var event = ResponseEvent(type, count)
        count += 1
        fill(&event, assembly)
        return try ServerEvent(kind: type, event)
    }
}
