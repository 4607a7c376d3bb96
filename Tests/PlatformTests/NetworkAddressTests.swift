import Platform
import Testing

struct NetworkAddressTests {
    @Test func addressesAreReadAndWritten() {
        for text in ["127.0.0.1:8080", "[::1]:443", "0.0.0.0:1", "[2001:db8::7]:65535"] {
            #expect(NetworkAddress(text)?.description == text)
        }
        #expect(NetworkAddress("localhost:80")?.description == "127.0.0.1:80")
        for text in [
            "", "8080", ":8080", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "host:80", "[::1:80",
        ] {
            #expect(NetworkAddress(text) == nil, "\(text)")
        }
    }

    @Test func onlyThisMachineReachesALoopbackAddress() {
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            #expect(NetworkAddress(text)?.isLoopback == true, "\(text)")
        }
        for text in [
            "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1",
        ] {
            #expect(NetworkAddress(text)?.isLoopback == false, "\(text)")
        }
    }
}
