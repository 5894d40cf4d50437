// The parent of all suites here: one after the other, because Mbed TLS's arena and random numbers are one
// for the process.

import Testing

@Suite(.serialized) enum TLSTests {}
