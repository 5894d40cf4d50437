// Which pairs of files make an identity.

import PosternTLS
import Testing

extension TLSTests {
    @Suite struct IdentityTests {
        private func fault(_ certificate: [UInt8], _ key: [UInt8]) -> IdentityError? {
            do throws(IdentityError) {
                _ = try Fixtures.identity(certificate, key)
                return nil
            } catch {
                return error
            }
        }

        @Test func pairIsTaken() throws {
            let identity = try Fixtures.identity()
            #expect(identity.notBeforeSeconds(0) == 1_577_836_800)  // 2020-01-01
            #expect(identity.notAfterSeconds(0) == 4_070_908_800)  // 2099-01-01
            var subject: [UInt8] = []
            identity.withSubject(0) { subject = Array($0) }
            #expect(subject == Array("CN=localhost".utf8))
        }

        @Test func faultsAreTold() {
            let good = Fixtures.good
            let garbage = Array("no certificate at all".utf8) + [0]
            #expect(fault(garbage, good.key) == .certificateUnreadable)
            #expect(fault([0], good.key) == .certificateUnreadable)
            #expect(fault(good.certificate, garbage) == .keyUnreadable)
            #expect(fault(good.certificate, [0]) == .keyUnreadable)
            #expect(fault(good.certificate, Fixtures.other.key) == .keyMismatch)
            let weak = Fixtures.Pair(rsaBits: 1024)
            #expect(fault(weak.certificate, weak.key) == .keyWeak)
        }

        @Test func liveIdentitiesAreCounted() throws {
            let before = Identity.liveCount
            do {
                let identity = try Fixtures.identity()
                #expect(Identity.liveCount == before + 1)
                _ = identity.notAfterSeconds(0)
            }
            #expect(Identity.liveCount == before)
        }
    }
}
