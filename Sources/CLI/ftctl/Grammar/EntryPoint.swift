import Foundation

/// Where the program begins: short forms become the noun-verb commands that they stand for.
@main
enum EntryPoint {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let mistake = Misspelling(arguments) {
            Terminal.complain(mistake.text)
            exit(64)
        }
        await Ftctl.main(ShortForms.long(arguments))
    }
}
