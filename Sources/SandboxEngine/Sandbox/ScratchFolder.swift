import Files
import Glibc
import SystemPackage

/// A folder for work in progress in the `temporary` folder of a state, under its rule: the folder belongs to whoever
/// holds the lock `NAME.lock`.
struct ScratchFolder: ~Copyable {
    let path: FilePath
    private let lockPath: FilePath
    private let lock: FileLock

    init(in folder: FilePath, purpose: String) throws {
        while true {
            let path = folder.appending("\(purpose)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
            let lockPath = FilePath(path.string + ".lock")
            let lock = try FileLock(lockPath)
            guard lock.isAt(lockPath) else { continue }
            try HostFiles.makeFolder(path)
            self.init(path: path, lockPath: lockPath, lock: lock)
            return
        }
    }

    private init(path: FilePath, lockPath: FilePath, lock: consuming FileLock) {
        self.path = path
        self.lockPath = lockPath
        self.lock = lock
    }

    deinit {
        try? HostFiles.remove(path)
        unlink(lockPath.string)
    }
}
