internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A machine's name in the state, and where it was given: the content of `host.json`.
private struct HostFile {
  let host: String
  /// The machine and the folder's path; nil in files that do not say.
  var place: String?
  /// The folder's inode number; nil in files that do not say.
  var inode: String?

  init?(_ path: String) {
    guard let bytes = LocalFolder.read(path), let json = try? JSONValue(parsing: bytes),
      let host = json["host"]?.string
    else { return nil }
    self.host = host
    place = json["place"]?.string
    inode = json["inode"]?.string
  }

  init(host: String, in folder: LocalFolder) {
    self.host = host
    let machine = LocalFolder.read("/etc/machine-id").map { String(decoding: $0, as: UTF8.self) }
    place = (machine ?? "").filter(\.isHexDigit) + ":" + folder.path
    var information = stat()
    if stat(folder.path, &information) == 0 { inode = String(information.st_ino) }
  }

  var bytes: [UInt8] {
    var members: [String: JSONValue] = ["host": .string(host)]
    members["place"] = place.map { .string($0) }
    members["inode"] = inode.map { .string($0) }
    return JSONValue.object(members).canonicalBytes
  }

  /// True if this file was copied with its folder to where it is now.
  ///
  /// A folder that is moved keeps its inode, also into a container; on file systems whose inode numbers do
  /// not last, it keeps its place. Only a copy has neither.
  func isCopied(to folder: LocalFolder) -> Bool {
    let here = HostFile(host: host, in: folder)
    guard let place, let inode, let now = here.inode else { return false }
    return place != here.place && inode != now
  }
}

extension LocalFolder {
  private var hostFile: String { path + "/host.json" }

  /// This machine's name in the state: made once, kept in `host.json`; a copied folder gets another one.
  public func hostName(
    preferring name: String, using generator: inout some RandomNumberGenerator
  ) throws(StateError) -> String {
    if let host = storedHost { return host }
    let lock: FileLock
    do throws(StateError) {
      lock = try FileLock(path: path + "/locks/host")
    } catch {
      // Whoever may only look writes nothing under any name.
      guard case .file(_, _, let number) = error, [EACCES, EROFS, EPERM].contains(number) else {
        throw error
      }
      return HostFile(hostFile)?.host ?? "reader"
    }
    let host: String
    if let stored = storedHost {
      host = stored
    } else {
      host = try makeHostName(preferring: name, using: &generator)
    }
    lock.release()
    return host
  }

  /// Gives this machine a new name in the state, because another one writes under the old.
  ///
  /// If another process has done so already, its choice counts. A store that is open keeps the old name:
  /// open it anew.
  public func renewHostName(
    insteadOf old: String, preferring name: String,
    using generator: inout some RandomNumberGenerator
  ) throws(StateError) -> String {
    let lock = try FileLock(path: path + "/locks/host")
    let host: String
    if let stored = storedHost, stored != old {
      host = stored
    } else {
      host = try makeHostName(preferring: name, using: &generator)
    }
    lock.release()
    return host
  }

  /// This machine's name in the state, if it has one yet.
  public static func hostName(in commonDirectory: String) -> String? {
    HostFile(commonDirectory + "/orch/host.json")?.host
  }

  private var storedHost: String? {
    HostFile(hostFile).flatMap { $0.isCopied(to: self) ? nil : $0.host }
  }

  private func makeHostName(
    preferring name: String, using generator: inout some RandomNumberGenerator
  ) throws(StateError) -> String {
    let label = name.lowercased().unicodeScalars.filter {
      ("a"..."z").contains($0) || ("0"..."9").contains($0)
    }
    let prefix = String(String.UnicodeScalarView(label.prefix(12)))
    let old = HostFile(hostFile)?.host
    var host: String
    repeat {
      let suffix = String(UInt16.random(in: 0x1000...UInt16.max, using: &generator), radix: 16)
      host = (prefix.isEmpty ? "host" : prefix) + "-" + suffix
    } while host == old
    try Self.replace(hostFile, with: HostFile(host: host, in: self).bytes)
    return host
  }
}
