import JSON
import Testing

@Suite struct `JSON values` {
  @Test(arguments: [
    #"{"a":[1,-2,3.5,true,false,null],"b":{"c":"d"}}"#,
    #"[]"#, #"{}"#, #""""#, #"-9223372036854775808"#, #"[[[[]]]]"#,
    #""a\"\\\n\r\t\u0000\u001f""#,
  ])
  func `canonical text survives a round trip`(text: String) throws {
    #expect(try JSONValue(parsing: text).canonicalText == text)
  }

  @Test(arguments: [
    ("Said {\"a\":1} and {\"b\":\"}{\\\"\"}.", [#"{"a":1}"#, #"{"b":"}{\""}"#]),
    ("{\"whole\":{\"inner\":2}}", [#"{"whole":{"inner":2}}"#]),
    ("{ not this, {\"but\":\"that\"} }", [#"{"but":"that"}"#]), ("{\"cut\":", []), ("none", []),
  ])
  func `objects are found among sentences`(text: String, found: [String]) {
    #expect(JSONValue.objects(in: text).map(\.canonicalText) == found)
  }

  @Test func `of very many objects the last are found`() {
    let text = (1...1000).map { "{\"number\":\($0)} " }.joined()
    let found = JSONValue.objects(in: text)
    #expect(found.count == 400)
    #expect(found.last?["number"] == 1000)
  }

  @Test func `members are sorted by bytes, whatever the order they came in`() throws {
    let one = try JSONValue(parsing: #"{"b":1,"a":2,"é":3,"Z":4}"#)
    let other = try JSONValue(parsing: #" { "é" : 3, "Z" : 4, "a" : 2, "b" : 1 } "#)
    #expect(one.canonicalText == #"{"Z":4,"a":2,"b":1,"é":3}"#)
    #expect(one.canonicalBytes == other.canonicalBytes)
  }

  @Test func `escapes and surrogate pairs are read`() throws {
    #expect(try JSONValue(parsing: #""\u00e9\uD83D\uDE00\/\b""#).string == "é😀/\u{8}")
  }

  @Test func `half a surrogate pair becomes the replacement character`() throws {
    #expect(try JSONValue(parsing: #""x\uD83Dy""#).string == "x\u{FFFD}y")
    #expect(try JSONValue(parsing: #""\uD83D\u0041""#).string == "\u{FFFD}A")
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "{\"a\":}", "tru", "01", "1.", "1e", "\"a", "\"\n\"", "nul", "1 2",
    "{a:1}", "\"\\x\"", "\"\\u12g4\"", "-", "[1 2]", "1e999",
  ])
  func `broken documents are refused with their place`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func `the deepest allowed nesting is read and one more is refused`() throws {
    let deepest = JSONValue.maximumDepth
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONValue(parsing: nested(deepest))
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(deepest + 1)) }
  }

  @Test func `whole numbers stay exact and large ones become decimal`() throws {
    #expect(try JSONValue(parsing: "9007199254740993") == .int(9_007_199_254_740_993))
    #expect(try JSONValue(parsing: "92233720368547758080").double == 92_233_720_368_547_758_080)
    #expect(JSONValue.double(.infinity).canonicalText == "null")
    #expect(JSONValue.double(2).canonicalText == "2")
  }

  @Test func `bytes that are not UTF-8 become the replacement character`() throws {
    let bytes: [UInt8] = [0x22, 0x61, 0xFF, 0x22]
    #expect(try JSONValue(parsing: bytes).string == "a\u{FFFD}")
  }

  @Test func `indented text is for people`() {
    let value: JSONValue = ["a": [1, 2], "b": [:]]
    #expect(value.indentedText == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
  }

  @Test func `random values survive a round trip`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let value = randomValue(depth: 0, using: &random)
      #expect(try JSONValue(parsing: value.canonicalText) == value)
      #expect(try JSONValue(parsing: value.indentedText) == value)
    }
  }

  private func randomValue(
    depth: Int, using random: inout some RandomNumberGenerator
  ) -> JSONValue {
    switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .int(.random(in: .min ... .max, using: &random))
    case 3: return .double(Double.random(in: -1e9...1e9, using: &random) + 0.123)
    case 4:
      let scalars = (0..<8).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0..<0x11000, using: &random))
      }
      return .string(String(String.UnicodeScalarView(scalars)))
    case 5:
      return .array((0..<3).map { _ in randomValue(depth: depth + 1, using: &random) })
    default:
      return .object(["k": randomValue(depth: depth + 1, using: &random), "z": 1])
    }
  }
}
