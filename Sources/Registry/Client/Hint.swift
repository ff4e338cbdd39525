import Glibc

/// What people can do about answers of well-known registries.
enum Hint {
    /// The advice for a failure; nil where the answer says it all.
    static func text(for problem: Problem, registry: String, isUpload: Bool) -> String? {
        if problem.status == 404, problem.codes.contains("NAME_UNKNOWN"), isUpload {
            return registry.contains(".ecr.")
                ? "this registry wants the repository to be created first: aws ecr create-repository"
                : "create the repository first"
        }
        if problem.status == 429, registry == "docker.io" {
            return "Docker Hub limits how much is pulled: 'autoimage login docker.io' raises the limit, and "
                + "--registry-mirror docker.io=HOST avoids it"
        }
        return nil
    }
}

/// The clock of this machine, to compare with dates of servers that say no date of their own.
enum Clock {
    /// Seconds since 1970.
    static var now: Int64 { Int64(time(nil)) }
}
