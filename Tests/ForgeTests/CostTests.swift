import Testing

@testable import Forge
@testable import GitHubFake

@Suite(.timeLimit(.minutes(30))) struct `What looking costs` {
  @Test func `an hour at a hundred pull requests of which none changes costs twelve requests`()
    async throws
  {
    let rig = try await Rig()
    rig.fake.edit { state in for index in 0..<100 { state.addPull("b\(index)") } }
    var survey = try await rig.forge.survey(SurveyMemory())
    #expect(survey.changed.count == 100 && survey.ended.isEmpty)
    #expect(rig.fake.countedRequests == 2)
    _ = try await rig.forge.look(at: survey.changed)
    #expect(rig.fake.countedRequests == 7)
    rig.fake.clearLog()
    for _ in 0..<(3600 / 15) {
      rig.clock.advance(15_000)
      survey = try await rig.forge.survey(survey.memory)
      #expect(survey.changed.isEmpty && survey.ended.isEmpty && survey.open.count == 100)
    }
    #expect(rig.fake.countedRequests == 12)
    #expect(rig.fake.log.count == 240 + 12)
    rig.expectContractKept()
  }

  @Test func `one that moved is reported, at the price of its page`() async throws {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in (0..<5).map { state.addPull("b\($0)") } }
    let first = try await rig.forge.survey(SurveyMemory())
    rig.fake.edit { $0.pulls[numbers[3]]?.sha = FakeState.sha(4242) }
    rig.fake.clearLog()
    let second = try await rig.forge.survey(first.memory)
    #expect(second.changed == [numbers[3]])
    // The head moved, so checks and mergeability are asked for as soon as the pace allows.
    #expect(rig.fake.countedRequests == 1)
    rig.clock.advance(30_000)
    rig.fake.edit { $0.pulls[numbers[3]]?.mergeState = "BEHIND" }
    let third = try await rig.forge.survey(second.memory)
    #expect(third.changed == [numbers[3]])
    #expect(rig.fake.countedRequests == 2)
    rig.expectContractKept()
  }

  @Test func `a survey whose memory was not kept is reported again`() async throws {
    let rig = try await Rig()
    let number = rig.fake.edit { $0.addPull("b") }
    let first = try await rig.forge.survey(SurveyMemory())
    rig.fake.edit { $0.pulls[number]?.labels = ["orch"] }
    #expect(try await rig.forge.survey(first.memory).changed == [number])
    #expect(try await rig.forge.survey(first.memory).changed == [number])
  }

  @Test func `a check that ends is seen by the pulse although the list did not change`()
    async throws
  {
    let rig = try await Rig()
    let number = rig.fake.edit { state in
      let number = state.addPull("b")
      state.pulls[number]?.checks = [
        .init(id: 1, name: "test", status: "IN_PROGRESS", conclusion: nil)
      ]
      return number
    }
    let first = try await rig.forge.survey(SurveyMemory())
    rig.fake.edit {
      $0.pulls[number]?.checks = [.init(id: 1, name: "test", conclusion: "FAILURE")]
    }
    rig.clock.advance(29_000)
    let second = try await rig.forge.survey(first.memory)
    #expect(second.changed.isEmpty)
    rig.clock.advance(1000)
    let third = try await rig.forge.survey(second.memory)
    #expect(third.changed == [number])
    // Settled now: the next pulse is five minutes away.
    rig.fake.clearLog()
    rig.clock.advance(299_000)
    let fourth = try await rig.forge.survey(third.memory)
    #expect(rig.fake.countedRequests == 0)
    rig.clock.advance(1000)
    _ = try await rig.forge.survey(fourth.memory)
    #expect(rig.fake.countedRequests == 1)
  }

  @Test func `those that ended are named, and a forgotten one comes again`() async throws {
    let rig = try await Rig()
    let numbers = rig.fake.edit { state in (0..<3).map { state.addPull("b\($0)") } }
    var survey = try await rig.forge.survey(SurveyMemory())
    rig.fake.edit { $0.pulls[numbers[1]]?.state = "MERGED" }
    survey = try await rig.forge.survey(survey.memory)
    #expect(survey.ended == [numbers[1]] && survey.open == [numbers[0], numbers[2]])
    survey.memory.forget(numbers[2])
    #expect(try await rig.forge.survey(survey.memory).changed == [numbers[2]])
  }

  @Test func `two hundred and fifty take three pages, free when unchanged`() async throws {
    let rig = try await Rig()
    rig.fake.edit { state in for index in 0..<250 { state.addPull("b\(index)") } }
    let first = try await rig.forge.survey(SurveyMemory())
    #expect(first.changed.count == 250 && rig.fake.countedRequests == 6)
    rig.fake.clearLog()
    let second = try await rig.forge.survey(first.memory)
    #expect(second.changed.isEmpty && second.open.count == 250 && !second.isCut)
    #expect(rig.fake.log.count == 3 && rig.fake.countedRequests == 0)
    rig.expectContractKept()
  }

  @Test func `nothing open asks for no pulse`() async throws {
    let rig = try await Rig()
    let survey = try await rig.forge.survey(SurveyMemory())
    #expect(survey.open.isEmpty && rig.fake.log.count == 1)
  }
}
