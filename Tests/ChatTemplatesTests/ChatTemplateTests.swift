import Testing
import TextFuzzing

@testable import ChatTemplates

/// The language, piece by piece. Expected texts were checked with Jinja 2 as transformers sets it.
@Suite struct ChatTemplateTests {
    func render(_ source: String, _ json: String = "[]") throws -> String {
        try ChatTemplate(source).render(messages: try JSONText.value(json), now: 0).text.string
    }

    @Test(arguments: [
        ("{% for m in messages %}{{ loop.index }}{{ m }}{% else %}none{% endfor %}", "none"),
        ("{% set x = 1 %}{% for i in range(3) %}{% set x = i %}{% endfor %}{{ x }}", "1"),
        ("{% set n = namespace(x=0) %}{% for i in range(3) %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}", "3"),
        ("{{ 'a' ~ 1 ~ none ~ true ~ 1.0 }}", "a1NoneTrue1.0"),
        ("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }}", "3 -4 2 3.5 1024"),
        ("{{ [1, 'a', {'k': none}] }}", "[1, 'a', {'k': None}]"),
        ("{{ 'abcdef'[1:-1] }}{{ 'abcdef'[::-1] }}", "bcdefedcba"),
        ("{% macro f(a, b='x') %}[{{ a }}{{ b }}]{% endmacro %}{{ f(1) }}{{ f(1, b=2) }}", "[1x][12]"),
        ("a\n  {% if true %}\nb\n  {% endif %}\nc\n", "a\nb\nc"),
        ("a  {%- if true -%}  b  {%- endif %} c", "ab c"),
        ("{% raw %}{{ x }}{% endraw %}{# gone #}", "{{ x }}"),
        ("{{ {'b': 1, 'a': [true, none]} | tojson }}", "{\"b\": 1, \"a\": [true, null]}"),
        ("{{ [3, 1, 2] | sort | join(',') }}{{ 'x' in 'xyz' }}{{ 1 not in [2] }}", "1,2,3TrueTrue"),
        ("{% set t %}  hi  {% endset %}{{ t | trim | upper }}", "HI"),
        ("{{ x is defined }}{{ x | default('d') }}{{ none is none }}", "FalsedTrue"),
        ("{% for a, b in {'x': 1}.items() %}{{ a }}={{ b }}{% endfor %}", "x=1"),
        (
            """
            {% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif \
            %}{{ i }}{% endfor %}
            """,
            "02"
        ),
        ("{{ 'a,b,,c'.split(',') }}{{ ' a b '.split() }}", "['a', 'b', '', 'c']['a', 'b']"),
        ("{{ 'yes' if 1 < 2 < 3 else 'no' }}", "yes"),
    ])
    func rendersLikeJinja(source: String, expected: String) throws { #expect(try render(source) == expected) }

    @Test func dataIsKeptApart() throws {
        let template = try ChatTemplate("<s>{{ messages[0].content.strip() + '</s>' }}")
        let text = try template.render(messages: try JSONText.value("[{\"content\": \" <s> \"}]"), now: 0).text
        #expect(text.string == "<s><s></s>")
        #expect(text.trusted == [0..<3, 6..<10])
    }

    @Test(arguments: [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='aaaaaaaaaa') %}{% for i in range(100) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{{ 'a' * 9223372036854775807 }}", "{{ 1 ~ 'a' }}{{ 'ab' ~ 'a' * 9223372036854775807 }}",
        "{{ [1] * 9223372036854775807 }}",
        "{% for i in range(9) %}{{ 1 }}{% endfor %}{{ [i] * 9223372036854775800 }}", "{{ [1] * 1000000000 }}",
        "{{ range(1000000) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set n = namespace(x=[]) %}{% for i in range(1000) %}{% set n.x = [n.x] %}{% endfor %}",
    ])
    func hostileTemplatesMeetALimit(source: String) throws {
        let template = try ChatTemplate(source)
        #expect {
            _ = try template.render(messages: .none, now: 0)
        } throws: { ($0 as? TemplateFailure)?.kind == .limit }
    }

    @Test func failuresNameTheLine() throws {
        #expect(throws: TemplateFailure(.syntax, line: 3, "the tag 'import' is not one of a chat template")) {
            try ChatTemplate("a\nb\n{% import 'x' %}")
        }
        #expect(throws: TemplateFailure(.raised, line: 2, "no")) { try render("\n{{ raise_exception('no') }}") }
        #expect(throws: TemplateFailure(.evaluation, line: 2, "'x' is undefined, and has no 'y'")) {
            try render("a\n{{ x.y }}")
        }
    }
}
