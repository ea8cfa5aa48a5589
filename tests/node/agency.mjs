// A supplier's own client, written from docs/wire.md with the npm package `jose` and nothing of ours. Read it as an
// example: `submission` makes what an agency publishes (sections 2 to 4), `opened` reads what it gets (section 5).
//
//   node agency.mjs FOLDER-WITH-THE-JSON-SCHEMAS < task.json
//
// The task names the agency, its private keys by key id, the public registry, the time, documents to submit and sealed
// deliveries to open. Answer: the records to publish, and each delivery's content or the reason why it must not be shown.
// Kafka is left out: any client will do.

import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify, importJWK } from "jose";

const SEAL = "ECDH-ES+A256KW";
const CONTENT = "A256GCM";
const LINES = 4; // digests in `to`, always
const SEGMENTS = 8; // digests in a narrative, always
const MOST_BYTES = 256 * 1024;
const MOST_TEXT = 96 * 1024;
const CLAIMS = ["_sd", "_sd_alg", "basis", "iat", "iss", "jti", "own", "sub", "to", "vct"];

class Refused extends Error {} // the message is a code of wire.md, section 7

const refuseUnless = (holds, code) => {
  if (!holds) throw new Refused(code);
};
const b64 = (data) => Buffer.from(data).toString("base64url");
const sha256 = (text, form) => createHash("sha256").update(text, "ascii").digest(form);
const byText = (one, other) => (one < other ? -1 : 1);

const unb64 = (text) => {
  const data = Buffer.from(text, "base64url");
  refuseUnless(b64(data) === text, "malformed"); // Node reads other spellings too
  return data;
};

// Of two equal keys JSON.parse takes the last without a word: where your language has a stricter parser, take that.
const json = (data) => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));
  } catch {
    throw new Refused("malformed");
  }
};

// --- the registry (section 1) --------------------------------------------------------------------------------------

const keyFor = (organisation, use, at) =>
  organisation.keys
    .filter((key) => key.use === use && !key.revokedAt && new Date(key.notBefore) <= at && at < new Date(key.notAfter))
    .sort((one, other) => new Date(other.notBefore) - new Date(one.notBefore))[0];

// Every key that may sign this type for that organisation: its own, its people's, its suppliers'.
function signersFor(task, organisation, type, at) {
  const acts = ({ flows, notBefore, notAfter, endedAt }) =>
    flows.includes(type) && !endedAt && new Date(notBefore) <= at && at < new Date(notAfter);
  const suppliers = (organisation.delegations ?? []).filter(acts).map((one) => task.registry[one.supplier]);
  const people = (organisation.people ?? []).map((person) => person.key);
  return [...organisation.keys, ...people, ...suppliers.filter((one) => !one.suspended).flatMap((one) => one.keys)];
}

const propertiesOf = (schemas, type) => {
  const schema = JSON.parse(readFileSync(join(schemas, `${type}.json`), "utf8"));
  const content = schema.properties.content;
  return (content.$ref ? schema.$defs[content.$ref.split("/").at(-1)] : content).properties;
};
const isNarrative = (property) => property?.["x-labels"]?.includes("TXT") && JSON.stringify(property).includes('"array"');

// --- sending (sections 2 to 4) -------------------------------------------------------------------------------------

const disclosure = (...parts) => b64(JSON.stringify([b64(randomBytes(16)), ...parts]));

const digests = (disclosures, size) => {
  const decoys = Array.from({ length: size - disclosures.length }, () => b64(sha256(b64(randomBytes(32)))));
  return [...disclosures.map((text) => sha256(text, "base64url")), ...decoys].sort(byText);
};

// Free text in segments: each a disclosure of its own, their digests in the order of the text, decoys among them by lot.
const narrative = (name, texts) => {
  const segments = texts.map((text) => disclosure(text));
  const slots = Array.from({ length: SEGMENTS }, () => b64(sha256(b64(randomBytes(32)))));
  const places = slots.map((_, at) => at);
  while (places.length > segments.length) places.splice(randomInt(places.length), 1);
  places.forEach((place, at) => (slots[place] = sha256(segments[at], "base64url")));
  return { field: disclosure(name, slots.map((digest) => ({ "...": digest }))), segments };
};

export async function statement(task, document, key) {
  const properties = propertiesOf(task.schemas, document.type);
  const inside = [];
  const fields = Object.entries(document.content).map(([name, value]) => {
    if (!isNarrative(properties[name])) return disclosure(name, value);
    const { field, segments } = narrative(name, value);
    inside.push(...segments);
    return field;
  });
  const lines = document.to.map((line) => disclosure(line));
  const claims = {
    iss: task.agency,
    jti: document.id,
    sub: document.case,
    own: document.caseOwner,
    iat: Math.floor(task.now.getTime() / 1000),
    vct: document.type,
    basis: document.basis,
    _sd_alg: "sha-256",
    _sd: digests(fields, Object.keys(properties).length),
    to: digests(lines, LINES).map((digest) => ({ "...": digest })),
  };
  const signed = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "safeguarding+sd-jwt" })
    .sign(await importJWK(task.privateKeys[key.kid], key.alg));
  return [signed, ...fields, ...inside, ...lines, ""].join("~");
}

export async function sealed(value, key) {
  const text = Buffer.from(JSON.stringify(value));
  let size = 4096;
  while (size < text.length) size *= 2;
  return new CompactEncrypt(Buffer.concat([text, Buffer.alloc(size - text.length, " ")]))
    .setProtectedHeader({ alg: key.alg, enc: CONTENT, kid: key.kid, cty: "json" })
    .encrypt(await importJWK(key.jwk, key.alg));
}

export async function submission(task, given) {
  const document = { id: randomUUID(), case: randomUUID(), caseOwner: task.agency, to: [], ...given };
  const mine = keyFor(task.registry[task.agency], "sign", task.now);
  const text = await statement(task, document, mine);
  refuseUnless(text.length <= MOST_TEXT, "oversized");
  return {
    topic: `submit.${document.type.split(".")[2]}`,
    key: `${document.caseOwner}/${document.case}`,
    headers: {
      ce_specversion: "1.0",
      ce_id: document.id,
      ce_source: task.agency,
      ce_type: document.type,
      "content-type": "application/jose",
    },
    value: await sealed({ statement: text }, keyFor(task.registry[task.broker], "seal", task.now)),
  };
}

// --- receiving (section 5, in its order) ---------------------------------------------------------------------------

async function unsealed(task, value) {
  refuseUnless(value.length <= MOST_BYTES, "oversized");
  try {
    const { plaintext } = await compactDecrypt(
      value,
      async (header) => {
        const mine = task.privateKeys[header.kid];
        if (!mine || header.zip !== undefined) throw new Error("not for me, or compressed");
        return importJWK(mine, SEAL);
      },
      { keyManagementAlgorithms: [SEAL], contentEncryptionAlgorithms: [CONTENT] },
    );
    return json(plaintext);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("cannot-be-opened");
  }
}

async function verified(text, keys, typ) {
  try {
    const { kid } = json(unb64(text.split(".")[0]));
    const key = keys.find((one) => one.kid === kid && one.use === "sign");
    const { payload, protectedHeader } = await compactVerify(text, await importJWK(key.jwk, key.alg), {
      algorithms: [key.alg],
    });
    text.split(".").forEach(unb64);
    refuseUnless(Object.keys(protectedHeader).sort().join() === "alg,kid,typ" && protectedHeader.typ === typ, "form");
    return { key, claims: json(payload) };
  } catch {
    throw new Refused("signature-does-not-verify");
  }
}

function disclosed(claims, texts, properties) {
  const size = Object.keys(properties).length;
  const inForm = Object.keys(claims).sort().join() === CLAIMS.join() && claims._sd_alg === "sha-256";
  refuseUnless(inForm && claims._sd.length === size && claims.to.length === LINES, "malformed");
  const slots = claims.to.map((slot) => slot["..."]);
  refuseUnless(new Set([...claims._sd, ...slots]).size === size + LINES, "malformed");
  for (const some of [claims._sd, slots]) refuseUnless(some.join() === [...some].sort(byText).join(), "malformed");
  const content = {};
  const to = [];
  const salts = new Set();
  const elements = new Map();
  for (const text of texts) {
    const parts = json(unb64(text));
    refuseUnless(Array.isArray(parts) && (parts.length === 2 || parts.length === 3), "malformed");
    refuseUnless(/^[\w-]{22}$/.test(parts[0]) && !salts.has(parts[0]), "malformed");
    salts.add(parts[0]);
    const digest = sha256(text, "base64url");
    if (parts.length === 3) {
      refuseUnless(claims._sd.includes(digest) && !Object.hasOwn(content, parts[1]), "malformed");
      content[parts[1]] = parts[2];
    } else if (slots.includes(digest)) to.push(parts[1]);
    else elements.set(digest, parts[1]);
  }
  for (const [name, value] of Object.entries(content)) {
    if (!isNarrative(properties[name])) continue;
    refuseUnless(Array.isArray(value) && value.length === SEGMENTS, "malformed");
    const found = value.map((slot) => slot?.["..."]).filter((digest) => elements.has(digest));
    content[name] = found.map((digest) => elements.get(digest));
    for (const digest of found) refuseUnless(elements.delete(digest), "malformed");
  }
  refuseUnless(elements.size === 0, "malformed"); // nothing is disclosed that stands nowhere
  return { content, to };
}

export async function opened(task, value) {
  const held = await unsealed(task, value); // 1
  refuseUnless(typeof held?.cover === "string", "malformed");
  const { key, claims: cover } = await verified(held.cover, task.registry[task.broker].keys, "safeguarding-cover+jwt"); // 2
  const told = new Date(cover.iat * 1000);
  refuseUnless(!key.revokedAt, "key-revoked");
  refuseUnless(new Date(key.notBefore) <= told && told < new Date(key.notAfter), "key-not-valid");
  const mismatch = "envelope-differs-from-signed-content";
  refuseUnless(cover.iss === task.broker && cover.aud === task.agency, mismatch); // 3 (4 needs a memory)
  const { body } = cover;
  if (held.statement === undefined && body.view === undefined) return { id: cover.jti, body }; // 5
  refuseUnless(typeof held.statement === "string" && sha256(held.statement, "hex") === body.view, mismatch); // 6
  const [signed, ...texts] = held.statement.split("~");
  refuseUnless(texts.pop() === "", "malformed");
  const says = json(unb64(signed.split(".")[1] ?? ""));
  refuseUnless(says.iss === body.from && says.vct === body.type, mismatch); // 7
  const signers = signersFor(task, task.registry[body.from], body.type, told);
  const { key: theirs, claims } = await verified(signed, signers, "safeguarding+sd-jwt"); // 8
  refuseUnless(!theirs.revokedAt || new Date(theirs.revokedAt) > told, "key-revoked");
  return { id: cover.jti, body, ...disclosed(claims, texts, propertiesOf(task.schemas, claims.vct)) }; // 9, 10
}

// --- one task ------------------------------------------------------------------------------------------------------

const answered = (work) =>
  work.catch((error) => {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  });

const given = JSON.parse(readFileSync(0, "utf8"));
const task = {
  ...given,
  schemas: process.argv[2],
  now: new Date(given.now),
  registry: Object.fromEntries(given.registry.map((one) => [one.id, one])),
  broker: given.registry.find((one) => one.id.startsWith("broker:")).id,
};
console.log(
  JSON.stringify({
    submissions: await Promise.all((task.submit ?? []).map((document) => submission(task, document))),
    openings: await Promise.all((task.open ?? []).map((value) => answered(opened(task, value)))),
  }),
);
