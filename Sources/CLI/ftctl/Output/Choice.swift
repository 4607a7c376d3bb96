import Foundation

/// A question with a few answers, asked on a terminal.
enum Choice {
    /// The answer, by its number or its text; nil where there is nobody to ask, or nothing was typed.
    static func ask(_ question: String, _ answers: [String]) -> String? {
        guard Terminal.isInteractive, isatty(0) == 1, answers.count > 1 else { return nil }
        Terminal.line(question)
        for (index, answer) in answers.enumerated() { Terminal.line("  \(index + 1)  \(answer)") }
        while true {
            Terminal.write(Data("1 to \(answers.count), or Enter for \(answers[0]): ".utf8))
            guard let line = readLine()?.trimmingCharacters(in: .whitespaces), !line.isEmpty else { return nil }
            if let number = Int(line), answers.indices.contains(number - 1) { return answers[number - 1] }
            if answers.contains(line) { return line }
        }
    }

    /// The same among the values of a type.
    static func ask<T: CaseIterable & RawRepresentable<String>>(_ question: String) -> T? {
        ask(question, T.allCases.map(\.rawValue)).flatMap(T.init)
    }
}
