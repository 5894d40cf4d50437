// swift-tools-version: 6.2
// One manifest for ordinary builds (`swift test`, packages that depend on Postern) and for boards.
// What makes a build Embedded stands in ports/<port>/toolset.json, never here: a package with unsafe
// flags cannot be a dependency of anyone.
import PackageDescription

/// The folder whose Config.swift is compiled in: a board of ports/. The Makefile chooses it.
let config = Context.environment["PORT_CONFIG"] ?? "ports/host"
/// What else lies in that folder: every file that is no source has to be named.
let configOthers = Context.environment["PORT_OTHERS"] ?? "README.md port.mk toolset.json"
/// Where the headers of another Mbed TLS than this machine's are, inside the package. Tests/run.py sets it.
let headers = Context.environment["MBEDTLS_HEADERS"].map { [CSetting.headerSearchPath("../../\($0)")] } ?? []

let package = Package(
    name: "postern",
    products: [
        .library(name: "Postern", targets: ["Postern"]),
        .executable(name: "postern", targets: ["PosternCommand"]),
    ],
    targets: [
        // Static archives by file name: a board has no shared Mbed TLS, and the arena can only take the
        // place of calloc and free (linker option --wrap) in objects that are linked in.
        .target(
            name: "CMbedTLS",
            cSettings: headers,
            linkerSettings: [
                .linkedLibrary(":libmbedtls.a"), .linkedLibrary(":libmbedx509.a"),
                .linkedLibrary(":libmbedcrypto.a"),
            ]),
        .target(name: "CLinux"),
        .target(name: "PosternCore"),
        .target(name: "PosternX509", dependencies: ["PosternCore"]),
        .target(name: "PosternAuthorization", dependencies: ["PosternCore", "PosternX509"]),
        .target(
            name: "PosternTLS",
            dependencies: ["PosternCore", "PosternX509", "PosternAuthorization", "CMbedTLS"]),
        .target(name: "PosternLinux", dependencies: ["PosternCore", "CLinux"]),
        .target(
            name: "PosternIssuing",
            dependencies: ["PosternCore", "PosternX509", "PosternTLS", "PosternLinux"]),
        .target(
            name: "PosternCertificates",
            dependencies: ["PosternCore", "PosternX509", "PosternTLS", "PosternLinux", "PosternIssuing"]),
        .target(
            name: "PosternProbe", dependencies: ["PosternCore", "PosternX509", "PosternTLS", "PosternLinux"]),
        .target(
            name: "PosternServer",
            dependencies: [
                "PosternCore", "PosternX509", "PosternAuthorization", "PosternTLS", "PosternLinux",
                "PosternIssuing",
            ]),
        .target(
            name: "PosternCommandLine", dependencies: ["PosternCore", "PosternLinux", "PosternServer"]),
        // What users of the library import.
        .target(
            name: "Postern",
            dependencies: [
                "PosternCore", "PosternTLS", "PosternLinux", "PosternServer", "PosternCommandLine",
            ]),
        .target(
            name: "Port", dependencies: ["PosternCore"], path: config,
            exclude: configOthers.split(separator: " ").map(String.init),
            sources: ["Config.swift"]),
        .executableTarget(
            name: "PosternCommand",
            dependencies: ["PosternCommandLine", "PosternCertificates", "PosternProbe", "Port"],
            exclude: ["postern.8"]),
        .testTarget(name: "PosternCoreTests", dependencies: ["PosternCore"]),
        .testTarget(name: "PosternX509Tests", dependencies: ["PosternCore", "PosternX509"]),
        .testTarget(
            name: "PosternAuthorizationTests",
            dependencies: ["PosternCore", "PosternX509", "PosternAuthorization"]),
        // The client of the TLS tests; it shares the shim's knowledge of library versions.
        .target(
            name: "CTLSClient", dependencies: ["CMbedTLS"], path: "Tests/CTLSClient",
            cSettings: headers + [.headerSearchPath("../../Sources/CMbedTLS")]),
        .testTarget(
            name: "PosternTLSTests", dependencies: ["PosternCore", "PosternTLS", "CMbedTLS", "CTLSClient"]),
    ],
    swiftLanguageModes: [.v6]
)
