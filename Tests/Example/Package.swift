// swift-tools-version: 6.2
// A server of one's own around the library product Postern, as the README shows it.
import PackageDescription

let package = Package(
    name: "reverse",
    dependencies: [.package(name: "postern", path: "../..")],
    targets: [
        .executableTarget(name: "reverse", dependencies: [.product(name: "Postern", package: "postern")])
    ],
    swiftLanguageModes: [.v6]
)
