import Foundation
import Nouns
import Platform
import TestSupport
import Testing

/// The commands of docs/feedback.md, run in their order against a daemon that has kept one answer.
struct FeedbackPageTests {
    @Test func everyCommandOfThePageDoesWhatItSays() async throws {
        let sandbox = try Sandbox()
        try sandbox.pipeline("tickets", "base = \"absent\"\n[trigger]\nmanual_only = true\n")
        let answer: JSONValue = [
            "id": "chatcmpl-1", "pipeline": "tickets", "owner": .string(System.userName(getuid())),
            "createdAt": .string(Date().formatted(.iso8601)),
            "messages": [["role": "user", "content": "Where is it?"]],
            "answer": ["role": "assistant", "content": "On its way."], "metadata": ["channel": "mail"], "ratings": [],
            "completion": [
                "id": "chatcmpl-1", "object": "chat.completion", "model": "ft:absent:local:tickets", "created": 1,
                "system_fingerprint": "fp_1",
                "usage": [
                    "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
                    "prompt_tokens_details": ["cached_tokens": 0],
                    "completion_tokens_details": ["reasoning_tokens": 0],
                ],
                "choices": [
                    [
                        "index": 0, "finish_reason": "stop",
                        "message": ["role": "assistant", "content": "On its way."],
                    ]
                ],
            ],
        ]
        try FileManager.default.createDirectory(
            atPath: sandbox.layout.feedback("tickets"), withIntermediateDirectories: true)
        let path = sandbox.layout.storedCompletion("tickets", "chatcmpl-1")
        try ContractCoding.encode(answer).write(to: URL(filePath: path))
        let daemon = try sandbox.startDaemon()
        defer { daemon.signal(SIGTERM) }
        #expect(try await sandbox.ready())

        let blocks = try PageSnippets("docs/feedback.md").shell
        var outputs: [String] = []
        for block in blocks {
            let (ending, output) = try await PageSnippets.run(block, sandbox)
            #expect(ending == .exited(0), "\(block): \(output)")
            outputs.append(output)
        }
        #expect(outputs.count == 4)
        #expect(outputs[0].matches(of: /"has_more":false/).count == 2 && outputs[0].contains(#""seen":"yes""#))
        #expect(outputs[1].contains("is rated good") && outputs[1].contains("Your parcel left on Monday."))
        #expect(outputs[2].contains(#""by":"user-17""#))
        #expect(outputs[3].contains(#""object":"chat.completion.deleted""#))
        #expect(!FileManager.default.fileExists(atPath: path))
        let gone = try await sandbox.ftctl("feedback", "chatcmpl-1", "--good")
        #expect(gone.status == 1 && gone.output.contains("was deleted"), "\(gone.output)")
    }
}
