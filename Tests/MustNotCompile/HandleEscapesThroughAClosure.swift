// must not compile: cannot be consumed when captured by an escaping closure
//
// A closure that outlives the scope would use the object after its end.
@testable import Git2

func keep(_ handle: consuming Handle<IndexKind>) -> () -> Void {
  { handle.end() }
}
