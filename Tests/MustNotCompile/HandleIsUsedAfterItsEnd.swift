// must not compile: used after consume
//
// The pointer of a handle that has ended is freed memory.
@testable import Git2

func late(_ handle: consuming Handle<IndexKind>) -> OpaquePointer {
  handle.end()
  return handle.pointer
}
