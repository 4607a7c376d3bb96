/// Guesses the script and the language of a text.
///
/// The script is that of most letters. Languages of a script of their own follow from it; among those of the Latin
/// script the one whose stop-words are most of the words decides, among those of the Cyrillic and Arabic scripts their
/// own letters. Texts of few words often give
/// `und` (ISO 639-2: undetermined), which is said rather than guessed.
package enum LanguageGuess {
    package enum Script: String, Codable, Hashable, Sendable, CaseIterable {
        case latin, cyrillic, greek, arabic, hebrew, devanagari, bengali, tamil, thai, hangul, kana, han, other, none
    }

    /// The script of most letters, and the language by its ISO 639-1 code, `und` where it cannot be told.
    package static func guess(_ text: String, _ normalised: NormalisedText) -> (script: Script, language: String) {
        if normalised.bytes.allSatisfy({ $0 < 0x80 }) {
            return normalised.bytes.contains { 0x61...0x7A ~= $0 } ? (.latin, latin(normalised)) : (.none, "und")
        }
        var counts: [Script: Int] = [:]
        for scalar in text.unicodeScalars { if let script = script(scalar) { counts[script, default: 0] += 1 } }
        // Japanese is written in both: any share of kana tells it from Chinese.
        if let kana = counts[.kana], let han = counts[.han], kana * 20 > han {
            counts[.kana] = kana + han
            counts[.han] = nil
        }
        guard let script = counts.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) })?.key else {
            return (.none, "und")
        }
        return (script, language(script, text, normalised))
    }

    private static func language(_ script: Script, _ text: String, _ normalised: NormalisedText) -> String {
        switch script {
        case .latin: latin(normalised)
        case .cyrillic: text.unicodeScalars.contains { "іїєґІЇЄҐ".unicodeScalars.contains($0) } ? "uk" : "ru"
        case .arabic: text.unicodeScalars.contains { "پچژگ".unicodeScalars.contains($0) } ? "fa" : "ar"
        case .greek: "el"
        case .hebrew: "he"
        case .devanagari: "hi"
        case .bengali: "bn"
        case .tamil: "ta"
        case .thai: "th"
        case .hangul: "ko"
        case .kana: "ja"
        case .han: "zh"
        case .other, .none: "und"
        }
    }

    private static func latin(_ text: NormalisedText) -> String {
        var scores = [Int](repeating: 0, count: names.count)
        for word in text.words.prefix(400) {
            var languages = stopWords.languages(word)
            while languages != 0 {
                scores[languages.trailingZeroBitCount] += 1
                languages &= languages - 1
            }
        }
        var (first, best, second) = (0, -1, -1)
        for (language, score) in scores.enumerated() {
            if score > best { (first, best, second) = (language, score, best) } else { second = max(second, score) }
        }
        // One word in twelve is a stop-word in every one of these languages; a single hit tells only in a very short
        // text.
        guard best > second, best >= 2 || text.words.count <= 4, best * 12 >= min(400, text.words.count) else {
            return "und"
        }
        return names[first]
    }

    private static func script(_ scalar: Unicode.Scalar) -> Script? {
        switch scalar.value {
        case 0xD7, 0xF7: nil
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x1E00...0x1EFF: .latin
        case 0x370...0x3FF, 0x1F00...0x1FFF: .greek
        case 0x400...0x52F: .cyrillic
        case 0x590...0x5FF: .hebrew
        case 0x600...0x6FF, 0x750...0x77F, 0x8A0...0x8FF, 0xFB50...0xFDFF, 0xFE70...0xFEFC: .arabic
        case 0x900...0x97F: .devanagari
        case 0x980...0x9FF: .bengali
        case 0xB80...0xBFF: .tamil
        case 0xE00...0xE7F: .thai
        case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: .hangul
        case 0x3040...0x30FF: .kana
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x2FA1F: .han
        default: scalar.properties.isAlphabetic ? .other : nil
        }
    }

    private static let lists: [(String, String)] = [
        (
            "en",
            """
            the of and to in is that it for was on are as with his they at be this from have or by but not what \
            all were when we there can an your which their said if do will each about how up out them then she \
            many some so these would other into has more two like him see could no make than been its who now did \
            my
            """
        ),
        (
            "de",
            """
            der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden \
            aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur \
            oder aber vor zur bis mehr durch man sein wurde wenn ich kann mir wir ihre
            """
        ),
        (
            "fr",
            """
            de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec \
            son aux elle mais ou nous comme ont leur vous je cette deux être fait même tout sans ses était peut \
            mon ma ces ai
            """
        ),
        (
            "es",
            """
            de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si \
            sin sobre este ya entre cuando todo esta ser son dos también fue había era muy hasta desde está mi \
            porque qué sólo han yo hay vez
            """
        ),
        (
            "pt",
            """
            de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à \
            seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem \
            mesmo aos ter seus
            """
        ),
        (
            "it",
            """
            di e il la che in a per un è non una sono si da con i le del come anche lo della più nel al ma gli o \
            alla se dei ha ci delle mi questo questa suo dal nella io essere sua molto quando ho cosa perché tutti
            """
        ),
        (
            "nl",
            """
            de het een van en in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit door over \
            ze hij naar heeft hebben deze wordt kan worden tot wat wel je geen ik meer dit had of zou zo was al \
            mijn
            """
        ),
        (
            "sv",
            """
            och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan \
            när man eller nu hade under där efter upp vid hur bara ut också mycket här vara
            """
        ),
        (
            "da",
            """
            og i at det er en til af på for de med den der ikke som et har fra han men var jeg om sig vi så kan \
            når man eller nu havde efter op ved hvor kun ud også meget her være blev vil skal
            """
        ),
        (
            "no",
            """
            og i det er på en til som av for at med de den ikke har fra et om han men var jeg seg vi så kan når \
            man eller nå hadde etter opp ved hvor bare ut også mye her være ble vil skal dere
            """
        ),
        (
            "fi",
            """
            ja on ei se että oli en hän mutta ovat kun niin myös joka tai sen kuin jos ole mukaan ollut mitä nyt \
            vain olla sitten minun ne tämä hänen voi sekä kanssa mikä minä
            """
        ),
        (
            "pl",
            """
            i w na z do się nie że to jest o jak po od za ale dla czy przez co tak był ma są tylko tego przed \
            jego już może być ich być które który oraz jej
            """
        ),
        (
            "cs",
            """
            a se v na je že o s z do i to jako za k by pro ale po tak jsem si ve podle od jeho který už které byl \
            jsou nebo jen při není bude mezi také aby
            """
        ),
        (
            "ro",
            """
            de și în a la cu că nu o un pe din este care să se pentru mai ce au sunt fi dar ca am lui sau prin \
            fost după când fără între foarte
            """
        ),
        (
            "hu",
            """
            a az és hogy nem is egy ez van meg csak de már volt el még ha vagy mint azt minden ki be lehet én fel \
            kell így mert aki ezt
            """
        ),
        (
            "tr",
            """
            ve bir bu da de için ile çok ne daha gibi olarak en o kadar ama var mi değil sonra ben olan her ya ki \
            şey bana biz nasıl
            """
        ),
        (
            "id",
            """
            yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada \
            mereka lebih kata tahun sudah atau saat oleh menjadi orang ia telah adalah seperti
            """
        ),
        (
            "vi",
            """
            và của là có trong không được cho các một người những này với đã khi để từ đến về ra như cũng tôi làm \
            nhiều hơn
            """
        ),
    ]
    private static let names = lists.map(\.0)
    private static let stopWords = StopWords(lists.map { Set(NormalisedText($0.1).words) })

    /// The languages of each stop-word, as bits, by the word's hash; asked for every word, so it is a plain table.
    private struct StopWords: Sendable {
        private static let size = 1 << 13
        private var words = [UInt64](repeating: 0, count: size)
        private var bits = [UInt32](repeating: 0, count: size)

        init(_ lists: [Set<UInt64>]) {
            for (language, list) in lists.enumerated() {
                for word in list {
                    let place = place(word)
                    words[place] = word
                    bits[place] |= 1 << UInt32(language)
                }
            }
        }

        func languages(_ word: UInt64) -> UInt32 { bits[place(word)] }

        /// Where the word is, or would be.
        private func place(_ word: UInt64) -> Int {
            var place = Int(word & UInt64(Self.size - 1))
            while bits[place] != 0, words[place] != word { place = (place + 1) & (Self.size - 1) }
            return place
        }
    }
}
