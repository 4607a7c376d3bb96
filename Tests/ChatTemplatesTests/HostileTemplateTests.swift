import Foundation
import Testing
import TextFuzzing

@testable import ChatTemplates

/// Templates made to break their reader.
@Suite struct HostileTemplateTests {
    /// As small as a worker's thread may have it; what is compiled for a sanitizer takes several times as much.
    static let stackSize = dlsym(nil, "__asan_init") == nil && dlsym(nil, "__tsan_init") == nil ? 1 << 20 : 16 << 20

    /// Runs `body` on a thread with little stack.
    static func onSmallStack(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let thread = Thread {
                body()
                done.resume()
            }
            thread.stackSize = stackSize
            thread.start()
        }
    }

    @Test(arguments: [
        "{% macro f(x) %}{{ f([x]) ~ f(x) }}{% endmacro %}{{ f(1) }}",
        """
        {% macro f(x) %}{% for a in [1] %}{% if true %}{{ (((((f(x) | string) ~ 1) | upper) ~ 2) | trim) }}{% \
        endif %}{% endfor %}{% endmacro %}{{ f(1) }}
        """,
        "{% for m in [[[[1]]]] recursive %}{{ loop([[1]]) }}{% endfor %}",
        """
        {% macro f() %}{% call(x) g() %}{{ f() }}{% endcall %}{% endmacro %}{% macro g() %}{{ caller(1) }}{% \
        endmacro %}{{ f() }}
        """,
        "{{ [messages, messages, 1] | map('map', 'map', 'map', 'upper') | list }}",
        "{{ " + String(repeating: "(", count: 5000), "{{ " + String(repeating: "not ", count: 5000) + "1 }}",
        "{{ " + String(repeating: "[", count: 59) + String(repeating: "]", count: 59) + " }}",
        String(repeating: "{% if true %}", count: 59) + "x" + String(repeating: "{% endif %}", count: 59),
        "{{ x" + String(repeating: ".x", count: 5000) + " }}",
        "{{ 1" + String(repeating: " + 1", count: 50_000) + " }}",
        "{{ " + String(repeating: "-", count: 5000) + "1 }}", "{% set (((((a))))) = 1 %}",
    ])
    func depthIsBounded(source: String) async {
        await Self.onSmallStack {
            guard let template = try? ChatTemplate(source) else { return }
            _ = try? template.render(messages: .none, now: 0)
        }
    }

    @Test func jsonNestedDeepIsRefused() {
        #expect(throws: TemplateFailure.self) { try JSONText.value(String(repeating: "[", count: 100_000)) }
    }

    @Test func changedTemplatesNeverTrap() throws {
        let corpus = try RealTemplateTests.names.map {
            Array(try Data(contentsOf: RealTemplateTests.folder.appending(path: "\($0).jinja")))
        }
        let count = ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap(Int.init) ?? 4000
        #expect(TextFuzzer.run(.template, count: count, seed: 11, corpus: corpus) > count / 10)
    }
}
