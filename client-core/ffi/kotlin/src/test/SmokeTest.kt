import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import uniffi.fieldledger.Device
import uniffi.fieldledger.DeviceException
import uniffi.fieldledger.HttpRequest
import uniffi.fieldledger.HttpResponse
import uniffi.fieldledger.Transport
import uniffi.fieldledger.TransportException

/** A server that signs people in, and a network that fails after that. */
private class SignInOnly : Transport {
    override fun send(request: HttpRequest): HttpResponse {
        if (!request.url.endsWith("/api/v1/session")) throw TransportException.Unreachable("no route to host")
        val granted =
            """{"access":"a","refresh":"r","expires_in":600,"user":{"id":"01941f29-7c00-7000-8000-000000000001",
               "name":"wang","display":"王工","role":"engineer","may":[]}}"""
        return HttpResponse(200u, mapOf(), granted.toByteArray())
    }
}

class SmokeTest {
    private val directory = Files.createTempDirectory("fieldledger").toString()

    @Test
    fun aRecordMadeOfflineIsThereAfterOpeningAgain() {
        Device.open(directory).use { device ->
            device.signIn("https://ledger.example", "wang", "secret", null, SignInOnly())
            device.create("complaint", """{"content":"液压站漏油，现场停机"}""")
            val report = device.sync(SignInOnly())
            assertContains(report, "\"code\":\"not_reachable\"")
            assertContains(report, "\"unsent\":1")
        }
        Device.open(directory).use { device ->
            assertContains(device.list("complaint", """{"text":"漏油"}"""), "液压站漏油")
            assertContains(device.outbox(), "\"state\":\"waiting\"")
        }
    }

    @Test
    fun refusalsCarryACode() {
        Device.open(directory).use { device ->
            val refused = assertFailsWith<DeviceException.Failed> { device.create("complaint", "{}") }
            assertEquals("sign_in_needed", refused.code)
        }
    }
}
