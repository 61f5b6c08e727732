// Makes the pages that check.mjs opens, with the real program: projects in a folder, and a server that lists what is live.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

export const HOSTILE = [
  "<script>document.title='owned'</script>",
  "\"><img src=x onerror=\"document.title='owned'\">",
  "' onmouseover='document.title=1' x='",
  "</details></main></style></script><!-- ]]> <h1>heading</h1>",
  "javascript:alert(1) {{ 7*7 }} {% raw %} {x} [a](https://evil.example/)",
  "\u001b[31mred\u0007 \u202etxt.exe\u2066 zero\u200bwidth \u0085",
  "<iframe src=https://evil.example></iframe><link rel=stylesheet href=//evil.example><base href=//evil.example>",
  "&lt;b&gt; &#60;script&#62; &amp;",
];

const ORGANIZATION = "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6";

export function campaign(name, more = {}) {
  return {
    name,
    description: "Visitors who read the price list for the second time within a week.",
    enabled: true,
    campaignType: "proactive",
    evaluationMode: "realtime",
    filters: [
      { attributeName: "external.churn_probability", operator: "greater_than", value: 0.72, dataType: "float" },
      { attributeName: "session.dwell_time_seconds", operator: "greater_than", value: 45, dataType: "integer" },
    ],
    actions: [{
      type: "webchat_invite",
      priority: 1,
      config: { inviteMessage: "Comparing plans? A specialist can tell you in two minutes which one fits.", displayDuration: 300, autoDismissOnScroll: false },
      routingConfig: { queueId: "a1b2c3d4-e5f6-7890-abcd-ef1234567890", skillGroups: ["web_support_tier1", "pricing"], priorityLevel: 5 },
    }],
    throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 },
    ...more,
  };
}

const id = (number) => `0b3a3c5e-6f0e-4a53-9d0e-${String(number).padStart(12, "0")}`;
const withMessage = (name, inviteMessage) => {
  const made = campaign(name);
  made.actions[0].config.inviteMessage = inviteMessage;
  return made;
};

/// A campaign in the three snapshots: in the file, live, as applied last; what is not there is left out.
function mixed() {
  const of = (name, more) => campaign(name, more);
  const plain = (key, name, file, applied = of(name)) => ({ key, file, live: applied, applied });
  const some = [
    { key: "pricing", file: of("Pricing page, high churn risk", { throttling: undefined, filters: campaign("x").filters.slice(0, 1) }), live: of("Pricing page, high churn risk"), applied: of("Pricing page, high churn risk"), by: "web-admin" },
    { key: "paused", file: of("Checkout help"), live: of("Checkout help", { enabled: false }), applied: of("Checkout help"), by: "on-call@acme.example" },
    { key: "conflict", file: of("Demo offer", { throttling: { maxInvitesPerContact: 1, cooldownSeconds: 172800, maxInvitesPerMinute: 100 } }), live: of("Demo offer", { throttling: { maxInvitesPerContact: 1, cooldownSeconds: 3600, maxInvitesPerMinute: 500 } }), applied: of("Demo offer"), by: "anna" },
    { key: "gone", live: of("Summer sale"), applied: of("Summer sale") },
    { key: "words", file: withMessage("Long text", "Comparing plans?\nA colleague can tell you in one minute which one fits your team."), live: withMessage("Long text", "Comparing plans?\nA specialist can tell you in two minutes which one fits."), applied: withMessage("Long text", "Comparing plans?\nA specialist can tell you in two minutes which one fits.") },
    { key: "fresh", file: of("New campaign") },
    { key: "off", file: of("Old campaign", { enabled: false }), live: of("Old campaign"), applied: of("Old campaign") },
    { key: "adopted", file: of("Made by hand", { description: "now in git" }), live: of("Made by hand") },
    { key: "renamed", file: { ...of("Renamed"), previously: "old-name" }, live: of("Renamed"), applied: of("Renamed"), was: "old-name" },
    { key: "held", file: { ...of("Held", { enabled: true, description: "new words" }), lifecycle: { ignoreChanges: ["/enabled"] } }, live: { ...of("Held", { enabled: false }), schedule: { from: 9 } }, applied: of("Held", { enabled: false }) },
    { live: of("Nobody's campaign") },
  ];
  for (let number = 0; number < 15; number += 1) some.push(plain(`plain-${number}`, `Campaign ${number}`, of(`Campaign ${number}`)));
  return some;
}

function attack() {
  return HOSTILE.map((text, number) => {
    const file = withMessage(`${text}`, `${text}\nsecond line ${text}`);
    file.description = text;
    file.filters[0] = { attributeName: "external.a", operator: "equals", value: text, dataType: "string" };
    file.actions[0].routingConfig.skillGroups = [text];
    const live = withMessage(text, "harmless");
    live.filters[0] = { attributeName: `external.${text}`, operator: "equals", value: text, dataType: "string" };
    return { key: `attack-${number}`, file, live, applied: withMessage(text, "before"), by: text, fileName: `x${text.replaceAll("/", "_")}` };
  });
}

function many() {
  const list = [];
  for (let number = 0; number < 5000; number += 1) {
    const name = `Campaign ${number}`;
    const message = "Hello, shall a colleague show you around? It takes two minutes.";
    const file = number % 10 === 0 ? campaign(name, { throttling: undefined }) : withMessage(name, message);
    list.push({ key: `campaign-${String(number).padStart(4, "0")}`, file, live: campaign(name), applied: campaign(name), by: "web-admin" });
  }
  return list;
}

/// Lists the live campaigns as the API does.
async function serve(live, organization) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const size = Number(url.searchParams.get("pageSize") ?? 100), page = Number(url.searchParams.get("pageNumber") ?? 1);
    let body = {};
    if (url.pathname === "/oauth/token") body = { access_token: "t", token_type: "bearer", expires_in: 86400 };
    else if (url.pathname.endsWith("/organizations/me")) body = { id: ORGANIZATION, name: organization };
    else if (url.pathname.endsWith("/campaigns")) body = { entities: live.slice((page - 1) * size, page * size), pageSize: size, pageNumber: page, total: live.length, pageCount: Math.ceil(live.length / size) };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(body));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

function run(program, folder, args, environment = {}) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: folder, env: environment });
    let out = "", err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => { out += text; });
    child.stderr.setEncoding("utf8").on("data", (text) => { err += text; });
    child.on("close", (code) => done({ code, out, err }));
  });
}

async function planned(program, folder, situation, { organization = "Acme", settings = "", args = [], code = 0 } = {}) {
  mkdirSync(join(folder, "campaigns"), { recursive: true });
  const live = [], remembered = {};
  situation.forEach((one, index) => {
    if (one.file) writeFileSync(join(folder, "campaigns", `${one.fileName ?? one.key}.yaml`), JSON.stringify(one.fileName ? { key: one.key, ...one.file } : one.file, null, 1));
    if (one.live) live.push({ id: id(index), version: 3, dateCreated: "2026-11-01T09:00:00Z", dateModified: "2026-11-20T14:02:00Z", modifiedBy: one.by ?? "campaignctl", ...one.live });
    if (one.applied) remembered[one.was ?? one.key] = { id: id(index), body: one.applied };
  });
  const server = await serve(live, organization);
  const base = `http://127.0.0.1:${server.address().port}`;
  writeFileSync(join(folder, "campaignctl.yaml"), `lint: { all: allow }\nenvironments:\n  staging:\n    baseUrl: ${base}\n    state: state.json\n${settings}`);
  writeFileSync(join(folder, "state.json"), JSON.stringify({ version: 1, tool: "0.1.0", lineage: "a-lineage", serial: 7, owner: { environment: "staging", organization: ORGANIZATION }, campaigns: remembered }));
  const started = performance.now();
  const ran = await run(program, folder, ["plan", "--format", "html", "--link-base", "https://git.example/acme/blob/0a1b2c3", ...args], { GENESYSCLOUD_ACCESS_TOKEN: "a-token-for-tests" });
  server.close();
  if (ran.code !== code) throw new Error(`plan in ${folder} ended with ${ran.code}: ${ran.err}`);
  return { html: ran.out, milliseconds: performance.now() - started };
}

/// Writes every page into the folder; says what was made.
export async function build(program, samples, folder) {
  const pages = {};
  const keep = (name, { html, milliseconds }) => {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, html);
    pages[name] = { file, bytes: Buffer.byteLength(html), milliseconds };
  };
  // The sample project with the embedded emulator, as in the README.
  const sample = join(folder, "sample");
  mkdirSync(sample);
  cpSync(join(samples, "campaigns"), join(sample, "campaigns"), { recursive: true });
  cpSync(join(samples, "campaignctl.yaml"), join(sample, "campaignctl.yaml"));
  const at = async (name) => keep(name, { html: spawnSync(program, ["plan", "--format", "html"], { cwd: sample, env: {}, encoding: "utf8" }).stdout });
  await at("sample");
  spawnSync(program, ["apply", "--auto-approve", "--quiet"], { cwd: sample, env: {} });
  await at("empty");
  const one = campaign("One");
  keep("one", await planned(program, join(folder, "one-project"), [{ key: "one", file: { ...one, description: "new" }, live: one, applied: one }]));
  keep("mixed", await planned(program, join(folder, "mixed-project"), mixed()));
  keep("attack", await planned(program, join(folder, "attack-project"), attack(), { organization: HOSTILE[1] + HOSTILE[3] }));
  keep("refused", await planned(program, join(folder, "refused-project"), mixed(), { settings: "    guards: { maxDeletes: 0, maxChangedPercent: 5 }\n", code: 1 }));
  keep("many", await planned(program, join(folder, "many-project"), many()));
  return pages;
}
