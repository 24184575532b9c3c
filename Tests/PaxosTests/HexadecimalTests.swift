import Testing

@testable import Paxos

@Suite struct HexadecimalTests {
    @Test func numbersHaveAllTheirDigits() {
        #expect(UInt8(7).hexadecimal == "07" && UInt8.max.hexadecimal == "ff")
        #expect(UInt64(0xAB).hexadecimal == "00000000000000ab")
        #expect(UInt128(1).hexadecimal == String(repeating: "0", count: 31) + "1")
        #expect([0, 16, 255].hexadecimal == "0010ff" && [].hexadecimal.isEmpty)
    }

    @Test(arguments: [0, 1, 0xFEDC_BA98_7654_3210, .max] as [UInt64]) func numbersComeBack(_ number: UInt64) {
        #expect(UInt64(hexadecimal: number.hexadecimal) == number)
        #expect(UInt64(hexadecimal: number.hexadecimal.uppercased()) == number)
    }

    @Test(arguments: [
        "", "0", "00000000000000a", "00000000000000abc", "+0000000000000ab", "-0000000000000ab", "-000000000000000",
        "00000000000000 b",
        "0x000000000000ab", "００００００００００００００００",
    ])
    func otherTextIsNoNumber(_ text: String) { #expect(UInt64(hexadecimal: text) == nil) }

    @Test func bytesComeBack() {
        let bytes = Array(UInt8.min ... .max)
        #expect([UInt8](hexadecimal: bytes.hexadecimal) == bytes)
        #expect([UInt8](hexadecimal: bytes.hexadecimal.uppercased()) == bytes)
        #expect([UInt8](hexadecimal: "") == [])
        for text in ["a", "abc", "0g", " 00", "+1", "é0"] { #expect([UInt8](hexadecimal: text) == nil, "\(text)") }
    }
}
