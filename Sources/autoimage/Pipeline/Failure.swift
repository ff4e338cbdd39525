import ArgumentParser

/// Exit codes, as sysexits has them, and our own (DESIGN.md section 9).
enum FailureCode: Int32 {
    case stepFailed = 1
    case usage = 64
    case unplannable = 65
    case inputMissing = 66
    case unavailable = 69
    case bug = 70
    case cannotWrite = 73
    case transient = 75
    case denied = 77
    case badConfiguration = 78
    case proofFailed = 80
    case interrupted = 130
}

/// An error on its way to the user: what to print and how to exit.
struct Failure: Error {
    let code: FailureCode
    let text: String

    init(_ code: FailureCode, _ text: String) {
        self.code = code
        self.text = text
    }
}
