internal import CGit2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Reads single objects for libgit2, whose own reader (1.5) runs for ever on one that is cut off.
///
/// It is asked after the readers of packs and before libgit2's own, which still writes, lists and finds objects.
public enum LooseObjects {
  /// That of libgit2's reader of packs: of two that are equal, the one that was there first is asked first.
  private static let priority: Int32 = 2

  private struct Backend {
    var parent: git_odb_backend
    /// The folder of objects, made with strdup(3).
    var folder: UnsafeMutablePointer<CChar>
  }

  /// Adds the reader to an object database, which owns it from then on.
  static func install(in database: OpaquePointer, folder: String) throws(GitError) {
    let backend = UnsafeMutablePointer<Backend>.allocate(capacity: 1)
    backend.initialize(to: Backend(parent: git_odb_backend(), folder: strdup(folder)))
    backend.pointee.parent.version = UInt32(GIT_ODB_BACKEND_VERSION)
    backend.pointee.parent.read = { data, size, type, backend, id in
      LooseObjects.answer(backend, id) { object in
        guard let bytes = git_odb_backend_data_alloc(backend, object.size + 1) else { return false }
        // libgit2's own reader ends what it reads with a zero, too.
        bytes.storeBytes(of: 0, toByteOffset: object.size, as: UInt8.self)
        guard object.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: object.size))
        else {
          git_odb_backend_data_free(backend, bytes)
          return false
        }
        data?.pointee = bytes
        size?.pointee = object.size
        type?.pointee = object.kind.type
        return true
      }
    }
    backend.pointee.parent.read_header = { size, type, backend, id in
      LooseObjects.answer(backend, id, limit: LooseObject.headerFileBytes) { object in
        size?.pointee = object.size
        type?.pointee = object.kind.type
        return true
      }
    }
    backend.pointee.parent.foreach = { _, _, _ in 0 }
    backend.pointee.parent.free = { backend in
      guard let backend else { return }
      let own = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: Backend.self)
      free(own.pointee.folder)
      own.deallocate()
    }
    let raw = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: git_odb_backend.self)
    try check(git_odb_add_backend(database, raw, priority), "read the objects in '\(folder)'")
  }

  /// True if the file of a single object holds the object of that id, of no more than `limit` bytes.
  public static func isSound(_ path: String, _ id: ObjectID, limit: Int = 1 << 30) -> Bool {
    guard let file = DurableFile.read(path, limit: limit, followingLinks: false),
      let object = LooseObject(file, fileBytes: file.count), object.size <= limit
    else { return false }
    var bytes = Array("\(object.kind.name) \(object.size)\0".utf8)
    let start = bytes.count
    bytes += [UInt8](repeating: 0, count: object.size)
    let isWhole = bytes.withUnsafeMutableBytes {
      object.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
    return isWhole && ObjectID(bytes: SHA1.digest(bytes)) == id
  }

  /// Finds an object and hands it to `take`, which returns false if it turns out to be damaged.
  ///
  /// No more than `limit` bytes of its file are read. A link or a pipe in the place of a file holds no object:
  /// libgit2's own reader would follow it, or wait for it.
  private static func answer(
    _ backend: UnsafeMutablePointer<git_odb_backend>?, _ id: UnsafePointer<git_oid>?,
    limit: Int = .max, _ take: (LooseObject) -> Bool
  ) -> Int32 {
    guard let backend, let id else { return GIT_ENOTFOUND.rawValue }
    let own = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: Backend.self)
    let name = ObjectID(id.pointee).hex
    let path = "\(String(cString: own.pointee.folder))/\(name.prefix(2))/\(name.dropFirst(2))"
    guard let information = FileInformation(path: path) else { return GIT_ENOTFOUND.rawValue }
    var object: LooseObject?
    if information.kind == .file {
      let file =
        limit < information.size
        ? DurableFile.beginning(of: path, count: limit)
        : DurableFile.read(path, followingLinks: false)
      // Gone meanwhile, as into a pack of git's gc; or not ours to read, which libgit2 says.
      guard let file else { return GIT_ENOTFOUND.rawValue }
      object = LooseObject(file, fileBytes: information.size)
    }
    guard let object, take(object) else {
      git_error_set_str(Int32(GIT_ERROR_ODB.rawValue), "the file '\(path)' is damaged")
      return GIT_ERROR.rawValue
    }
    return 0
  }
}

/// A single object's file: a zlib stream (RFC 1950) of kind, size in digits, a zero, and the content.
private struct LooseObject {
  /// As many bytes of a file hold the header.
  static let headerFileBytes = 512
  /// The most bytes that kind and size take.
  private static let maximumHeaderBytes = 32
  /// The most that a byte of a zlib stream can stand for (zlib's technical details).
  private static let maximumRatio = 1032

  let kind: ObjectKind
  /// The content's size in bytes.
  let size: Int
  private let file: [UInt8]
  private let headerBytes: Int

  /// Reads the header; nil if the file does not begin with one, or is too short for the size that it says.
  ///
  /// `file` is the beginning, at least, of a file of `fileBytes`.
  init?(_ file: [UInt8], fileBytes: Int) {
    let head = Inflate.beginning(of: file, count: Self.maximumHeaderBytes)
    guard let end = head.firstIndex(of: 0) else { return nil }
    let words = head[..<end].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 2, words[1].allSatisfy({ (0x30...0x39).contains($0) }),
      let kind = ObjectKind.allCases.first(where: { words[0].elementsEqual($0.name.utf8) }),
      let size = Int(String(decoding: words[1], as: UTF8.self)),
      size / Self.maximumRatio <= fileBytes
    else { return nil }
    self.kind = kind
    self.size = size
    self.file = file
    headerBytes = end + 1
  }

  /// Reads the content, of exactly `size` bytes; false if there is less of it, more, or it is damaged.
  func read(into target: UnsafeMutableRawBufferPointer) -> Bool {
    Inflate.whole(file, skipping: headerBytes, into: target)
  }
}
