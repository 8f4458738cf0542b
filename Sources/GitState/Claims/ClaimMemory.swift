internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a machine keeps of its heartbeat from one process to the next, in `orch/claims.json`.
struct ClaimMemory: Sendable, Hashable {
  /// The host's name that it is about.
  let host: String
  /// The incarnations.
  let incarnations: IncarnationMemory
  /// The machine's start and the folder: what a copy of the disk, or a restart, does not share.
  let machine: String

  /// Reads the file; nil if it is missing or is not about this host.
  init?(_ folder: LocalFolder, host: String) {
    guard let bytes = LocalFolder.read(Self.file(folder)),
      let json = try? JSONValue(parsing: bytes),
      json["host"]?.string == host, let latest = json["latest"]?.int,
      let since = json["since"]?.int, let machine = json["machine"]?.string
    else { return nil }
    self.init(
      host: host, incarnations: IncarnationMemory(latest: latest, since: since), machine: machine)
  }

  /// All parts.
  init(host: String, incarnations: IncarnationMemory, machine: String) {
    self.host = host
    self.incarnations = incarnations
    self.machine = machine
  }

  /// Writes the file; throws `StateError.file`.
  func store(in folder: LocalFolder) throws(StateError) {
    let json: JSONValue = [
      "host": .string(host), "latest": .number(incarnations.latest),
      "since": .number(incarnations.since), "machine": .string(machine),
    ]
    try LocalFolder.replace(Self.file(folder), with: json.canonicalBytes)
  }

  /// Names the running machine and the folder; nil where the system does not tell.
  ///
  /// Two processes with the same name of both share the folder's locks, so that a lock proves that the
  /// other one is over.
  static func machine(_ folder: LocalFolder) -> String? {
    var information = stat()
    guard let boot = LocalFolder.read("/proc/sys/kernel/random/boot_id"), !boot.isEmpty,
      stat(folder.path, &information) == 0
    else { return nil }
    let text = String(decoding: boot, as: UTF8.self).filter { $0.isHexDigit || $0 == "-" }
    return "\(text):\(information.st_dev):\(information.st_ino)"
  }

  private static func file(_ folder: LocalFolder) -> String { folder.path + "/claims.json" }
}
