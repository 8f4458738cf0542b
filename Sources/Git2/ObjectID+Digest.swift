extension ObjectID {
  /// The SHA-1 of bytes alone, without an object's header, as git's `rerere` names conflicts.
  public init(digestOf bytes: [UInt8]) { self = ObjectID(bytes: SHA1.digest(bytes)) ?? .zero }
}
