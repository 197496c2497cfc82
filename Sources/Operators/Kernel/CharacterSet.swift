/// A set of Unicode characters, as a class of a regular expression names it.
struct CharacterSet: Sendable {
    enum Item: Sendable {
        case range(ClosedRange<UInt32>)
        /// Characters of general categories, or all others.
        case categories(Set<Unicode.GeneralCategory>, isNegated: Bool)
        /// All characters outside of some ranges.
        case outside([ClosedRange<UInt32>])

        fileprivate func contains(_ character: UInt32) -> Bool {
            switch self {
            case .range(let range): range.contains(character)
            case .outside(let ranges): !ranges.contains { $0.contains(character) }
            case .categories(let categories, let isNegated):
                Unicode.Scalar(character).map { categories.contains($0.properties.generalCategory) != isNegated }
                    ?? isNegated
            }
        }

        fileprivate var isNegated: Bool {
            switch self {
            case .range: false
            case .outside: true
            case .categories(_, let isNegated): isNegated
            }
        }
    }

    /// What stands for a byte that is no part of a character; in no set.
    static let invalid: UInt32 = .max

    var items: [Item] = []
    var isNegated = false
    /// Whether upper and lower case are the same.
    var foldsCase = false

    func contains(_ character: UInt32) -> Bool {
        if character == CharacterSet.invalid { return false }
        let isIn = items.contains { $0.contains(character) }
        if !foldsCase { return isIn != isNegated }
        let others = variants(of: character)
        // A class that says what it leaves out leaves out the other cases too.
        return items.contains { item in
            let isLeftOut = item.isNegated
            return ([character] + others).contains { item.contains($0) == !isLeftOut } != isLeftOut
        } != isNegated
    }

    /// The same letter in other cases.
    private func variants(of character: UInt32) -> [UInt32] {
        guard let properties = Unicode.Scalar(character)?.properties else { return [] }
        let upper = single(properties.uppercaseMapping) ?? character
        let lower = single(properties.lowercaseMapping) ?? character
        // Letters such as the long s share an upper case whose lower case is another one.
        let common = Unicode.Scalar(upper).flatMap { single($0.properties.lowercaseMapping) } ?? lower
        let title = single(properties.titlecaseMapping) ?? character
        var extra: [UInt32] = []
        if common == 0x6B { extra = [0x212A] }
        if common == 0x73 { extra = [0x17F] }
        if common == 0xE5 { extra = [0x212B] }
        return [upper, lower, common, title] + extra
    }

    private func single(_ text: String) -> UInt32? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first?.value : nil
    }

    static let digit = CharacterSet("09")
    static let word = CharacterSet("09AZ__az")
    static let space = CharacterSet("\t\n\u{C}\r  ")

    /// Pairs of the first and the last character of ranges.
    init(_ pairs: String) {
        let scalars = pairs.unicodeScalars.map(\.value)
        for start in stride(from: 0, to: scalars.count - 1, by: 2) {
            items.append(.range(scalars[start]...scalars[start + 1]))
        }
    }

    init(_ items: [Item] = [], isNegated: Bool = false, foldsCase: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        self.foldsCase = foldsCase
    }

    /// The ranges of a set that has no other items.
    var ranges: [ClosedRange<UInt32>] {
        items.compactMap { if case .range(let range) = $0 { range } else { nil } }
    }

    /// The classes of POSIX, ASCII only.
    static func posix(_ name: String) -> CharacterSet? {
        switch name {
        case "alnum": CharacterSet("09AZaz")
        case "alpha": CharacterSet("AZaz")
        case "ascii": CharacterSet("\0\u{7F}")
        case "blank": CharacterSet("\t\t  ")
        case "cntrl": CharacterSet("\0\u{1F}\u{7F}\u{7F}")
        case "digit": digit
        case "graph": CharacterSet("!~")
        case "lower": CharacterSet("az")
        case "print": CharacterSet(" ~")
        case "punct": CharacterSet("!/:@[`{~")
        case "space": CharacterSet("\t\r  ")
        case "upper": CharacterSet("AZ")
        case "word": word
        case "xdigit": CharacterSet("09AFaf")
        default: nil
        }
    }

    /// The general categories of a name such as `L` or `Lu`; RE2 has no unassigned characters in `C`.
    static func categories(_ name: String) -> Set<Unicode.GeneralCategory>? {
        let found = table.filter { $0.0 == name || $0.0.first.map { String($0) } == name }.map(\.1)
        return found.isEmpty ? nil : Set(found)
    }

    private static let table: [(String, Unicode.GeneralCategory)] = [
        ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
        ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
        ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
        ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
        ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
        ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
        ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate), ("Co", .privateUse),
    ]
}
