import Testing

/// What the built command does for its users: one test after the other, for they share two cores and one home.
@Suite(.serialized, .workspace)
enum Acceptance {}
