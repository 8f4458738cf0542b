/// What the kernel writes of control groups of version 2: cgroups(7), https://docs.kernel.org/admin-guide/cgroup-v2.html.
enum ControlGroupText {
  /// The number behind a name, one a line, as in `memory.events`; nil if it is not there.
  static func count(_ name: String, in text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  /// The folder of a process' own group, from its `/proc/PID/mountinfo` and `/proc/PID/cgroup`.
  ///
  /// Nil where version 2 is not mounted, or the group lies outside of what is mounted.
  static func folder(mounts: String, groups: String) -> String? {
    guard let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
      return nil
    }
    let group = String(line.dropFirst("0::".count))
    for mount in mounts.split(separator: "\n") {
      let parts = mount.split(separator: " ")
      guard let dash = parts.firstIndex(of: "-"), dash > 4, parts.count > dash + 1,
        parts[dash + 1] == "cgroup2"
      else { continue }
      let root = parts[3] == "/" ? "" : unescaped(parts[3])
      guard group == root || group.hasPrefix(root + "/") else { continue }
      let rest = group.dropFirst(root.count)
      return unescaped(parts[4]) + (rest == "/" ? "" : rest)
    }
    return nil
  }

  /// A path in which the kernel wrote `\040` for a blank and the like: proc(5).
  private static func unescaped(_ text: Substring) -> String {
    var result: [UInt8] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      let digits = bytes.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        result.append(code)
        bytes = bytes.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
