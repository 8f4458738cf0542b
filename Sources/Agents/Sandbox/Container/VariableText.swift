/// Texts with variables as `devcontainer.json` has them: `${kind}`, `${kind:name}`, `${kind:name:else}`.
enum VariableText {
  /// A text with each variable replaced by what `value` says; one for which it says nil stays as it is.
  static func filled(
    _ text: String, _ value: (_ kind: String, _ name: String, _ other: String?) -> String?
  ) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${"),
      let end = rest[start.upperBound...].firstIndex(of: "}")
    {
      result += rest[..<start.lowerBound]
      let parts = rest[start.upperBound..<end].split(
        separator: ":", maxSplits: 2, omittingEmptySubsequences: false
      ).map(String.init)
      let whole = String(rest[start.lowerBound...end])
      result +=
        value(parts[0], parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : nil) ?? whole
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
