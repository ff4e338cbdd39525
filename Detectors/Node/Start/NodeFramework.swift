import Planning

/// What is known of a framework by its package: its port, what its build keeps and reads, and how its product starts.
struct NodeFramework: Sendable {
    let name: String
    /// Packages of which one says it, the most telling first.
    let packages: [String]
    var port = 3000
    /// Variables of the image: name, value and why.
    var environment: [(name: String, value: String, why: String)] = []
    /// Folders that its build keeps between runs.
    var caches: [String] = []
    /// Variables of its build.
    var buildEnvironment: [String: String] = [:]
    /// The program that builds it where no script does.
    var build: [String]?
    /// Scripts that build it, after those that everybody uses: `docs:build`.
    var scripts: [String] = []
    /// Folders of its output whose names have a hash of their content.
    var immutable: [String] = []
    var kind = Kind.library

    /// What comes out of its build.
    enum Kind: Sendable, Hashable {
        /// A library of a server, which its own file starts.
        case library
        /// A server or a site by its configuration: `NodeFrameworks.Product`.
        case application
        /// A site of one page whose unknown paths its script answers.
        case singlePage
        /// A site with a page for every path.
        case pages
    }

    /// Where a manifest declares it.
    func declared(by manifest: PackageJSON) -> PackageJSON.Entry? {
        packages.lazy.compactMap { manifest.dependency($0) }.first
    }

    private static let everywhere = (
        name: "HOST", value: "0.0.0.0", why: "it listens on the loopback address without it"
    )

    /// In the order in which they are looked for: what builds on something comes before it.
    static let all: [NodeFramework] = [
        NodeFramework(
            name: "Next.js", packages: ["next"],
            environment: [
                ("HOSTNAME", "0.0.0.0", "it listens on the container's name without it"),
                ("NEXT_TELEMETRY_DISABLED", "1", "a service does not report to Next.js' makers"),
            ], caches: [".next/cache"], buildEnvironment: ["NEXT_TELEMETRY_DISABLED": "1"], build: ["next", "build"],
            immutable: ["/_next/static/*"], kind: .application),
        NodeFramework(
            name: "Nuxt", packages: ["nuxt", "nuxt3", "nuxt-edge"], environment: [everywhere],
            caches: ["node_modules/.vite"], buildEnvironment: ["NUXT_TELEMETRY_DISABLED": "1"],
            build: ["nuxt", "build"], scripts: ["generate"],
            immutable: ["/_nuxt/*"], kind: .application),
        NodeFramework(
            name: "TanStack Start", packages: ["@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start"],
            caches: ["node_modules/.vite"], build: ["vite", "build"], immutable: ["/assets/*"], kind: .application),
        NodeFramework(
            name: "React Router", packages: ["@react-router/dev"], caches: ["node_modules/.vite", ".react-router"],
            build: ["react-router", "build"], immutable: ["/assets/*"], kind: .application),
        NodeFramework(
            name: "Remix", packages: ["@remix-run/dev"], caches: [".cache", "node_modules/.vite"],
            build: ["remix", "build"], immutable: ["/assets/*", "/build/*"], kind: .application),
        NodeFramework(
            name: "SvelteKit", packages: ["@sveltejs/kit"], caches: ["node_modules/.vite"], build: ["vite", "build"],
            immutable: ["/_app/immutable/*"], kind: .application),
        NodeFramework(
            name: "SolidStart", packages: ["@solidjs/start", "solid-start"], environment: [everywhere],
            caches: ["node_modules/.vite"], build: ["vinxi", "build"], kind: .application),
        NodeFramework(
            name: "Qwik", packages: ["@builder.io/qwik-city", "@qwik.dev/router"], caches: ["node_modules/.vite"],
            immutable: ["/build/*", "/assets/*"], kind: .application),
        NodeFramework(
            name: "Analog", packages: ["@analogjs/platform"], environment: [everywhere],
            buildEnvironment: ["NG_CLI_ANALYTICS": "false"], kind: .application),
        NodeFramework(
            name: "Astro", packages: ["astro"], port: 4321, environment: [everywhere], caches: ["node_modules/.astro"],
            buildEnvironment: ["ASTRO_TELEMETRY_DISABLED": "1"], build: ["astro", "build"], immutable: ["/_astro/*"],
            kind: .application),
        NodeFramework(
            name: "Docusaurus", packages: ["@docusaurus/core"], build: ["docusaurus", "build"],
            immutable: ["/assets/js/*", "/assets/css/*"], kind: .pages),
        NodeFramework(
            name: "Gatsby", packages: ["gatsby"], buildEnvironment: ["GATSBY_TELEMETRY_DISABLED": "1"],
            build: ["gatsby", "build"], kind: .pages),
        NodeFramework(
            name: "VitePress", packages: ["vitepress"], scripts: ["docs:build"], immutable: ["/assets/*"], kind: .pages),
        NodeFramework(
            name: "VuePress", packages: ["vuepress"], scripts: ["docs:build"], immutable: ["/assets/*"], kind: .pages),
        NodeFramework(
            name: "Eleventy", packages: ["@11ty/eleventy"], build: ["eleventy"], kind: .pages),
        NodeFramework(name: "Hexo", packages: ["hexo"], build: ["hexo", "generate"], kind: .pages),
        NodeFramework(
            name: "Strapi", packages: ["@strapi/strapi"], port: 1337, environment: [everywhere],
            buildEnvironment: ["STRAPI_TELEMETRY_DISABLED": "true"], build: ["strapi", "build"], kind: .application),
        NodeFramework(
            name: "Medusa", packages: ["@medusajs/medusa"], port: 9000,
            buildEnvironment: ["MEDUSA_DISABLE_TELEMETRY": "1"], build: ["medusa", "build"], kind: .application),
        NodeFramework(
            name: "AdonisJS", packages: ["@adonisjs/core"], port: 3333, environment: [everywhere],
            build: ["node", "ace", "build"], kind: .application),
        NodeFramework(
            name: "NestJS", packages: ["@nestjs/core"], build: ["nest", "build"], kind: .application),
        NodeFramework(
            name: "LoopBack", packages: ["@loopback/core", "@loopback/rest", "loopback"], environment: [everywhere]),
        NodeFramework(name: "Sails", packages: ["sails"], port: 1337, kind: .application),
        NodeFramework(name: "Feathers", packages: ["@feathersjs/feathers"], port: 3030),
        NodeFramework(
            name: "Expo", packages: ["expo"], buildEnvironment: ["EXPO_NO_TELEMETRY": "1"],
            build: ["expo", "export", "--platform", "web"], immutable: ["/_expo/static/*"], kind: .application),
        NodeFramework(
            name: "Angular", packages: ["@angular/core"], port: 4000, caches: [".angular/cache"],
            buildEnvironment: ["NG_CLI_ANALYTICS": "false"], build: ["ng", "build"], kind: .application),
        NodeFramework(
            name: "Create React App", packages: ["react-scripts"],
            buildEnvironment: ["BROWSER": "none"], build: ["react-scripts", "build"],
            immutable: ["/static/js/*", "/static/css/*", "/static/media/*"], kind: .singlePage),
        NodeFramework(
            name: "Vue CLI", packages: ["@vue/cli-service"], build: ["vue-cli-service", "build"],
            immutable: ["/js/*", "/css/*"], kind: .singlePage),
        NodeFramework(
            name: "Ember", packages: ["ember-cli"], build: ["ember", "build", "--environment=production"],
            immutable: ["/assets/*"], kind: .singlePage),
        NodeFramework(
            name: "Quasar", packages: ["@quasar/app-vite", "@quasar/app-webpack"], build: ["quasar", "build"],
            immutable: ["/assets/*"], kind: .singlePage),
        NodeFramework(name: "Fastify", packages: ["fastify"], environment: []),
        NodeFramework(name: "Koa", packages: ["koa"]),
        NodeFramework(name: "hapi", packages: ["@hapi/hapi", "hapi"]),
        NodeFramework(name: "Hono", packages: ["@hono/node-server", "hono"]),
        NodeFramework(name: "Express", packages: ["express"]),
        NodeFramework(name: "Restify", packages: ["restify"], port: 8080),
        NodeFramework(name: "Polka", packages: ["polka"]),
        NodeFramework(name: "Apollo Server", packages: ["@apollo/server", "apollo-server"], port: 4000),
        NodeFramework(name: "Moleculer", packages: ["moleculer"]),
        NodeFramework(name: "Micro", packages: ["micro"]),
        NodeFramework(
            name: "Functions Framework", packages: ["@google-cloud/functions-framework"], port: 8080),
        NodeFramework(name: "Nitro", packages: ["nitropack", "nitro"], environment: [everywhere], kind: .application),
        NodeFramework(name: "Socket.IO", packages: ["socket.io"]),
        NodeFramework(name: "ws", packages: ["ws"]),
        NodeFramework(
            name: "Vite", packages: ["vite"], caches: ["node_modules/.vite"], build: ["vite", "build"],
            immutable: ["/assets/*"], kind: .singlePage),
        NodeFramework(
            name: "Rsbuild", packages: ["@rsbuild/core"], build: ["rsbuild", "build"], immutable: ["/static/*"],
            kind: .singlePage),
        NodeFramework(name: "Parcel", packages: ["parcel"], caches: [".parcel-cache"], kind: .singlePage),
        NodeFramework(
            name: "Storybook", packages: ["storybook", "@storybook/react", "@storybook/vue3", "@storybook/html"],
            buildEnvironment: ["STORYBOOK_DISABLE_TELEMETRY": "1"], build: ["storybook", "build"],
            scripts: ["build-storybook"],
            immutable: ["/assets/*"], kind: .pages),
        NodeFramework(
            name: "webpack", packages: ["webpack"], build: ["webpack", "--mode", "production"], kind: .singlePage),
    ]
}
