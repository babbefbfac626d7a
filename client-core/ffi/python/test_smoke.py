"""The phone bindings, called from another language: `scripts/test-ffi.sh` builds them and runs this."""

import json
import tempfile
import unittest

from fieldledger import Device, DeviceError, HttpResponse, Transport, TransportError

ENGINEER = {
    "id": "01941f29-7c00-7000-8000-000000000001",
    "name": "wang",
    "display": "王工",
    "role": "engineer",
    "may": [],
}


class SignInOnly(Transport):
    """A server that signs people in, and a network that fails after that."""

    def __init__(self):
        self.asked = []
        self.error = TransportError.Unreachable("no route to host")

    def send(self, request):
        self.asked.append(request)
        if not request.url.endswith("/api/v1/session"):
            raise self.error
        if json.loads(request.body)["password"] != "secret":
            return HttpResponse(status=401, headers={}, body=b'{"code":"bad_credentials","params":{}}')
        granted = {"access": "a", "refresh": "r", "expires_in": 600, "user": ENGINEER}
        return HttpResponse(status=200, headers={}, body=json.dumps(granted).encode())


class Smoke(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.network = SignInOnly()
        self.device = Device.open(self.directory)

    def sign_in(self, password="secret"):
        return self.device.sign_in("https://ledger.example/", "wang", password, None, self.network)

    def create(self):
        self.sign_in()
        fields = {"content": "液压站漏油，现场停机", "reporter_name": "李四"}
        return json.loads(self.device.create("complaint", json.dumps(fields)))

    def test_work_needs_a_sign_in_and_says_so_by_code(self):
        with self.assertRaises(DeviceError.Failed) as refused:
            self.device.create("complaint", "{}")
        self.assertEqual(refused.exception.code, "sign_in_needed")
        with self.assertRaises(DeviceError.Failed) as refused:
            self.sign_in(password="wrong")
        self.assertEqual(refused.exception.code, "bad_credentials")

    def test_a_record_made_offline_is_there_after_opening_again(self):
        made = self.create()
        self.assertTrue(made["saved"])
        self.assertRegex(made["number"], "^临-")
        intents = [{"cmd": "set", "field": "content", "value": "液压站漏油，已停机检查"}]
        self.device.edit(made["id"], json.dumps(intents))
        self.assertEqual([w["state"] for w in self.outbox()], ["waiting", "waiting"])

        self.device = Device.open(self.directory)
        rows = json.loads(self.device.list("complaint", '{"text":"漏油"}'))
        self.assertEqual([row["id"] for row in rows], [made["id"]])
        shown = json.loads(self.device.show(made["id"]))
        self.assertEqual(shown["fields"]["content"], "液压站漏油，已停机检查")
        self.assertEqual(shown["sync"], "waiting")
        self.assertEqual(self.device.find(made["number"]), made["id"])
        due = json.loads(self.device.deadlines('{"rules":["L3"]}'))
        self.assertEqual([item["record"] for item in due], [made["id"]])
        of = json.loads(self.device.deadlines_of(made["id"]))
        self.assertEqual([item["due"] for item in of if item["rule"] == "L3"], [due[0]["due"]])

    def test_a_sync_without_a_network_keeps_everything(self):
        made = self.create()
        for error in (TransportError.Unreachable("down"), RuntimeError("a fault of the app")):
            self.network.error = error
            report = json.loads(self.device.sync(self.network))
            self.assertFalse(report["ok"])
            self.assertEqual(report["code"], "not_reachable")
            self.assertEqual(report["unsent"], 1)
        asked = self.network.asked[-1]
        self.assertEqual(asked.url, "https://ledger.example/api/v1/sync/hello")
        self.assertEqual(asked.headers["authorization"], "Bearer a")
        self.assertEqual([w["id"] for w in self.outbox()], [made["id"]])
        self.assertEqual(self.device.sign_out(), 1)
        self.assertTrue(json.loads(self.device.status())["locked"])

    def test_a_file_is_attached(self):
        made = self.create()
        self.device.attach(made["id"], "attachments", "泄漏点.jpg", "image/jpeg", b"\xff\xd8\xff\xe0", "{}")
        (entry,) = json.loads(self.device.show(made["id"]))["collections"]["attachments"]
        self.assertEqual(entry["name"], "泄漏点.jpg")

    def test_refusals_carry_code_and_parameters(self):
        made = self.create()
        intents = [{"cmd": "set", "field": "content", "value": "x"}, {"cmd": "set", "field": "no_such", "value": 1}]
        with self.assertRaises(DeviceError.Failed) as refused:
            self.device.edit(made["id"], json.dumps(intents))
        self.assertEqual(refused.exception.code, "unknown_field")
        self.assertEqual(json.loads(refused.exception.params)["intent"], 1)
        shown = json.loads(self.device.show(made["id"]))
        self.assertEqual(shown["fields"]["content"], "液压站漏油，现场停机", "nothing of the list is applied")
        for call in (lambda: self.device.show("no id"), lambda: self.device.edit(made["id"], "{")):
            with self.assertRaises(DeviceError.Failed) as refused:
                call()
            self.assertEqual(refused.exception.code, "bad_request")

    def outbox(self):
        return json.loads(self.device.outbox())


if __name__ == "__main__":
    unittest.main()
