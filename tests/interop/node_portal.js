// A foreign portal: the npm package soap, which builds a server from the WSDL that the command prints.
//
// Shows that what the command sends is understood by a server that is not of our making, value by value,
// and that the command understands its answers and its faults.
//
// Alone, after `bash tests/interop/run.sh` has installed the package and built the command:
//
//     NODE_PATH=target/interop/node/node_modules node --test-reporter=spec \
//       tests/interop/node_portal.js target/debug/careflex
//
// Each request is kept as a file in the folder that the variable CAREFLEX_KEEP_REQUESTS names.

'use strict';
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const soap = require('soap');

const command = process.argv[2] && path.resolve(process.argv[2]);
if (!command) {
  console.error('usage: node_portal.js COMMAND, for example target/debug/careflex');
  process.exit(1);
}

const COMPANY = '09ce3580d84bf087';
const SERVICE_USER = 'service-user';
const SERVICE_SECRET = 'sécret';
const API_TOKEN = '6d21b4e0c2a94f4f9dbd7b6c5d8a1f37';
// The documented example: it is not ASCII.
const ACCESS_TOKEN = 'P7kmfo8HXItLLOReHq65o4%§ggg45dYhSm5ODc';

test('250 incidents in mixed order are accepted, each with the key that it was given', async () => {
  const incidents = mixed(250);
  await withPortal({}, async (portal) => {
    const ran = await portal.report(incidents);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(
      ran.rows.map(({ index, employeeId, status, incidentId }) => ({ index, employeeId, status, incidentId })),
      incidents.map(({ employeeId }, index) => ({
        index,
        employeeId,
        status: 'accepted',
        incidentId: portal.incidentIds.get(employeeId),
      })),
    );
    assert.equal(new Set(ran.rows.map((row) => row.incidentId)).size, 250);
    // Requests may overtake each other; within one the order is kept.
    const reports = portal.reports.sort((one, other) => place(one.employeeIds[0]) - place(other.employeeIds[0]));
    assert.deepEqual(reports.map((report) => report.employeeIds.length), [100, 100, 50]);
    assert.deepEqual(
      reports.flatMap((report) => report.employeeIds),
      incidents.map((incident) => incident.employeeId),
    );
    assert.equal(portal.tokens, 1);
    assert.equal(portal.emptyReports.length, 0);
  });
});

test('each value arrives as it was meant', async () => {
  const incidents = mixed(40);
  await withPortal({}, async (portal) => {
    const ran = await portal.report(incidents);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(portal.reports.length, 1);
    const { careflexId, apitoken, incidentList } = portal.reports[0].read;
    assert.deepEqual([careflexId, apitoken], [COMPANY, API_TOKEN]);
    const { plainIncident, newIncident } = incidentList;
    assert.deepEqual(plainIncident, incidents.filter((incident) => !incident.employee));
    assert.deepEqual(newIncident, incidents.filter((incident) => incident.employee));
  });
});

test('rows that the portal refuses are refused, the others accepted', async () => {
  const refuses = (employeeId) => place(employeeId) % 10 === 3;
  await withPortal({ refuses }, async (portal) => {
    const ran = await portal.report(mixed(50));
    assert.equal(ran.code, 1, ran.stderr);
    for (const row of ran.rows) {
      assert.equal(row.status, refuses(row.employeeId) ? 'refused' : 'accepted');
      assert.equal(row.code, refuses(row.employeeId) ? '422' : null);
      assert.equal(row.message, refuses(row.employeeId) ? 'not "<known>" & älter' : null);
      assert.equal(row.incidentId, portal.incidentIds.get(row.employeeId));
    }
    assert.equal(ran.rows.length, 50);
  });
});

test('the empty report is taken', async () => {
  await withPortal({}, async (portal) => {
    const ran = await portal.none('2026-11-30');
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(portal.emptyReports, [
      { careflexId: COMPANY, apitoken: API_TOKEN, createdAt: '2026-11-30' },
    ]);
    assert.equal(portal.reports.length, 0);
  });
});

// node-soap answers a fault with the status that it is told, or else with 200.
for (const statusCode of [500, undefined]) {
  const faults = (faultcode) => () => {
    throw { Fault: { faultcode, faultstring: 'no "<good>" & über', statusCode } };
  };

  test(`a fault of the client with status ${statusCode ?? 200} means refused`, async () => {
    await withPortal({ faults: faults('soap:Client.Authentication') }, async (portal) => {
      await mustBecome(portal, 'refused', 1, /no "<good>" & über/);
    });
  });

  test(`a fault of the server with status ${statusCode ?? 200} means in doubt`, async () => {
    await withPortal({ faults: faults('soap:Server') }, async (portal) => {
      await mustBecome(portal, 'in-doubt', 4, /no "<good>" & über/);
    });
  });
}

test('a server that breaks, and says so as in SOAP 1.2, means in doubt', async () => {
  const faults = () => {
    throw new Error('broken');
  };
  await withPortal({ faults }, async (portal) => {
    await mustBecome(portal, 'in-doubt', 4, /status 500/);
  });
});

// Both operations, each sent once.
async function mustBecome(portal, status, code, message) {
  const report = await portal.report(mixed(5));
  assert.equal(report.code, code, report.stderr);
  assert.deepEqual(report.rows.map((row) => row.status), Array(5).fill(status));
  for (const row of report.rows) {
    assert.match(row.message, message);
  }
  assert.equal(portal.reports.length, 1);

  const none = await portal.none('2026-11-30');
  assert.equal(none.code, code, none.stderr);
  assert.equal(none.outcome.status, status);
  assert.match(none.outcome.message, message);
  assert.equal(portal.emptyReports.length, 1);
}

// Runs `what` with a portal that listens until then. `refuses` tells for an employee whether the row is
// refused, `faults` throws.
async function withPortal(behaviour, what) {
  const portal = new Portal(behaviour);
  try {
    await portal.start();
    await what(portal);
  } finally {
    portal.stop();
  }
  // What goes wrong within a handler becomes an answer: it would pass for a fault that was asked for.
  assert.deepEqual(portal.surprises, []);
}

class Portal {
  reports = [];
  emptyReports = [];
  incidentIds = new Map();
  tokens = 0;
  surprises = [];

  constructor({ refuses = () => false, faults = () => {} }) {
    this.refuses = refuses;
    this.faults = faults;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'careflex-interop-'));
    this.server = http.createServer((request, response) => this.issueToken(request, response));
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${this.server.address().port}`;
    const wsdl = await this.run(['schema', '--format', 'wsdl']);
    assert.equal(wsdl.code, 0, wsdl.stderr);
    const operations = {
      NewIncident: (body, callback, headers, request) => this.takeReport(body, request),
      NoIncident: (body, callback, headers, request) => this.takeEmptyReport(body, request),
    };
    await new Promise((resolve, reject) => {
      const server = soap.listen(this.server, {
        path: '/soap',
        services: { CareFlex: { CareFlexSoap: operations } },
        xml: wsdl.stdout,
        callback: (error) => (error ? reject(error) : resolve()),
      });
      server.authorizeConnection = (request, response) => this.isAuthorized(request, response);
      server.log = (event, xml, request) => {
        if (event === 'received') {
          request.xml = xml;
          keep(xml);
        }
      };
    });
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
    fs.rmSync(this.folder, { recursive: true });
  }

  // EP1. node-soap hands on what is not for /soap.
  async issueToken(request, response) {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk;
    }
    this.expect(() => {
      assert.equal(`${request.method} ${request.url}`, 'POST /token');
      assert.equal(request.headers['content-type'], 'application/json');
      assert.deepEqual(JSON.parse(body), {
        grant_type: 'password',
        username: SERVICE_USER,
        password: SERVICE_SECRET,
      });
    });
    this.tokens += 1;
    const answer = { access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 43200, created_at: 1589887223 };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer));
  }

  isAuthorized(request, response) {
    // Node reads headers as ISO 8859-1.
    const authorization = Buffer.from(request.headers.authorization ?? '', 'latin1').toString('utf8');
    if (!request.url.startsWith('/soap') || authorization === `Bearer ${ACCESS_TOKEN}`) {
      return true;
    }
    this.surprises.push(`a request with the header Authorization: ${authorization}`);
    response.statusCode = 401;
    return false;
  }

  takeReport(body, request) {
    this.expectHeaders(request);
    // node-soap sorts what a repeated choice holds by its names: the order is in the text only.
    const employeeIds = [...request.xml.matchAll(/<employeeId>([^<]*)<\/employeeId>/g)].map((match) => match[1]);
    this.reports.push({ employeeIds, read: body });
    this.faults();
    const read = [body.incidentList.plainIncident, body.incidentList.newIncident].flatMap((incidents) => incidents ?? []);
    const incidents = new Map(read.map((incident) => [incident.employeeId, incident]));
    this.expect(() => assert.equal(incidents.size, employeeIds.length));
    const rows = employeeIds.map((employeeId, rowNumber) => {
      const { externalId, type } = incidents.get(employeeId);
      const incidentId = `incident-${Math.random().toString(36).slice(2)}-of-${employeeId}`;
      this.incidentIds.set(employeeId, incidentId);
      const error = { code: '422', message: 'not "<known>" & älter' };
      return {
        rowNumber,
        incidentId,
        ...(externalId && { externalId }),
        employeeId,
        type,
        ...(this.refuses(employeeId) && { incidentError: error }),
      };
    });
    return { importId: `import-${this.reports.length}`, incidentResponseList: { incident: rows } };
  }

  takeEmptyReport(body, request) {
    this.expectHeaders(request);
    this.emptyReports.push(body);
    this.faults();
    return {};
  }

  expectHeaders(request) {
    this.expect(() => {
      assert.equal(request.headers.soapaction, '""');
      assert.equal(request.headers['content-type'], 'text/xml;charset=UTF-8');
    });
  }

  expect(check) {
    try {
      check();
    } catch (error) {
      this.surprises.push(error.message);
    }
  }

  async report(incidents) {
    const file = path.join(this.folder, 'staff.json');
    fs.writeFileSync(file, JSON.stringify(incidents));
    const ran = await this.run(['report', file, '--via', 'soap', '--json']);
    const rows = objects(ran.stdout).filter(({ event }) => event === 'row');
    return { ...ran, rows };
  }

  async none(createdAt) {
    const ran = await this.run(['none', '--via', 'soap', '--json', '--created-at', createdAt]);
    const [outcome] = objects(ran.stdout);
    return { ...ran, outcome };
  }

  // The command, with the settings for this portal and none of whoever runs the tests.
  run(args) {
    const env = {
      HOME: this.folder,
      CAREFLEX_TOKEN_URL: `${this.address}/token`,
      CAREFLEX_SOAP_URL: `${this.address}/soap`,
      CAREFLEX_SERVICE_USER: SERVICE_USER,
      CAREFLEX_SERVICE_SECRET: SERVICE_SECRET,
      CAREFLEX_API_TOKEN: API_TOKEN,
      CAREFLEX_ID: COMPANY,
    };
    const options = { env, cwd: this.folder, timeout: 30_000, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve) => {
      execFile(command, args, options, (error, stdout, stderr) => {
        resolve({ code: error ? error.code : 0, stdout, stderr });
      });
    });
  }
}

function objects(lines) {
  return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

let kept = 0;

function keep(xml) {
  const folder = process.env.CAREFLEX_KEEP_REQUESTS;
  if (folder) {
    kept += 1;
    fs.writeFileSync(path.join(folder, `node-${kept}.xml`), xml);
  }
}

// Incidents with and without master data in no regular order.
function mixed(count) {
  return Array.from({ length: count }, (_, n) => (n % 3 === 1 || n % 7 === 0 ? withMasterData(n) : plain(n)));
}

function plain(n) {
  return {
    ...(n % 2 === 0 && { externalId: `key <${n}>` }),
    employeeId: `E${n}`,
    validFrom: '2026-12-01',
    createdAt: '2026-11-20',
    type: n % 5 === 0 ? 'RST' : 'WIK',
  };
}

function withMasterData(n) {
  return {
    ...plain(n),
    type: 'NEW',
    employee: {
      firstName: 'Zoë <&> "\'',
      lastName: `Müller-Straßmann ${n} ]]> 💶`,
      birthday: '1979-01-15',
      sex: 'mwd'[n % 3],
      address: { street: 'Musterstraße', houseNumber: `${n}a`, zipCode: '01234', city: 'Köln', country: 'DE' },
      job: {
        employmentSite: 'Werk 1',
        employmentStatus: 'T',
        startOfEmployment: '2026-12-01',
        management: n % 2 === 0,
      },
      contact: { emailBusiness: `e${n}@musterfirma.example` },
    },
  };
}

function place(employeeId) {
  return Number(employeeId.slice(1));
}
