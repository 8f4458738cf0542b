// must not compile: cannot convert value of type 'Handle<IndexKind>' to expected element type 'Any'
//
// Handles cannot be collected and carried away.
@testable import Git2

func collect(_ handle: consuming Handle<IndexKind>) -> [Any] {
  [handle]
}
