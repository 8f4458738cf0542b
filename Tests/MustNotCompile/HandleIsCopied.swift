// must not compile: 'handle' consumed more than once
//
// A handle has one owner: two would free the C object twice.
@testable import Git2

func twice(_ handle: consuming Handle<IndexKind>) {
  let first = handle
  let second = handle
  first.end()
  second.end()
}
