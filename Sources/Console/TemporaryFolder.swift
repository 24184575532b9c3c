// Where files go that are of no use for long.

import Glibc

package enum TemporaryFolder {
    package static var path: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
}
