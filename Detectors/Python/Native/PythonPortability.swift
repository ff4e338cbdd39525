import OCI
import Planning

/// Whether the installed tree of a Python service runs on any platform, as far as its requirements tell.
///
/// What a package turns out to be when it is installed is checked on the files afterwards.
enum PythonPortability {
    /// The answer for one plan, with the requirement that decides it: `here` is what the same files say for the machine at
    /// hand.
    static func of(_ there: RequirementSet?, from here: RequirementSet?) -> Decided<Portability> {
        guard let there, let here else {
            return Decided(.shared, .usual(why: "Python source and bytecode are the same on every platform"))
        }
        let odd = Set(Set(here.requirements).symmetricDifference(there.requirements).map(\.evidence))
        if !odd.isEmpty {
            let sorted = odd.sorted { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
            return Decided(.native, .found(evidence: sorted))
        }
        if let native = there.requirements.first(where: isNative) {
            return Decided(.native, .found(evidence: [native.evidence]))
        }
        guard !there.isClosed || there.requirements.contains(where: { $0.file != .pureWheel }) else {
            return Decided(.shared, .usual(why: "every requirement is locked to a wheel for any platform"))
        }
        return Decided(.shared, .usual(why: "no requirement is known to hold compiled code"))
    }

    /// What a lock says of the file is exact; a project that comes as source is looked up.
    private static func isNative(_ requirement: Requirement) -> Bool {
        switch requirement.file {
        case .pureWheel: false
        case .nativeWheel: true
        case .source, nil: isNative(requirement.name ?? "", extras: requirement.extras)
        }
    }

    private static func isNative(_ name: String, extras: [String]) -> Bool {
        compiled.contains(name) || SystemPackages.row(name)?.holdsCode == true
            || (name == "uvicorn" && extras.contains("standard"))
            || (name == "psycopg" && (extras.contains("c") || extras.contains("binary")))
    }

    /// Projects whose wheels are for one platform, and projects that always bring one of those along.
    private static let compiled: Set<String> = [
        "aiohttp", "argon2-cffi", "asyncpg", "bcrypt", "blis", "catboost", "charset-normalizer", "coverage", "cython",
        "duckdb", "faiss-cpu", "fastapi", "fiona", "flask", "frozenlist", "gensim", "gevent", "greenlet", "grpcio",
        "jinja2", "lightgbm", "litestar", "llvmlite", "lz4", "markupsafe", "matplotlib", "msgpack", "msgspec",
        "multidict", "numba", "numpy", "onnxruntime", "opencv-python", "opencv-python-headless", "orjson", "pandas",
        "polars", "propcache", "psutil", "psycopg-binary", "pyarrow", "pycryptodome", "pydantic", "pydantic-core",
        "pymupdf", "pyproj", "pyyaml", "pyzmq", "quart", "rasterio", "requests", "rpds-py", "ruff", "scikit-image",
        "scikit-learn", "scipy", "sentencepiece", "shapely", "simplejson", "spacy", "sqlalchemy", "statsmodels",
        "tensorflow", "tiktoken", "tokenizers", "torch", "torchvision", "ujson", "uvloop", "werkzeug", "wrapt",
        "xgboost", "yarl", "zstandard",
    ]
}

extension Platform {
    /// The machine's name as Linux and Python say it: `x86_64`.
    var machine: String {
        switch architecture {
        case "amd64": "x86_64"
        case "arm64": "aarch64"
        default: architecture
        }
    }
}
