import Planning
import TestSupport
import Testing

@testable import Detectors

/// The command lines of the managers, held against their documented flags.
@Suite struct NodeCommandTests {
    private typealias Base = NodeInstallationTests
    private static let koa = "{\"dependencies\": {\"koa\": \"^2\"}}"

    private static func command(_ files: [String: String], production: Bool) throws -> String {
        let installation = try Base.installation(files)
        let commands = ManagerCommands(
            manager: installation.manager.value, installation: installation, interpreter: ImagePath("/usr/bin/node"))
        return commands.install(production: production).joined(separator: " ")
    }

    @Test(
        arguments: [
            // What the lock fixes is installed frozen.
            (
                ["package.json": Base.express, "package-lock.json": Base.npmLock], "npm ci --omit=dev",
                "npm ci --include=dev"
            ),
            (
                ["package.json": Base.express, "pnpm-lock.yaml": Base.pnpmLock],
                "pnpm install --frozen-lockfile --prod",
                "pnpm install --frozen-lockfile"
            ),
            (
                ["package.json": Base.express, "yarn.lock": Base.yarnLock],
                "yarn install --non-interactive --no-progress --frozen-lockfile --production=true",
                "yarn install --non-interactive --no-progress --frozen-lockfile --production=false"
            ),
            (
                ["package.json": Base.express, "yarn.lock": Base.berryLock, ".yarnrc.yml": "nodeLinker: node-modules"],
                "yarn install --immutable", "yarn install --immutable"
            ),
            (
                ["package.json": Base.express, "bun.lock": Base.bunLock], "bun install --frozen-lockfile --production",
                "bun install --frozen-lockfile"
            ),
            // A lock that does not fit is still read.
            (
                ["package.json": koa, "package-lock.json": Base.npmLock], "npm install --omit=dev",
                "npm install --include=dev"
            ),
            (
                ["package.json": koa, "pnpm-lock.yaml": Base.pnpmLock], "pnpm install --no-frozen-lockfile --prod",
                "pnpm install --no-frozen-lockfile"
            ),
            (
                ["package.json": koa, "yarn.lock": Base.berryLock, ".yarnrc.yml": "nodeLinker: node-modules"],
                "yarn install --no-immutable", "yarn install --no-immutable"
            ),
            // Without one nothing is written.
            (
                ["package.json": koa], "npm install --no-package-lock --omit=dev",
                "npm install --no-package-lock --include=dev"
            ),
            // A mirror in the sources.
            (
                [
                    "package.json": Base.express, "yarn.lock": Base.yarnLock,
                    ".yarnrc": "yarn-offline-mirror \"./mirror\"\n",
                    "mirror/express-4.18.2.tgz": "x",
                ], "yarn install --non-interactive --no-progress --frozen-lockfile --production=true --offline",
                "yarn install --non-interactive --no-progress --frozen-lockfile --production=false --offline"
            ),
            // A program in the sources.
            (
                [
                    "package.json": Base.express, "yarn.lock": Base.berryLock,
                    ".yarnrc.yml": "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n",
                    ".yarn/releases/yarn-4.1.0.cjs": "x",
                ], "/usr/bin/node /app/.yarn/releases/yarn-4.1.0.cjs install --immutable",
                "/usr/bin/node /app/.yarn/releases/yarn-4.1.0.cjs install --immutable"
            ),
        ] as [([String: String], String, String)])
    func `installs frozen what a lock fixes, and openly what none does`(
        files: [String: String], production: String, all: String
    ) throws {
        #expect(try Self.command(files, production: true) == production)
        #expect(try Self.command(files, production: false) == all)
    }
}
