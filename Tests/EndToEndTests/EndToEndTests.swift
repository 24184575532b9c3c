// Tests on real processes, one at a time: each takes the machine for itself.

import Testing

@Suite(.serialized) struct EndToEnd {}
