import Planning

/// What a program that scripts call is, by its name: the table of `Detectors/README.md`.
struct ScriptProgram: Sendable {
    let name: String
    /// The package that brings it.
    let package: String
    let role: Role

    enum Role: Sendable, Hashable {
        /// Serves requests in production.
        case server
        /// Sends the files of a folder.
        case fileServer
        /// Serves sources while somebody edits them; some of its words are something else: see `StartClass`.
        case development
        /// Prepares something and ends: migrations, generators.
        case task
        /// Makes files that ship: the build's work.
        case build
        /// Starts several programs at once.
        case parallel
        /// Needs what no image of a server has: a screen, a telephone, somebody else's cloud.
        case foreign(String)
    }

    private init(_ name: String, _ package: String, _ role: Role) {
        self.name = name
        self.package = package
        self.role = role
    }

    /// The program of a name; nil for one that the table lacks.
    static func named(_ name: String) -> ScriptProgram? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static let all: [ScriptProgram] =
        [
            ScriptProgram("next", "next", .server),
            ScriptProgram("nuxt", "nuxt", .development),
            ScriptProgram("nuxi", "nuxi", .development),
            ScriptProgram("remix-serve", "@remix-run/serve", .server),
            ScriptProgram("react-router-serve", "@react-router/serve", .server),
            ScriptProgram("strapi", "@strapi/strapi", .server),
            ScriptProgram("fastify", "fastify-cli", .server),
            ScriptProgram("medusa", "@medusajs/cli", .server),
            ScriptProgram("directus", "directus", .server),
            ScriptProgram("keystone", "@keystone-6/core", .server),
            ScriptProgram("srvx", "srvx", .server),
            ScriptProgram("functions-framework", "@google-cloud/functions-framework", .server),
            ScriptProgram("probot", "probot", .server),
            ScriptProgram("moleculer-runner", "moleculer", .server),
            ScriptProgram("json-server", "json-server", .server),
            ScriptProgram("sails", "sails", .development),
            ScriptProgram("nest", "@nestjs/cli", .development),
            ScriptProgram("remix", "@remix-run/dev", .development),
            ScriptProgram("react-router", "@react-router/dev", .development),
        ]
        + [
            ("vite", "vite"), ("ng", "@angular/cli"), ("react-scripts", "react-scripts"),
            ("react-app-rewired", "react-app-rewired"), ("craco", "@craco/craco"),
            ("vue-cli-service", "@vue/cli-service"), ("webpack", "webpack-cli"),
            ("webpack-dev-server", "webpack-dev-server"), ("parcel", "parcel"), ("gatsby", "gatsby"),
            ("eleventy", "@11ty/eleventy"), ("docusaurus", "@docusaurus/core"), ("vitepress", "vitepress"),
            ("vuepress", "vuepress"), ("storybook", "storybook"), ("start-storybook", "@storybook/react"),
            ("astro", "astro"), ("svelte-kit", "@sveltejs/kit"), ("vinxi", "vinxi"), ("ember", "ember-cli"),
            ("expo", "expo"), ("rsbuild", "@rsbuild/core"), ("rspack", "@rspack/cli"), ("snowpack", "snowpack"),
            ("preact", "preact-cli"), ("quasar", "@quasar/cli"), ("umi", "umi"), ("max", "@umijs/max"),
            ("adonis", "@adonisjs/cli"), ("live-server", "live-server"), ("lite-server", "lite-server"),
            ("browser-sync", "browser-sync"), ("gulp", "gulp"), ("grunt", "grunt"), ("nitro", "nitropack"),
            ("nitropack", "nitropack"), ("farm", "@farmfe/cli"), ("wmr", "wmr"), ("elm-app", "create-elm-app"),
            ("hexo", "hexo"), ("slidev", "@slidev/cli"), ("qwik", "@builder.io/qwik"), ("rasengan", "rasengan"),
        ].map { ScriptProgram($0.0, $0.1, .development) }
        + [
            ("serve", "serve"), ("http-server", "http-server"), ("sirv", "sirv-cli"), ("superstatic", "superstatic"),
            ("local-web-server", "local-web-server"), ("ws", "local-web-server"), ("static-server", "static-server"),
            ("node-static", "node-static"), ("spa-http-server", "spa-http-server"),
            ("pushstate-server", "pushstate-server"), ("angular-http-server", "angular-http-server"),
        ].map { ScriptProgram($0.0, $0.1, .fileServer) }
        + [
            ScriptProgram("prisma", "prisma", .task),
            ScriptProgram("knex", "knex", .task),
            ScriptProgram("sequelize", "sequelize-cli", .task),
            ScriptProgram("sequelize-cli", "sequelize-cli", .task),
            ScriptProgram("typeorm", "typeorm", .task),
            ScriptProgram("drizzle-kit", "drizzle-kit", .task),
            ScriptProgram("mikro-orm", "@mikro-orm/cli", .task),
            ScriptProgram("node-pg-migrate", "node-pg-migrate", .task),
            ScriptProgram("migrate-mongo", "migrate-mongo", .task),
            ScriptProgram("db-migrate", "db-migrate", .task),
            ScriptProgram("wait-on", "wait-on", .task),
            ScriptProgram("wait-port", "wait-port", .task),
        ]
        + [
            ("tsc", "typescript"), ("tsup", "tsup"), ("tsdown", "tsdown"), ("rollup", "rollup"), ("esbuild", "esbuild"),
            ("babel", "@babel/cli"), ("swc", "@swc/cli"), ("unbuild", "unbuild"), ("ncc", "@vercel/ncc"),
            ("microbundle", "microbundle"), ("tsc-alias", "tsc-alias"), ("copyfiles", "copyfiles"),
            ("cpx", "cpx"), ("rimraf", "rimraf"), ("shx", "shx"), ("del-cli", "del-cli"), ("mkdirp", "mkdirp"),
            ("tailwindcss", "tailwindcss"), ("postcss", "postcss-cli"), ("sass", "sass"), ("eslint", "eslint"),
            ("turbo", "turbo"), ("nx", "nx"), ("lerna", "lerna"), ("pug", "pug-cli"), ("ttsc", "ttypescript"),
        ].map { ScriptProgram($0.0, $0.1, .build) }
        + [
            "concurrently", "run-p", "run-s", "npm-run-all", "npm-run-all2", "mprocs", "foreman", "nf", "pm2-dev",
            "stmux",
        ].map {
            ScriptProgram($0, $0, .parallel)
        }
        + [
            ScriptProgram("electron", "electron", .foreign("an Electron application runs on a desktop")),
            ScriptProgram("electron-forge", "@electron-forge/cli", .foreign("Electron runs on a desktop")),
            ScriptProgram("react-native", "react-native", .foreign("React Native runs on a telephone")),
            ScriptProgram("ionic", "@ionic/cli", .foreign("Ionic's server is for development")),
            ScriptProgram("cordova", "cordova", .foreign("Cordova runs on a telephone")),
            ScriptProgram("meteor", "meteor", .foreign("Meteor brings its own tool, which is no npm package")),
            ScriptProgram("firebase", "firebase-tools", .foreign("firebase emulates Google's services")),
            ScriptProgram("vercel", "vercel", .foreign("vercel emulates Vercel's services")),
            ScriptProgram("netlify", "netlify-cli", .foreign("netlify emulates Netlify's services")),
            ScriptProgram("wrangler", "wrangler", .foreign("wrangler runs Cloudflare's runtime, not Node")),
            ScriptProgram("sls", "serverless", .foreign("serverless emulates a cloud's functions")),
            ScriptProgram("serverless", "serverless", .foreign("serverless emulates a cloud's functions")),
            ScriptProgram("func", "azure-functions-core-tools", .foreign("func emulates Azure's functions")),
            ScriptProgram("docker", "docker", .foreign("docker starts other containers")),
            ScriptProgram("docker-compose", "docker-compose", .foreign("docker-compose starts other containers")),
            ScriptProgram("deno", "deno", .foreign("Deno is not Node")),
            ScriptProgram("web-ext", "web-ext", .foreign("an extension runs in a browser")),
        ]
}
