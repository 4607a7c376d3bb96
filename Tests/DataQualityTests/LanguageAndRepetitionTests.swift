import DataQuality
import Testing

struct LanguageAndRepetitionTests {
    func guess(_ text: String) -> String {
        let result = LanguageGuess.guess(text, NormalisedText(text))
        return "\(result.script.rawValue) \(result.language)"
    }

    /// First sentences of the Universal Declaration of Human Rights, article 1.
    @Test(arguments: [
        (
            """
            All human beings are born free and equal in dignity and rights. They are endowed with reason and \
            conscience.
            """,
            "latin en"
        ),
        (
            """
            Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen \
            begabt.
            """,
            "latin de"
        ),
        (
            """
            Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et \
            de conscience.
            """,
            "latin fr"
        ),
        (
            """
            Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón \
            y conciencia.
            """,
            "latin es"
        ),
        (
            """
            Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de \
            consciência, devem agir uns para com os outros.
            """,
            "latin pt"
        ),
        (
            """
            Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e \
            di coscienza.
            """,
            "latin it"
        ),
        (
            """
            Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand \
            en geweten.
            """,
            "latin nl"
        ),
        (
            """
            Alla människor är födda fria och lika i värde och rättigheter. De har utrustats med förnuft och \
            samvete och bör handla mot varandra.
            """,
            "latin sv"
        ),
        (
            """
            Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni \
            rozumem i sumieniem.
            """,
            "latin pl"
        ),
        (
            "Bütün insanlar için bu haklar çok önemli, ama her insan kendi vicdanı kadar özgür ve eşit değil mi?",
            "latin tr"
        ),
        ("Все люди рождаются свободными и равными в своем достоинстве и правах.", "cyrillic ru"),
        ("Всі люди народжуються вільними і рівними у своїй гідності та правах.", "cyrillic uk"),
        ("すべての人間は、生まれながらにして自由であり、", "kana ja"), ("人人生而自由，在尊严和权利上一律平等。", "han zh"),
        ("모든 인간은 태어날 때부터 자유로우며", "hangul ko"), ("يولد جميع الناس أحرارا متساوين", "arabic ar"),
        ("Όλοι οι άνθρωποι γεννιούνται ελεύθεροι", "greek el"),
        ("4711 + 12 = ?", "none und"), ("ERR_CONN_RESET kernel panic", "latin und"),
    ])
    func languagesAreTold(text: String, expected: String) { #expect(guess(text) == expected) }

    func broken(_ text: String) -> [String] { RepetitionRules.broken(text, NormalisedText(text)) }

    @Test func repetitionIsFound() {
        let phrase = String(repeating: "buy now and save money today ", count: 20)
        #expect(Set(broken(phrase)).isSuperset(of: ["top_3_gram", "duplicate_5_grams", "duplicate_10_grams"]))
        #expect(broken(String(repeating: "the same line of text once more\n", count: 12)).contains("duplicate_lines"))
        #expect(broken(String(repeating: "ha ha ", count: 40)).contains("top_2_gram"))
    }

    @Test func ordinaryProseIsLeftAlone() {
        let prose = """
            It was a bright cold day in spring, and the clocks of the town were striking one after another. A woman \
            with a basket of early
            apples crossed the square, nodded to the baker, and went down the narrow street which leads to the river. \
            Nobody had told her that
            the bridge was closed; the sign had fallen over in the night, and the men who should have put it up again \
            were still at breakfast.
            """
        #expect(broken(prose).isEmpty)
        #expect(broken(String(repeating: "no ", count: 40)).isEmpty, "short texts are not judged")
    }
}
