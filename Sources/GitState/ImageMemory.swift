internal import Folders
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// When each image that orch built for containers was last used, as files of `orch/images`.
///
/// Without them, the images' time begins anew. Several processes may write: each file is of one image.
public struct ImageMemory: Sendable, Hashable {
  /// One image of one engine.
  public struct Image: Sendable, Hashable {
    /// The name of the engine's program.
    public var engine: String
    /// The image's tag.
    public var tag: String

    /// The image of an engine with a tag.
    public init(engine: String, tag: String) {
      self.engine = engine
      self.tag = tag
    }
  }

  private let path: String

  /// The memory of a repository on this machine.
  public init(_ folder: LocalFolder) { path = folder.path + "/images" }

  /// The images that are known, with when they were last used, in milliseconds since 1970.
  ///
  /// Files that are none of orch's are left out.
  public func all() -> [Image: Int] {
    var result: [Image: Int] = [:]
    for name in Folder.names(in: path) where name.hasSuffix(Self.suffix) {
      guard let bytes = LocalFolder.read("\(path)/\(name)"),
        let json = try? JSONValue(parsing: bytes), let engine = json["engine"]?.string,
        let tag = json["tag"]?.string, let time = json["used"]?.int,
        Self.file(Image(engine: engine, tag: tag)) == name
      else { continue }
      result[Image(engine: engine, tag: tag)] = time
    }
    return result
  }

  /// Notes that an image is used at a time, in milliseconds since 1970; throws `StateError.file`.
  public func use(_ image: Image, at time: Int) throws(StateError) {
    try LocalFolder.makeDirectory(path)
    let json: JSONValue = [
      "engine": .string(image.engine), "tag": .string(image.tag), "used": .number(time),
    ]
    try LocalFolder.replace("\(path)/\(Self.file(image))", with: json.canonicalBytes)
  }

  /// Forgets an image.
  public func forget(_ image: Image) { unlink("\(path)/\(Self.file(image))") }

  private static let suffix = ".json"

  /// An engine's name is that of a program, and a tag has no slash.
  private static func file(_ image: Image) -> String { "\(image.engine)-\(image.tag)\(suffix)" }
}
