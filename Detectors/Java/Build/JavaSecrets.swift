import Planning

/// Secrets that Maven and Gradle read from variables.
enum JavaSecrets {
    /// What is offered as a variable is there as that variable: `${env.NAME}` of Maven's settings,
    /// `System.getenv("NAME")` and `ORG_GRADLE_PROJECT_name` of Gradle's scripts.
    static func variables(_ options: PlanOptions) -> [Mount] {
        names(options).map { .secret(id: $0, target: nil, variable: $0, required: true) }
    }

    /// Their names: capital letters, digits and underscores, or a property of Gradle's.
    static func names(_ options: PlanOptions) -> [String] {
        options.offeredSecrets.filter(\.isVariable).map(\.id).filter { name in
            name.hasPrefix("ORG_GRADLE_PROJECT_")
                || name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        }.sorted()
    }
}
