import Planning

/// A database that Django's settings name, and the projects that speak to it.
struct DatabaseDriver: Hashable, Sendable {
    let evidence: Evidence
    /// By rank; any of them will do.
    let projects: [String]
}

/// What Django's settings ask of the system: drivers of databases and the libraries of GeoDjango.
struct DjangoNeeds: Sendable, Hashable {
    /// The statement that names `django.contrib.gis`.
    var geography: Evidence?
    var drivers: [DatabaseDriver] = []

    /// Reads settings files; words in comments do not count.
    init(settings: [SourcePath], in project: PythonProject) throws {
        for path in settings {
            for statement in try project.source(path)?.statements ?? [] {
                let evidence = Evidence(path: path, line: statement.line, excerpt: statement.excerpt)
                if geography == nil, statement.text.contains("django.contrib.gis") { geography = evidence }
                for (engine, projects) in Self.engines
                where statement.text.contains(engine) && !drivers.contains(where: { $0.projects == projects }) {
                    drivers.append(DatabaseDriver(evidence: evidence, projects: projects))
                }
            }
        }
    }

    /// Engines, as `ENGINE` spells them, and their drivers by rank.
    private static let engines: [(String, [String])] = [
        ("django.db.backends.postgresql", ["psycopg", "psycopg2", "psycopg2-binary"]),
        ("django.contrib.gis.db.backends.postgis", ["psycopg", "psycopg2", "psycopg2-binary"]),
        ("django.db.backends.mysql", ["mysqlclient", "pymysql"]),
        ("django.contrib.gis.db.backends.mysql", ["mysqlclient", "pymysql"]),
        ("django.db.backends.oracle", ["oracledb", "cx-oracle"]),
    ]
}
