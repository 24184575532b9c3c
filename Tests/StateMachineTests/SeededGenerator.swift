// SplitMix64: random numbers that a seed gives again.

struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func happens(one times: Int) -> Bool { below(times) == 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}

/// Keys that break what treats them as text, or as separated by something.
let awkwardKeys: [[UInt8]] = [
    [0], [0, 0], [0xFF], [0xFF, 0], [0xFF, 0xFF], Array(" ".utf8), Array("  ".utf8), Array("a b".utf8),
    Array("a;b".utf8),
    Array("a:b".utf8), Array("a/b".utf8), Array("a\\b".utf8), Array("\"".utf8), Array("'".utf8), Array("\"\"".utf8),
    Array("\n".utf8), Array("\r\n".utf8), Array("\t".utf8), Array("%00".utf8), Array("é".utf8), Array("日本語".utf8),
    Array("👩‍🚀".utf8), Array("\u{301}".utf8), Array("e\u{301}".utf8), Array("\u{A0}".utf8), Array("\u{2028}".utf8),
    Array("\u{FEFF}".utf8), [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0x80, 0x62],
    Array("12345678".utf8), Array("12345678\0".utf8), Array("1234567".utf8), Array("set".utf8),
    [UInt8](repeating: 0x61, count: 4096), [UInt8](repeating: 0xFF, count: 4096), [UInt8](repeating: 0, count: 4096),
]
