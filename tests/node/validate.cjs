// Reads an AsyncAPI document on standard input; prints what the official parser says of it, as JSON.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const installed = createRequire(join(process.cwd(), "package.json")); // run in the folder that holds node_modules
const { Parser } = installed("@asyncapi/parser");

new Parser().parse(readFileSync(0, "utf8")).then(({ document, diagnostics }) => {
  const messages = document ? document.channels().all().map((one) => [one.address(), one.messages().all().length]) : [];
  const wrong = diagnostics
    .filter((one) => one.severity <= 1) // 0 error, 1 warning; the rest is advice
    .map((one) => ({ code: one.code, path: one.path.join("."), message: one.message }));
  console.log(JSON.stringify({ parsed: document !== undefined, messages: Object.fromEntries(messages), wrong }));
});
