// swift-tools-version: 6.2
import PackageDescription

// One list of strict settings for every target: language mode 6, warnings are errors, and the
// upcoming features that change what a name or an import means.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let httpClient: [Target.Dependency] = [
  .product(name: "AsyncHTTPClient", package: "async-http-client"),
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
  .product(name: "Crypto", package: "swift-crypto"),
  .product(name: "CryptoExtras", package: "swift-crypto"),
]

/// A room of the architecture: a library target under `Sources/` (or at `path`).
func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil,
  exclude: [String]? = nil, resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path,
    exclude: exclude ?? (path == nil ? [] : ["README.md"]),
    resources: resources, swiftSettings: strict)
}

/// The tests of one room; every suite may use real git through `TestSupport`.
func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: "TestSupport"), .target(name: name)] + dependencies,
    exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "orch",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "orch", targets: ["orch"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.26.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(
      url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .systemLibrary(
      name: "CGit2", pkgConfig: "libgit2",
      providers: [.apt(["libgit2-dev", "pkg-config"]), .brew(["libgit2", "pkg-config"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CPlatform"),

    room("JSON"),
    room("Folders"),
    room("Git2", ["Folders", "CGit2", "CZlib", "CPlatform"]),
    room("GitState", ["Git2", "JSON", "Folders", "CPlatform"]),
    room("Worktrees", ["Git2", "CPlatform"]),
    room("Workflow"),
    room("Schedules"),
    room("Redaction", path: "Sources/Redaction"),
    room("GitCLI", [subprocess, systemPackage]),
    room("Agents", ["Redaction", "JSON", "Folders", "CPlatform"]),
    room("Forge", ["JSON", "Redaction"] + httpClient, exclude: ["README.md"]),
    room("Settings", ["JSON", "Schedules", yams]),
    room("Prompts", ["JSON"], path: "prompts", resources: [.embedInCode("templates")]),
    room("Hooks", path: "hooks", resources: [.embedInCode("scripts")]),
    room(
      "Engine",
      [
        "JSON", "Git2", "GitState", "Worktrees", "Workflow", "Schedules", "GitCLI", "Agents",
        "Folders",
      ]),
    room("Dashboard", ["Engine", "Workflow"], exclude: ["README.md"]),
    .executableTarget(
      name: "orch",
      dependencies: [
        "Dashboard", "Engine", "Forge", "GitState", "Git2", "Worktrees", "Workflow", "Agents",
        "Settings", "Schedules", "GitCLI",
        "Redaction", "Prompts", "Hooks", "JSON", "Folders", "CPlatform", argumentParser,
      ],
      swiftSettings: strict),

    // Built by `make bench` only: no product depends on it.
    .executableTarget(
      name: "StateBench", dependencies: ["GitState", "Git2", "JSON"],
      path: "Benchmarks/StateBench", swiftSettings: strict),
    .executableTarget(
      name: "RebaseBench", dependencies: ["Git2", "Worktrees"],
      path: "Benchmarks/RebaseBench", swiftSettings: strict),

    .executableTarget(
      name: "WatchBench", dependencies: ["Workflow"], path: "Benchmarks/WatchBench",
      swiftSettings: strict),

    .executableTarget(
      name: "WorktreeBench", dependencies: ["Worktrees", "Git2"],
      path: "Benchmarks/WorktreeBench", swiftSettings: strict),

    .executableTarget(
      name: "SeatBench",
      dependencies: ["Dashboard", "Engine", "GitState", "Git2", "Workflow", "JSON"],
      path: "Benchmarks/SeatBench", swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["CPlatform", "JSON"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .executableTarget(
      name: "supervisor-fixture", dependencies: ["Agents"], path: "Tests/SupervisorFixture",
      swiftSettings: strict),
    .executableTarget(
      name: "worktree-fixture", dependencies: ["Worktrees", "Git2"], path: "Tests/WorktreeFixture",
      swiftSettings: strict),
    // A GitHub of this project's own, for tests and the demo.
    .target(
      name: "GitHubFake",
      dependencies: [
        "Forge", "JSON", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], path: "Tests/GitHubFake", swiftSettings: strict),
    .executableTarget(
      name: "github-fake", dependencies: ["GitHubFake"], path: "Tests/GitHubFakeProgram",
      swiftSettings: strict),
    tests("JSON"),
    tests("Git2", ["CPlatform"]),
    tests("GitState", ["Git2", "JSON", "Redaction"]),
    tests("Worktrees", ["Git2", "worktree-fixture"]),
    tests("Workflow", exclude: ["Golden"]),
    tests("Schedules"),
    tests("GitCLI"),
    tests("Redaction", exclude: ["Corpus"]),
    tests("Agents", ["JSON", "Redaction", "supervisor-fixture"], resources: [.copy("Fixtures")]),
    tests(
      "Forge",
      [
        "JSON", "GitHubFake", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ], exclude: ["Golden"], resources: [.copy("Fixtures")]),
    tests("Settings", ["JSON"]),
    tests("Prompts", ["JSON", "Settings"]),
    tests("Hooks"),
    tests("Dashboard", ["Engine", "Workflow"]),
    tests(
      "Engine", ["GitState", "Git2", "GitCLI", "Workflow", "JSON", "Agents", "Schedules"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "TestSupport", "JSON", "Agents", "Engine", "Git2", "GitState", "Schedules", "orch",
        "github-fake",
        argumentParser,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "OrchTests",
      dependencies: ["TestSupport", "Engine", "Forge", "GitHubFake", "Workflow", "orch"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
