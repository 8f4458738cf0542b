#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The system's words for its error numbers.
enum Errno {
  /// A sentence for an error number.
  static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}
