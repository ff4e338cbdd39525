import Images
import OCI
import SystemPackage
import Testing

@testable import autoimage

@Suite struct CacheArgumentTests {
    @Test(
        arguments: [
            ("0", 0), ("4096", 4096), ("10GB", 10_000_000_000), ("500MiB", 524_288_000), ("1.5 kB", 1500),
            ("2gib", 2_147_483_648), ("0.125KiB", 128), ("7 b", 7), ("1TB", 1_000_000_000_000),
        ] as [(String, Int64)])
    func `sizes are numbers with a unit`(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "GB", "-1GB", "1,5GB", "1.GB", ".5GB", "1e3", "10 G B", "10XB", "1.2345GB", "9999999999TB", "0.5",
    ])
    func `what is no size is refused`(text: String) { #expect(ByteCount(parsing: text) == nil) }

    @Test func `a cache is in a registry or a folder`() throws {
        let plain = try CacheArgument(parsing: "shop.example/api/cache:main", .from)
        let full = try CacheArgument(parsing: "type=registry,ref=shop.example/api/cache:main", .from)
        #expect(plain == full)
        #expect(full.place == .registry(try Reference(parsing: "shop.example/api/cache:main")))
        #expect(full.isRemote)
        let local = try CacheArgument(
            parsing: "type=local,dest=/var/c,tag=dev,mode=min,max-size=5GB,ignore-error=true", .to)
        #expect(local.place == .local("/var/c", tag: "dev"))
        #expect(local.mode == .min && local.ignoresErrors && local.maxSize == 5_000_000_000 && !local.isRemote)
        #expect(try CacheArgument(parsing: "type=local,src=c", .from).place == .local("c", tag: "latest"))
    }

    @Test(
        arguments: [
            ("type=s3,bucket=b", "--cache-to type=s3,bucket=b: give type=registry or type=local"),
            ("type=local", "--cache-to type=local: dest= is missing"),
            (
                "type=local,src=x",
                "--cache-to type=local,src=x: 'src' is unknown; type=local takes dest, tag, mode, max-size, ignore-error"
            ),
            ("type=local,dest=x,mode=all", "--cache-to type=local,dest=x,mode=all: mode is min or max"),
            (
                "type=local,dest=x,max-size=big",
                "--cache-to type=local,dest=x,max-size=big: max-size is a number of bytes, as in 5GB or 500MiB"
            ),
            ("type=local,dest=x,dest=y", "--cache-to type=local,dest=x,dest=y: dest is given twice"),
            (
                "type=local,dest=x,ignore-error=1",
                "--cache-to type=local,dest=x,ignore-error=1: ignore-error is true or false"
            ),
            ("cache:main", "--cache-to cache:main: name the registry, as in registry.example/shop/cache:main"),
        ])
    func `a cache that makes no sense is refused with what would`(text: String, message: String) {
        let failure = #expect(throws: Failure.self) { _ = try CacheArgument(parsing: text, .to) }
        #expect(failure?.text == message)
    }

    @Test func `the environment names caches where no option does`() throws {
        let environment = [
            "AUTOIMAGE_CACHE_FROM": "shop.example/c:main  type=local,src=/c",
            "AUTOIMAGE_CACHE_TO": "shop.example/c:main",
        ]
        let caches = try CacheArguments(from: [], to: ["type=local,dest=/d"], environment: environment)
        #expect(caches.from.map(\.isRemote) == [true, false])
        #expect(caches.to.map(\.place) == [.local("/d", tag: "latest")])
        #expect(try CacheArguments(from: [], to: [], environment: [:]) == CacheArguments())
    }

    @Test func `nothing is sent to a registry without network`() throws {
        let caches = try CacheArguments(from: [], to: ["shop.example/c:main"], environment: [:])
        try caches.check(offline: false)
        #expect(throws: Failure.self) { try caches.check(offline: true) }
        try CacheArguments(from: ["shop.example/c"], to: ["type=local,dest=/d"], environment: [:]).check(offline: true)
    }
}
