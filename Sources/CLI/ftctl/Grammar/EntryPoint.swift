/// Where the program begins: short forms become the noun-verb commands that they stand for.
@main
enum EntryPoint {
    static func main() async {
        await Ftctl.main(ShortForms.long(Array(CommandLine.arguments.dropFirst())))
    }
}
