import Paxos
import StateMachine
import Testing

@Suite struct CommandTextTests {
    static let words: [([UInt8], String)] = [
        (Array("plain-key_1.2/3;4:5=6%".utf8), "plain-key_1.2/3;4:5=6%"),
        ([], "\"\""),
        (Array("\"\"".utf8), "\\x22\\x22"),
        (Array("a b".utf8), "a\\x20b"),
        (Array("it's".utf8), "it\\x27s"),
        (Array("\\x20".utf8), "\\x5cx20"),
        ([0, 0x1F, 0x7F], "\\x00\\x1f\\x7f"),
        (Array("a\r\n\tb".utf8), "a\\x0d\\x0a\\x09b"),
        (Array("Grüße".utf8), "Grüße"),
        (Array("日本語".utf8), "日本語"),
        (Array("हिन्दी".utf8), "हिन्दी"),
        (Array("\u{301}a\u{301}".utf8), "\\xcc\\x81a\u{301}"),
        (
            Array("a\u{A0}b\u{3000}\u{2028}\u{200B}\u{E000}".utf8),
            "a\\xc2\\xa0b\\xe3\\x80\\x80\\xe2\\x80\\xa8\\xe2\\x80\\x8b\\xee\\x80\\x80"
        ),
        ([0xFF, 0x61, 0xC3], "\\xffa\\xc3"),
        ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
        ([0x62, 0xF0, 0x9F, 0x9A, 0x63], "b\\xf0\\x9f\\x9ac"),
    ]

    @Test(arguments: words) func wordIsWrittenAsDocumented(_ bytes: [UInt8], _ word: String) {
        #expect(CommandText.word(bytes) == word)
        #expect(CommandText.bytes(of: word) == bytes)
    }

    @Test(arguments: awkwardKeys) func awkwardBytesComeBack(_ bytes: [UInt8]) {
        #expect(CommandText.bytes(of: CommandText.word(bytes)) == bytes)
    }

    @Test func randomBytesComeBackFromALineCutAtItsSpaces() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            let key = Self.bytes(&random, atLeast: 1)
            let value = Self.bytes(&random, atLeast: 0)
            let line = Command.set(key: key, value: value).text
            let words = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(words.count == 3 && words[0] == "set")
            #expect(CommandText.bytes(of: words[1]) == key)
            #expect(CommandText.bytes(of: words[2]) == value)
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        }
    }

    @Test(arguments: ["", "a b", "\\", "\\x", "\\x4", "\\xg0", "\\y00", "a\"", "\u{1}", "\\x-1"])
    func whatIsNoWordIsRefused(_ text: String) {
        #expect(CommandText.bytes(of: text) == nil)
    }

    @Test func eachFormHasItsWords() {
        #expect(Command.set(key: [0x6B], value: []).text == "set k \"\"")
        #expect(Command.delete(key: [0x20]).text == "delete \\x20")
        let command = Command(
            conditions: [
                .keyIsAbsent(key: [0x61]), .valueEquals(key: [0x62], value: [0x63]),
                .modifiedSlotEquals(key: [0x64], slot: Slot(9)),
            ], operations: [.set(key: [0x65], value: [0x66]), .delete(key: [0x67])])
        #expect("\(command)" == "when-absent a when-value b c when-modified d 9 set e f delete g")
    }

    private static func bytes(_ random: inout SeededGenerator, atLeast least: Int) -> [UInt8] {
        if random.happens(one: 2) { return random.bytes(least + random.below(12)) }
        let scalars = (0..<(least + random.below(6))).map { _ in
            Unicode.Scalar(UInt32(random.below(0x11000))) ?? "x"
        }
        return scalars.flatMap { Array(String($0).utf8) }
    }
}
