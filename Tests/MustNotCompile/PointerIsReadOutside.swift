// must not compile: inaccessible due to 'internal' protection level
//
// No pointer leaves Git2.
import Git2

func pointer(of repository: borrowing Repository) -> OpaquePointer {
  repository.raw
}
