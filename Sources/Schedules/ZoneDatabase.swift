#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The machine's copy of the tz database.
public enum ZoneDatabase {
  /// The largest file that is read, in bytes; the real ones have a few thousand.
  static let maximumBytes = 256 * 1024
  /// Where systems keep it.
  static let folders = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/var/db/timezone/zoneinfo"]

  /// The zone of a name such as `Europe/Berlin`; nil if the machine does not know it.
  public static func zone(named name: String) -> ZoneRules? {
    if name == "UTC" { return .utc }
    guard isName(name) else { return nil }
    for folder in folders {
      if let bytes = read("\(folder)/\(name)") { return ZoneRules(file: bytes) }
    }
    return nil
  }

  /// The machine's own zone; `variable` is the value of TZ.
  public static func local(variable: String?) -> ZoneRules {
    if let variable, !variable.isEmpty {
      let name = variable.hasPrefix(":") ? String(variable.dropFirst()) : variable
      if let zone = zone(named: name) { return zone }
      if name.hasPrefix("/"), let zone = read(name).flatMap({ ZoneRules(file: $0) }) { return zone }
      if let rule = ZoneRule(name) {
        return ZoneRules(firstOffset: rule.offset, changes: [], rule: rule)
      }
      return .utc
    }
    return read("/etc/localtime").flatMap { ZoneRules(file: $0) } ?? .utc
  }

  /// True for a name that stays below the folder.
  private static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return (1...4).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && part.utf8.count <= 40 && !part.hasPrefix(".")
          && part.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
              || [0x2B, 0x2D, 0x5F].contains(byte)
          }
      }
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    let count = fread(&bytes, 1, bytes.count, file)
    return count > 0 && ferror(file) == 0 ? Array(bytes[..<count]) : nil
  }
}
