internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension LocalFolder {
  /// Gives this machine a new name in the state, because another one writes under the old.
  ///
  /// If another process has done so already, its choice counts. A store that is open keeps the old name:
  /// open it anew.
  public func renewHostName(
    insteadOf old: String, preferring name: String,
    using generator: inout some RandomNumberGenerator
  ) throws(StateError) -> String {
    let lock = try FileLock(path: path + "/locks/renewal")
    if try hostName(preferring: name, using: &generator) == old {
      guard unlink(path + "/host.json") == 0 || errno == ENOENT else {
        throw .file(path: path + "/host.json", operation: "remove", number: errno)
      }
    }
    let new = try hostName(preferring: name, using: &generator)
    lock.release()
    return new
  }
}
