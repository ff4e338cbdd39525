import ArgumentParser
import BaseImages
import DebianBases
import Files
import Formats
import Images
import OCI
import Planning
import Proof
import Registry
import SandboxEngine
import SystemPackage

/// Runs a command's work; whatever it throws becomes a `Failure` with the exit code of DESIGN.md section 9.
func guarded<Result>(_ work: () async throws -> Result) async throws -> Result {
    do { return try await work() } catch { throw failure(for: error) }
}

/// The same for work that does not wait.
func translated<Result>(_ work: () throws -> Result) throws -> Result {
    do { return try work() } catch { throw failure(for: error) }
}

private func failure(for error: any Error) -> any Error {
    switch error {
    case is Failure, is ExitCode, is ValidationError: error
    case is CancellationError: Failure(.interrupted, "interrupted")
    case is StepFailure: Failure(.stepFailed, "\(error)")
    case is PlanError, is PlanRuleError, is SourceError, is FormatError, is IgnoreError, is CommandLineError,
        is LayerError:
        Failure(.unplannable, "\(error)")
    case is LibraryError, is ForeignCodeError: Failure(.proofFailed, "\(error)")
    case is ConfigError, is StateError, is LockFileError, is BaseCatalogError: Failure(.badConfiguration, "\(error)")
    case is FileTreeError: Failure(.denied, "\(error)")
    case is BlobError, is GzipError, is TarError, is UnpackError, is ImageProblem:
        Failure(.inputMissing, "\(error); remove the image and build it again")
    case let code as Errno: Failure(.cannotWrite, "\(code)")
    case is StoreError: Failure(.inputMissing, "\(error)")
    case DebianBaseError.noSpace: Failure(.cannotWrite, "\(error)")
    case DebianBaseError.noMirror, DebianBaseError.malformedMirror, DebianBaseError.noSecurityMirror,
        DebianBaseError.badKeyring:
        Failure(.badConfiguration, "\(error)")
    case DebianBaseError.unknownPackage, DebianBaseError.badPackageName: Failure(.unplannable, "\(error)")
    case let error as RegistryError: Failure(code(of: error), "\(error)")
    case PlatformCheck.needsMachine: Failure(.unavailable, "\(error)")
    case is PlatformCheck: Failure(.usage, "\(error)")
    case is ImageRebaseError: Failure(.usage, "\(error)")
    case is ArchivedImagesError: Failure(.inputMissing, "\(error)")
    case is ImageSetError, is OutputError: Failure(.usage, "\(error)")
    case let error as DestinationError: Failure(code(of: error), "\(error)")
    case let error as DaemonError: Failure(code(of: error), "\(error)")
    case is ReferenceError, is PathError, is PlatformError, is RegistryNameError: Failure(.usage, "\(error)")
    case let error as SystemError: Failure(code(of: error), "\(error)")
    case let error as DebianBaseError: Failure(error.isTransient ? .transient : .unavailable, "\(error)")
    case SandboxError.notExecutable: Failure(.inputMissing, "\(error)")
    case EngineError.offline: Failure(.unavailable, "\(error)")
    case EngineError.unknownFailure: Failure(.inputMissing, "\(error)")
    case is SandboxError: Failure(.unavailable, "\(error)")
    case is EngineError, is ContainerError: Failure(.badConfiguration, "\(error)")
    default: Failure(.bug, "\(error); this is a bug of autoimage")
    }
}

/// The exit code of a registry's failure.
func code(of error: RegistryError) -> FailureCode {
    switch error {
    case .unreachable, .refused, .wrongAnswer, .wrongContent, .offline: .unavailable
    case .busy: .transient
    case .denied: .denied
    case .notFound, .noPlatform: .inputMissing
    case .badConfiguration: .badConfiguration
    }
}

private func code(of error: DestinationError) -> FailureCode {
    switch error {
    case .cannotWrite(_, .permissionDenied), .cannotWrite(_, .notPermitted): .denied
    default: .cannotWrite
    }
}

private func code(of error: DaemonError) -> FailureCode {
    switch error {
    case .none, .unreachable, .refused: .unavailable
    case .denied: .denied
    case .unsupported, .noContext, .badCertificates: .badConfiguration
    }
}

private func code(of error: SystemError) -> FailureCode {
    switch error.code {
    case .permissionDenied, .notPermitted: .denied
    case .noSuchFileOrDirectory: .inputMissing
    default: .cannotWrite
    }
}
