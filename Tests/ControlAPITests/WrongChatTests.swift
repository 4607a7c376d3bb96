import ControlProtocol
import Foundation
import HTTPTypes
import OperationsScene
import TestSupport
import Testing

@testable import ControlAPI

/// What is refused in the body of a chat, each by the name of the field: a golden text.
struct WrongChatTests {
    /// A body each; `…` stands for a model and a message.
    private static let bodies = """
        [1]
        {}
        {"model": "support"}
        {"model": 7, "messages": []}
        {"model": "support", "messages": []}
        {"model": "nobody", "messages": [{"role": "user", "content": "hi"}]}
        {"model": "support", "messages": ["hi"]}
        {"model": "support", "messages": [{"content": "hi"}]}
        {"model": "support", "messages": [{"role": "robot", "content": "hi"}]}
        {"model": "support", "messages": [{"role": "user"}]}
        {"model": "support", "messages": [{"role": "user", "content": null}]}
        {"model": "support", "messages": [{"role": "user", "content": 7}]}
        {"model": "support", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}
        {"model": "support", "messages": [{"role": "user", "content": [{"type": "text"}]}]}
        {"model": "support", "messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}]}
        {"model": "support", "messages": [{"role": "assistant", "tool_calls": [{"type": "custom"}]}]}
        {"model": "support", "messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": "[1]"}}]}
        {…, "temperature": 2.5}
        {…, "temperature": "warm"}
        {…, "top_p": -1}
        {…, "n": 0}
        {…, "n": 1.5}
        {…, "n": 129}
        {…, "max_tokens": 0}
        {…, "max_tokens": 5, "max_completion_tokens": 6}
        {…, "seed": "one"}
        {…, "stop": ["a", "b", "c", "d", "e"]}
        {…, "stop": [""]}
        {…, "stop": 7}
        {…, "logprobs": 3}
        {…, "top_logprobs": 3}
        {…, "logprobs": true, "top_logprobs": 21}
        {…, "logit_bias": {"hello": 1}}
        {…, "logit_bias": {"5": 101}}
        {…, "stream_options": {"include_usage": true}}
        {…, "stream": "yes"}
        {…, "response_format": {}}
        {…, "response_format": {"type": "xml"}}
        {…, "response_format": {"type": "json_schema"}}
        {…, "response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}
        {…, "tools": {}}
        {…, "tools": [{"type": "custom"}]}
        {…, "tools": [{"type": "function", "function": {}}]}
        {…, "tools": [{"type": "function", "function": {"name": "f", "strict": true}}]}
        {…, "tool_choice": "required"}
        {…, "tool_choice": "sometimes"}
        {…, "tool_choice": {"type": "allowed_tools"}}
        {…, "functions": [{"name": "f"}]}
        {…, "modalities": ["audio"]}
        {…, "audio": {"voice": "a"}}
        {…, "web_search_options": {}}
        {…, "store": "yes"}
        {…, "metadata": {"a": 1}}
        """

    @Test func everyWrongBodyIsRefusedByTheNameOfItsField() async throws {
        let bodies = Self.bodies.replacing(
            "…", with: #""model": "support", "messages": [{"role": "user", "content": "hi"}]"#)
        let difference = try Golden("ControlAPITests/Golden").difference(
            "wrong-chats", input: Self.bodies,
            output: try await Ask(try OperationsScene()).refusals("/v1/chat/completions", bodies))
        #expect(difference == nil)
    }
}
