#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The room on the disk that holds a file or folder.
public struct DiskSpace: Sendable, Hashable {
  /// Where less is free, a worker may fill the rest at any moment, in bytes.
  public static let lowBytes = 1 << 30
  /// Where fewer files can be made, a checkout may not be finished.
  public static let lowFiles = 10_000

  /// The bytes that this user may still write.
  public let freeBytes: Int
  /// The files that this user may still make; nil if only their bytes count.
  public let freeFiles: Int?

  /// Looks at the disk of a path, or of the first folder above it that is there; nil if that cannot be done.
  public init?(at path: String) {
    var place = path
    var information = statvfs()
    while statvfs(place.isEmpty ? "/" : place, &information) != 0 {
      guard errno == ENOENT, let slash = place.lastIndex(of: "/") else { return nil }
      place = String(place[..<slash])
    }
    freeBytes =
      Int(clamping: information.f_bavail).multipliedReportingOverflow(
        by: Int(clamping: information.f_frsize)
      ).partialValue
    freeFiles = information.f_files == 0 ? nil : Int(clamping: information.f_favail)
  }

  /// True if work may stop for want of room soon.
  public var isLow: Bool {
    freeBytes < Self.lowBytes || freeFiles.map { $0 < Self.lowFiles } == true
  }

  /// "12.3 GB", and the number of files where that is what is short.
  public var text: String {
    let megabytes = freeBytes / 1_000_000
    let bytes =
      megabytes < 1000 ? "\(megabytes) MB" : "\(megabytes / 1000).\(megabytes % 1000 / 100) GB"
    guard let freeFiles, freeFiles < Self.lowFiles else { return bytes }
    return "\(bytes) and \(freeFiles) files"
  }
}
