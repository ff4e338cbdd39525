import OCI

/// The plan as JSON with sorted keys, as documented in `Sources/Planning/README.md`; ends with a line feed.
package func renderJSON(_ plan: BuildPlan) throws -> String {
    String(decoding: try CanonicalJSON.encodePretty(plan), as: UTF8.self)
}

/// The plans of several platforms as a JSON array, in their order; ends with a line feed.
package func renderJSON(_ plans: [BuildPlan]) throws -> String {
    String(decoding: try CanonicalJSON.encodePretty(plans), as: UTF8.self)
}
