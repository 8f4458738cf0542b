#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What an index records of a file, to tell later without reading it that it is unchanged.
///
/// Every field is cut to 32 bits, as in the index. Source: Documentation/gitformat-index of git.
public struct FileStat: Sendable, Hashable {
  /// The last change of the inode, in seconds since 1970.
  public var changeSeconds: UInt32 = 0
  /// Its part below a second, in nanoseconds.
  public var changeNanoseconds: UInt32 = 0
  /// The last change of the content, in seconds since 1970.
  public var modificationSeconds: UInt32 = 0
  /// Its part below a second, in nanoseconds.
  public var modificationNanoseconds: UInt32 = 0
  /// The device.
  public var device: UInt32 = 0
  /// The inode.
  public var inode: UInt32 = 0
  /// The owner.
  public var user: UInt32 = 0
  /// The owning group.
  public var group: UInt32 = 0
  /// The size in bytes.
  public var size: UInt32 = 0

  /// The record of a file that has to be looked at: it equals no file's.
  public init() {}
}

/// What lstat(2) says about one name.
public struct FileInformation: Sendable, Hashable {
  /// What a name stands for.
  public enum Kind: Sendable, Hashable {
    /// A regular file.
    case file
    /// A symbolic link.
    case link
    /// A folder.
    case folder
    /// A pipe, socket or device, which git does not keep.
    case other
  }

  /// What it is.
  public let kind: Kind
  /// True if its owner may execute it.
  public let isExecutable: Bool
  /// The size in bytes.
  public let size: Int
  /// What an index records of it.
  public let stat: FileStat

  /// Looks at a name in an open folder without following a link; nil if there is nothing.
  public init?(_ name: UnsafePointer<CChar>, in folder: Int32) {
    var information = SystemStat()
    guard fstatat(folder, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    self.init(information)
  }

  /// Looks at a path without following a last link; nil if there is nothing.
  public init?(path: String) {
    var information = SystemStat()
    guard lstat(path, &information) == 0 else { return nil }
    self.init(information)
  }

  /// Looks at an open file; nil if the descriptor is none.
  public init?(descriptor: Int32) {
    var information = SystemStat()
    guard fstat(descriptor, &information) == 0 else { return nil }
    self.init(information)
  }

  private init(_ information: SystemStat) {
    switch information.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFLNK: kind = .link
    case S_IFDIR: kind = .folder
    default: kind = .other
    }
    isExecutable = information.st_mode & S_IXUSR != 0
    size = Int(information.st_size)
    stat = FileStat(information)
  }
}

/// stat(2)'s structure, under a name that no property hides.
private typealias SystemStat = stat

extension FileStat {
  fileprivate init(_ information: SystemStat) {
    #if canImport(Glibc)
      let (modified, changed) = (information.st_mtim, information.st_ctim)
    #else
      let (modified, changed) = (information.st_mtimespec, information.st_ctimespec)
    #endif
    changeSeconds = UInt32(truncatingIfNeeded: changed.tv_sec)
    changeNanoseconds = UInt32(truncatingIfNeeded: changed.tv_nsec)
    modificationSeconds = UInt32(truncatingIfNeeded: modified.tv_sec)
    modificationNanoseconds = UInt32(truncatingIfNeeded: modified.tv_nsec)
    device = UInt32(truncatingIfNeeded: information.st_dev)
    inode = UInt32(truncatingIfNeeded: information.st_ino)
    user = information.st_uid
    group = information.st_gid
    size = UInt32(truncatingIfNeeded: information.st_size)
  }
}
