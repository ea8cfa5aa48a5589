// Reads and makes statements with the npm packages `@sd-jwt/core` and `jose`: a stranger's SD-JWT beside ours.
//
//   node sd_jwt.mjs < task.json
//
// `verify`: statements with the key of each; answer: what they say, or why not. `issue`: claims, fields, lines and how
// many digests there must be; answer: the statement, packed by the library, with its digests in the order that we ask.

import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Jwt, pack, SDJwt, SDJwtInstance } from "@sd-jwt/core";
import { CompactSign, compactVerify, importJWK } from "jose";

const ALG = "Ed25519";
const hasher = (data) => createHash("sha256").update(data).digest();
const saltGenerator = () => randomBytes(16).toString("base64url");
const byText = (one, other) => (one < other ? -1 : 1);

async function verify({ statement, jwk }) {
  const key = await importJWK(jwk, ALG);
  const verifier = async (data, signature) =>
    compactVerify(`${data}.${signature}`, key, { algorithms: [ALG] }).then(
      () => true,
      () => false,
    );
  try {
    return (await new SDJwtInstance({ hasher, verifier }).verify(statement)).payload;
  } catch (error) {
    return { refused: error.message };
  }
}

async function issue({ claims, fields, segmented, lines, digests, header, jwk }) {
  const narratives = segmented.map((name) => {
    const texts = fields[name];
    return [name, { _sd: texts.map((_, at) => at), _sd_decoy: 8 - texts.length }];
  });
  const frame = {
    ...Object.fromEntries(narratives),
    _sd: Object.keys(fields),
    _sd_decoy: digests - Object.keys(fields).length,
    to: { _sd: lines.map((_, at) => at), _sd_decoy: 4 - lines.length },
  };
  const hash = { hasher, alg: "sha-256" };
  const { packedClaims, disclosures } = await pack({ ...claims, ...fields, to: lines }, frame, hash, saltGenerator);
  packedClaims._sd.sort(byText);
  packedClaims.to.sort((one, other) => byText(one["..."], other["..."]));
  const jwt = new Jwt({ header, payload: { ...packedClaims, _sd_alg: "sha-256" } });
  const key = await importJWK(jwk, ALG);
  await jwt.sign(async (data) => {
    const [, payload] = data.split(".");
    const signed = await new CompactSign(Buffer.from(payload, "base64url")).setProtectedHeader(header).sign(key);
    return signed.split(".")[2];
  });
  return new SDJwt({ jwt, disclosures }).encodeSDJwt();
}

const task = JSON.parse(readFileSync(0, "utf8"));
console.log(
  JSON.stringify({
    verified: await Promise.all(task.verify.map(verify)),
    issued: await Promise.all(task.issue.map(issue)),
  }),
);
