/// Porter's stemmer (Program 14, 1980) with the extensions of NLTK, which rouge-score uses.
package enum PorterStemmer {
    private static let irregular: [String: String] = [
        "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
        "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning",
        "canning": "canning", "howe": "howe", "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
    ]

    /// The stem of a lower-case ASCII word.
    package static func stem(_ word: String) -> String {
        if let known = irregular[word] { return known }
        guard word.utf8.count > 2 else { return word }
        var w = Array(word.utf8)
        w = plural(w)
        w = past(w)
        if w.last == y, w.count > 2, isConsonant(w, w.count - 2) { w[w.count - 1] = UInt8(ascii: "i") }
        w = doubleSuffix(w)
        w = apply(w, longSuffixes) { measure($0) > 0 }
        w = apply(w, finalSuffixes) { measure($0) > 1 }
        return String(decoding: tidy(w), as: UTF8.self)
    }

    private typealias Word = [UInt8]
    private typealias Rule = (suffix: Word, replacement: Word)
    private static let y = UInt8(ascii: "y")

    private static func rules(_ pairs: [(String, String)]) -> [Rule] { pairs.map { (Array($0.utf8), Array($1.utf8)) } }

    private static let middleSuffixes = rules([
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
        ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
        ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
        ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ])
    private static let longSuffixes = rules([
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
    ])
    private static let finalSuffixes = rules([
        ("al", ""), ("ance", ""), ("ence", ""), ("er", ""), ("ic", ""), ("able", ""), ("ible", ""), ("ant", ""),
        ("ement", ""), ("ment", ""), ("ent", ""), ("ion", ""), ("ou", ""), ("ism", ""), ("ate", ""), ("iti", ""),
        ("ous", ""), ("ive", ""), ("ize", ""),
    ])
    private static let ion = Array("ion".utf8)

    private static func isConsonant(_ w: Word, _ index: Int) -> Bool {
        switch w[index] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        // A y is a vowel exactly after a consonant.
        case y: index == 0 || !isConsonant(w, index - 1)
        default: true
        }
    }

    /// The number of vowel–consonant turns.
    private static func measure(_ w: Word) -> Int {
        var turns = 0
        var vowel = false
        for index in w.indices {
            let consonant = isConsonant(w, index)
            if consonant, vowel { turns += 1 }
            vowel = !consonant
        }
        return turns
    }

    private static func hasVowel(_ w: Word) -> Bool { w.indices.contains { !isConsonant(w, $0) } }

    private static func endsDouble(_ w: Word) -> Bool {
        w.count >= 2 && w[w.count - 1] == w[w.count - 2] && isConsonant(w, w.count - 1)
    }

    private static func endsShort(_ w: Word) -> Bool {
        let n = w.count
        if n == 2 { return !isConsonant(w, 0) && isConsonant(w, 1) }
        return n >= 3 && isConsonant(w, n - 3) && !isConsonant(w, n - 2) && isConsonant(w, n - 1)
            && ![UInt8(ascii: "w"), UInt8(ascii: "x"), y].contains(w[n - 1])
    }

    private static func ends(_ w: Word, _ suffix: String) -> Bool {
        w.count >= suffix.utf8.count && w.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The first rule whose suffix fits decides, whether or not its condition holds.
    private static func apply(_ w: Word, _ rules: [Rule], _ condition: (Word) -> Bool) -> Word {
        for rule in rules where w.count >= rule.suffix.count && w.suffix(rule.suffix.count) == rule.suffix[...] {
            let stem = Word(w.dropLast(rule.suffix.count))
            guard condition(stem) else { return w }
            if rule.suffix == ion, stem.last != UInt8(ascii: "s"), stem.last != UInt8(ascii: "t") { return w }
            return stem + rule.replacement
        }
        return w
    }

    private static func plural(_ w: Word) -> Word {
        if ends(w, "ies") { return Word(w.dropLast(w.count == 4 ? 1 : 2)) }
        if ends(w, "sses") { return Word(w.dropLast(2)) }
        if ends(w, "ss") { return w }
        return ends(w, "s") ? Word(w.dropLast(1)) : w
    }

    private static func past(_ w: Word) -> Word {
        if ends(w, "ied") { return Word(w.dropLast(w.count == 4 ? 1 : 2)) }
        if ends(w, "eed") { return measure(Word(w.dropLast(3))) > 0 ? Word(w.dropLast(1)) : w }
        var stem: Word?
        for suffix in ["ed", "ing"] where ends(w, suffix) {
            let candidate = Word(w.dropLast(suffix.utf8.count))
            if hasVowel(candidate) {
                stem = candidate
                break
            }
        }
        guard let stem, let last = stem.last else { return w }
        if ends(stem, "at") || ends(stem, "bl") || ends(stem, "iz") { return stem + [UInt8(ascii: "e")] }
        if endsDouble(stem) {
            return "lsz".utf8.contains(last) ? stem : Word(stem.dropLast(1))
        }
        return measure(stem) == 1 && endsShort(stem) ? stem + [UInt8(ascii: "e")] : stem
    }

    private static func doubleSuffix(_ w: Word) -> Word {
        if ends(w, "alli"), measure(Word(w.dropLast(4))) > 0 { return doubleSuffix(Word(w.dropLast(2))) }
        let done = apply(w, middleSuffixes) { measure($0) > 0 }
        if done != w { return done }
        return ends(w, "logi") && measure(Word(w.dropLast(3))) > 0 ? Word(w.dropLast(1)) : w
    }

    private static func tidy(_ w: Word) -> Word {
        var word = w
        if word.last == UInt8(ascii: "e") {
            let stem = Word(word.dropLast(1))
            if measure(stem) > 1 || (measure(stem) == 1 && !endsShort(stem)) { word = stem }
        }
        if ends(word, "ll"), measure(Word(word.dropLast(1))) > 1 { word.removeLast() }
        return word
    }
}
