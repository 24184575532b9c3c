// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// What each target may import. `Scripts/check-imports` holds every import line against the same table, because the
/// compiler lets an import of a dependency's dependency pass.
let paxos: Target.Dependency = "Paxos"
let paxosLog: Target.Dependency = "PaxosLog"
let stateMachine: Target.Dependency = "StateMachine"
let replication: Target.Dependency = "Replication"
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "replicated-log",
    products: [
        .executable(name: "paxos-node", targets: ["Node"]),
        .executable(name: "logtool", targets: ["logtool"]),
        .executable(name: "simulate", targets: ["Simulator"]),
        .executable(name: "paxos-load", targets: ["PaxosLoad"]),
        .executable(name: "paxos-torture", targets: ["Torture"]),
        .executable(name: "bench-cluster", targets: ["ClusterBenchmark"]),
        .executable(name: "bench-log", targets: ["LogBenchmark"]),
        .executable(name: "fuzz", targets: ["Fuzz"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(
            url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CXXHash"),
        .target(name: "CSHA256"),
        .target(name: "Paxos", dependencies: [deque], swiftSettings: settings),
        .target(
            name: "PaxosLog", dependencies: [paxos, "CZstd", "CXXHash", "CSHA256", crypto, systemPackage],
            swiftSettings: settings),
        .target(
            name: "StateMachine", dependencies: [paxos, "CXXHash", deque], swiftSettings: settings),
        .target(
            name: "Replication",
            dependencies: [paxos, paxosLog, stateMachine, "CXXHash", nioCore, systemPackage, deque],
            swiftSettings: settings),
        .executableTarget(
            name: "Node",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, nioCore, argumentParser, systemPackage, crypto, histogram,
                "CZlib",
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            resources: [.embedInCode("HTTP/StatusPage/status.html")], swiftSettings: settings),
        .executableTarget(
            name: "logtool",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, "Console", argumentParser, systemPackage, nioCore,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(name: "Console", swiftSettings: settings),
        .target(name: "Linearizability", swiftSettings: settings),
        .executableTarget(
            name: "Simulator",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, "CXXHash", "Console", "Linearizability", nioCore,
                systemPackage, argumentParser,
            ],
            swiftSettings: settings),
        .target(name: "CAllocations"),
        .target(name: "Fuzzing", dependencies: [paxos, "CAllocations"], swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, "CXXHash", "CZstd", "Console", "Fuzzing", nioCore,
                systemPackage, argumentParser,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "PaxosLoad",
            dependencies: [
                paxos, "Console", deque, nioCore, argumentParser, systemPackage, histogram,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Torture", dependencies: [paxos, "Console", "Linearizability", argumentParser],
            swiftSettings: settings),
        .target(name: "Measuring", path: "Benchmarks/Measuring", swiftSettings: settings),
        .executableTarget(
            name: "ClusterBenchmark", dependencies: ["Console", "Measuring", argumentParser, histogram],
            path: "Benchmarks/ClusterBenchmark", swiftSettings: settings),
        .executableTarget(
            name: "LogBenchmark",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, "Console", "Measuring", argumentParser, systemPackage,
            ],
            path: "Benchmarks/LogBenchmark", swiftSettings: settings),
        .testTarget(name: "PaxosTests", dependencies: [paxos], swiftSettings: settings),
        .testTarget(
            name: "PaxosLogTests", dependencies: [paxos, paxosLog, crypto, systemPackage],
            resources: [.copy("Fixtures")], swiftSettings: settings),
        .testTarget(name: "StateMachineTests", dependencies: [paxos, stateMachine], swiftSettings: settings),
        .testTarget(
            name: "ReplicationTests",
            dependencies: [
                paxos, paxosLog, stateMachine, replication, "CAllocations", nioCore, systemPackage, deque,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Simulator", paxos, replication, argumentParser],
            swiftSettings: settings),
        .testTarget(
            name: "LinearizabilityTests", dependencies: ["Linearizability", paxos], swiftSettings: settings),
        .testTarget(
            name: "NodeTests",
            dependencies: [
                "Node", "Fuzzing", paxos, paxosLog, stateMachine, replication, nioCore, argumentParser, systemPackage,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LogtoolTests",
            dependencies: [
                "logtool", "Console", paxos, paxosLog, stateMachine, replication, argumentParser, systemPackage,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "PaxosLoadTests",
            dependencies: [
                "PaxosLoad", paxos, nioCore, argumentParser, histogram,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TortureTests", dependencies: ["Torture", paxos, argumentParser], swiftSettings: settings),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing", paxos], swiftSettings: settings),
        .testTarget(
            name: "ClusterBenchmarkTests", dependencies: ["ClusterBenchmark", "Measuring"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                paxos, paxosLog, systemPackage,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
