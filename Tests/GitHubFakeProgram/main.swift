import GitHubFake

try await FakeProgram.run(CommandLine.arguments)
