import TestSupport
import Testing
import Workflow

@Suite struct `Searching a batch for what fails` {
  /// Runs a search over changes of which some are bad; returns it with the runs that were tested.
  private func search(_ count: Int, bad: Set<Int>) -> (search: BatchSearch, tested: [Int]) {
    var search = BatchSearch(count: count)
    var tested: [Int] = []
    while let length = search.next {
      tested.append(length)
      search.note(length, passed: bad.allSatisfy { $0 >= length })
    }
    return (search, tested)
  }

  @Test func `a batch that passes is tested once`() {
    let (found, tested) = search(8, bad: [])
    #expect(found.passing == 8 && tested == [8])
  }

  @Test func `everything before the first bad change passes, and was tested as it is`() {
    for count in 1...12 {
      for bad in 0..<count {
        let (found, tested) = search(count, bad: [bad])
        #expect(found.passing == bad)
        #expect(found.failing == bad + 1)
        #expect(bad == 0 || tested.contains(bad))
        #expect(Set(tested).count == tested.count)
        #expect(tested.count <= 2 + count.bitWidth - count.leadingZeroBitCount)
      }
    }
  }

  @Test func `of several bad changes the first decides`() {
    #expect(search(9, bad: [4, 6, 8]).search.passing == 4)
    #expect(search(1, bad: [0]).tested == [1])
    #expect(search(0, bad: []).tested == [])
  }
}
