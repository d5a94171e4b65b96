"""A foreign client: zeep, which learns the interface from the sandbox's own WSDL.

Shows that the WSDL is usable, that the sandbox understands requests and writes answers which are not of
our making, and that the command reads such requests as files.

Alone, after `bash tests/interop/run.sh` has installed zeep and built the command:

    target/interop/python/bin/python tests/interop/zeep_client.py target/debug/careflex
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import requests
import zeep
from lxml import etree

SECONDS = 20
COMPANY = "09ce3580d84bf087"

command = None


class ZeepAsClient(unittest.TestCase):
    """Each test has a portal of its own."""

    def setUp(self):
        self.portal = Portal()
        self.addCleanup(self.portal.stop)
        self.client = self.portal.client(self.portal.access_token())

    def test_100_incidents_of_both_sorts_are_answered_in_their_order(self):
        incidents = mixed(100)
        rows = self.report(incidents)
        self.assertEqual([row.rowNumber for row in rows], list(range(100)))
        self.assertEqual(keys(rows), keys(incidents))
        self.assertEqual([row.incidentError for row in rows], [None] * 100)
        self.assertEqual(len({row.incidentId for row in rows}), 100)
        self.assertTrue(all(row.incidentId for row in rows))
        self.portal.must_have(booked=100, refused=0, empty_reports=0, requests=1, tokens=1)

    def test_what_zeep_writes_is_read_value_by_value(self):
        # The command reads zeep's request as a file, and says in JSON what it has read.
        incidents = mixed(100)
        message = self.client.create_message(self.client.service, "NewIncident", **self.body(incidents))
        file = self.portal.folder / "zeep.xml"
        file.write_bytes(etree.tostring(message))
        done = subprocess.run(
            [command, "convert", file, "--to", "json"],
            env=self.portal.env,
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )
        read = json.loads(done.stdout)
        self.assertEqual(read["careflexId"], COMPANY)
        self.assertEqual(read["incidentList"], incidents)

    def test_a_refused_row_has_an_error_and_a_key_and_the_others_are_booked(self):
        incidents = mixed(4)
        # No schema can know that: a post code is of five digits in Germany only.
        incidents[1]["employee"]["address"]["zipCode"] = "1234"
        rows = self.report(incidents)
        self.assertEqual(keys(rows), keys(incidents))
        self.assertEqual([row.incidentError is not None for row in rows], [False, True, False, False])
        self.assertEqual(rows[1].incidentError.code, "422")
        self.assertIn("zipCode", rows[1].incidentError.message)
        self.assertEqual(len({row.incidentId for row in rows} - {None}), 4)
        self.portal.must_have(booked=3, refused=1, empty_reports=0, requests=1, tokens=1)

    def test_the_empty_report_is_taken(self):
        self.client.service.NoIncident(
            careflexId=COMPANY, apitoken=self.portal.ready["api_token"], createdAt="2026-11-30"
        )
        self.portal.must_have(booked=0, refused=0, empty_reports=1, requests=1, tokens=1)

    def test_101_incidents_are_a_fault_of_the_client(self):
        # zeep does not count: the portal does.
        with self.assertRaises(zeep.exceptions.Fault) as raised:
            self.report(mixed(101))
        self.assertIsClient(raised.exception.code)
        self.assertIn("100", raised.exception.message)
        self.portal.must_have(booked=0, refused=0, empty_reports=0, requests=1, tokens=1)

    def test_a_wrong_access_token_is_a_fault_of_the_client(self):
        self.client = self.portal.client("of somebody else")
        with self.assertRaises(zeep.exceptions.Fault) as raised:
            self.report(mixed(1))
        self.assertIsClient(raised.exception.code)
        self.portal.must_have(booked=0, refused=0, empty_reports=0, requests=1, tokens=1)

    def report(self, incidents):
        answer = self.client.service.NewIncident(**self.body(incidents))
        self.assertTrue(answer.importId)
        return answer.incidentResponseList.incident

    def body(self, incidents):
        # A repeated choice is called _value_1 by zeep.
        rows = [
            {"newIncident" if "employee" in incident else "plainIncident": in_xml(incident)}
            for incident in incidents
        ]
        return {
            "careflexId": COMPANY,
            "apitoken": self.portal.ready["api_token"],
            "incidentList": {"_value_1": rows},
        }

    def assertIsClient(self, faultcode):
        self.assertEqual(faultcode.rpartition(":")[2], "Client")


class Portal:
    """`careflex sandbox`, until it is stopped."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        # Settings of whoever runs the tests must not matter.
        self.env = {"HOME": self.folder}
        port_file = self.folder / "portal.json"
        self._process = subprocess.Popen(
            [command, "--json", "sandbox", "--port-file", port_file],
            env=self.env,
            stdout=subprocess.PIPE,
        )
        deadline = time.monotonic() + SECONDS
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the sandbox does not start")
            time.sleep(0.01)
        self.ready = json.loads(port_file.read_text("utf-8"))

    def access_token(self):
        grant = {
            "grant_type": "password",
            "username": self.ready["service_user"],
            "password": self.ready["service_secret"],
        }
        with session() as http:
            answer = http.post(self.ready["token_url"], json=grant, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def client(self, access_token):
        http = session()
        # As bytes: access tokens hold characters that are not ASCII, as the documented one does.
        http.headers["Authorization"] = f"Bearer {access_token}".encode()
        transport = zeep.Transport(session=http, timeout=SECONDS, operation_timeout=SECONDS)
        return zeep.Client(f"{self.ready['soap_url']}?wsdl", transport=transport)

    def must_have(self, *, booked, refused, empty_reports, requests, tokens):
        """Stops the portal and looks at its ledger."""
        expected = {
            "event": "ledger",
            "booked": booked,
            "refused": refused,
            "emptyReports": empty_reports,
            "requests": requests,
            "tokensIssued": tokens,
            "faultsNotStruck": 0,
        }
        ledger = json.loads(self.stop().splitlines()[-1])
        if ledger != expected:
            raise AssertionError(f"the portal's ledger is {ledger}, not {expected}")

    def stop(self):
        """Returns what it has printed."""
        if self._process is None:
            return b""
        process, self._process = self._process, None
        process.terminate()
        try:
            return process.communicate(timeout=SECONDS)[0]
        finally:
            process.kill()
            self._folder.cleanup()


def session():
    http = requests.Session()
    # The portal is on this machine, where no proxy leads.
    http.trust_env = False
    return http


def mixed(count):
    """Incidents with and without master data in no regular order, as the command writes them in JSON."""
    return [with_master_data(n) if n % 3 == 1 or n % 7 == 0 else plain(n) for n in range(count)]


def plain(number):
    incident = {"externalId": f"key-{number}"} if number % 2 == 0 else {}
    return incident | {
        "type": "RST" if number % 5 == 0 else "WIK",
        "employeeId": f"E{number}",
        "createdAt": "2026-11-20",
        "validFrom": "2026-12-01",
    }


def with_master_data(number):
    return plain(number) | {
        "type": "NEW",
        "employee": {
            "firstName": "Zoë <&> \"'",
            "lastName": f"Müller-Straßmann {number} ]]> 💶",
            "birthday": "1979-01-15",
            "sex": "mwd"[number % 3],
            "address": {
                "street": "Musterstraße",
                "houseNumber": number + 1,
                "zipCode": "01234",
                "city": "Köln",
                "country": "DE",
            },
            "job": {
                "employmentSite": "Werk 1",
                "employmentStatus": "T",
                "startOfEmployment": "2026-12-01",
                "management": number % 2 == 0,
            },
            "contact": {"emailBusiness": f"e{number}@musterfirma.example"},
        },
    }


def in_xml(incident):
    """The same for zeep: in XML a house number is a text."""
    incident = json.loads(json.dumps(incident))
    if "employee" in incident:
        address = incident["employee"]["address"]
        address["houseNumber"] = str(address["houseNumber"])
    return incident


def keys(rows):
    """By what a row is known."""
    def of(row):
        if isinstance(row, dict):
            return row.get("externalId"), row["employeeId"], row["type"]
        return row.externalId, row.employeeId, row.type

    return [of(row) for row in rows]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: zeep_client.py COMMAND, for example target/debug/careflex")
    command = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
