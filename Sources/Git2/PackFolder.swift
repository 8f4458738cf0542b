internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The packs of a repository, as files.
public enum PackFolder {
  /// A pack that git cannot read anything of.
  public struct Damage: Sendable, Hashable {
    /// The pack's name, without ending.
    public let name: String
    /// What is wrong, for a person.
    public let problem: String

    /// All parts.
    public init(name: String, problem: String) {
      self.name = name
      self.problem = problem
    }
  }

  /// A pack has no index for a moment while it is being put into its place; after so long, in seconds, it has none.
  private static let settledSeconds = 3600
  /// The bytes of an index before its ids: signature, version, fan-out (gitformat-pack of git, version 2).
  private static let tableBytes = 8 + 256 * 4
  private static let signature: [UInt8] = [0xFF, 0x74, 0x4F, 0x63]

  /// The packs of a folder that are cut off, empty, or do not belong to their index, by name.
  ///
  /// Only beginnings, ends and sizes are looked at: what has changed in the middle is not found.
  public static func damaged(in folder: String) -> [Damage] {
    names(in: folder).compactMap { name in
      problem(of: name, in: folder).map { Damage(name: name, problem: $0) }
    }
  }

  /// The names, without ending, of what has a pack or an index, sorted.
  public static func names(in folder: String) -> [String] {
    let files = Folder.names(in: folder).filter { $0.hasPrefix("pack-") }
    return Set(
      files.filter { $0.hasSuffix(".pack") || $0.hasSuffix(".idx") }
        .compactMap { $0.split(separator: ".").first.map(String.init) }
    ).sorted()
  }

  /// True if the pack itself is there, whatever is in it.
  public static func hasPack(_ name: String, in folder: String) -> Bool {
    access("\(folder)/\(name).pack", F_OK) == 0
  }

  /// True if a pack has an index that is not known to be damaged.
  public static func hasIndex(_ name: String, in folder: String) -> Bool {
    FileInformation(path: "\(folder)/\(name).idx") != nil
      && indexProblem(of: name, in: folder) == nil
  }

  /// Moves a pack with all that belongs to it into another folder; what is there under its name is replaced.
  ///
  /// Whoever reads either folder meanwhile finds no index without its pack. Throws `PackError`.
  public static func move(
    _ name: String, from folder: String, to other: String
  ) throws(PackError) {
    try DurableFile.makeDirectory(other)
    removeIndexOfAll(naming: [name], in: folder)
    let files = Folder.names(in: folder).filter { $0.hasPrefix(name + ".") }
    let index = name + ".idx"
    // An index that stands alone in the old folder for a moment makes git complain, in the new one too.
    let hidden = files.contains(index) ? "\(other)/tmp_orch_\(index)" : nil
    if let hidden { try move("\(folder)/\(index)", to: hidden) }
    for file in files where file != index { try move("\(folder)/\(file)", to: "\(other)/\(file)") }
    if let hidden { try move(hidden, to: "\(other)/\(index)") }
    try DurableFile.syncDirectory(other)
    try DurableFile.syncDirectory(folder)
  }

  static func move(_ path: String, to other: String) throws(PackError) {
    guard rename(path, other) == 0 else {
      throw .file(path: path, operation: "move", number: errno)
    }
  }

  /// True if git may still be putting a pack into its place, or if it is gone: neither is damage.
  public static func isPassing(_ name: String, in folder: String) -> Bool {
    let (pack, index) = ("\(folder)/\(name).pack", "\(folder)/\(name).idx")
    if access(index, F_OK) == 0 { return false }
    return access(pack, F_OK) != 0 || !isSettled(pack)
  }

  private static func problem(of name: String, in folder: String) -> String? {
    if isPassing(name, in: folder) { return nil }
    let (pack, index) = ("\(folder)/\(name).pack", "\(folder)/\(name).idx")
    guard FileInformation(path: index) != nil else { return "its index is missing" }
    guard let packSize = FileInformation(path: pack)?.size else {
      // Whoever removes a pack removes its index first.
      return FileInformation(path: index) != nil ? "its pack is missing" : nil
    }
    // What this user may not open is not this user's to judge.
    guard isOpen(name, in: folder) else { return nil }
    if let problem = indexProblem(of: name, in: folder) { return problem }
    if packSize == 0 { return "it is empty" }
    guard let start = DurableFile.beginning(of: pack, count: 4),
      let end = DurableFile.ending(of: pack, count: ObjectID.byteCount),
      let known = DurableFile.ending(of: index, count: 2 * ObjectID.byteCount)
    else { return nil }
    guard start == Array("PACK".utf8) else { return "it is no pack" }
    return end == Array(known.prefix(ObjectID.byteCount))
      ? nil : "it is cut off, or not the one of its index"
  }

  /// What is wrong with an index, by its size; nil if nothing is, or it cannot be looked at.
  private static func indexProblem(of name: String, in folder: String) -> String? {
    let index = "\(folder)/\(name).idx"
    guard let size = FileInformation(path: index)?.size,
      let head = DurableFile.beginning(of: index, count: tableBytes)
    else { return nil }
    if size == 0 { return "its index is empty" }
    // Of an index of version 1, which nothing writes by default, no more is known than its least size.
    let isOld = !head.starts(with: signature)
    let count = isOld ? 0 : head.suffix(4).reduce(0) { $0 << 8 | Int($1) }
    let least = tableBytes + count * (ObjectID.byteCount + 8) + 2 * ObjectID.byteCount
    return head.count < tableBytes || size < least ? "its index is cut off" : nil
  }

  /// True if this user may read a pack and its index.
  public static func isOpen(_ name: String, in folder: String) -> Bool {
    access("\(folder)/\(name).pack", R_OK) == 0 && access("\(folder)/\(name).idx", R_OK) == 0
  }

  private static func isSettled(_ path: String) -> Bool {
    guard let written = FileInformation(path: path)?.stat.modificationSeconds else { return false }
    return time(nil) - Int(written) > settledSeconds
  }
}
