// Holds the bodies in tests/golden/webhook against the receivers' own types and parsers. A body that
// was spoiled on purpose must fail everywhere first: a judge that takes everything says nothing.
import {existsSync, readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(here, "node_modules", ".package-lock.json"))) {
    console.log("SKIPPED: npm packages not present; npm ci --ignore-scripts in tests/webhook_formats brings them");
    process.exit(77);
}
const ts = (await import("typescript")).default;
const {Webhook} = await import("standardwebhooks");
// The package's own modules are for bundlers; node reads its bundle.
const {AdaptiveCard, SerializationContext, Versions} =
    createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");
const golden = join(here, "..", "golden", "webhook");
const cases = ["opened", "updated", "resolved", "test", "digest", "hostile"];
const body = (format, name) => readFileSync(join(golden, `${format}.${name}.json`), "utf8");

let complaints = 0;
const complain = (what, why) => {
    complaints += 1;
    console.error(`${what}: ${why}`);
};

// ---- Slack and Discord: their published types, by the TypeScript compiler ----------------------------

const types = {
    slack: `import type {MessageAttachment} from "@slack/types";
type Body = {text: string; attachments: MessageAttachment[]};`,
    discord: `import type {RESTPostAPIWebhookWithTokenJSONBody as Body} from "discord-api-types/v10";`,
};

/** What the compiler says of this body as a literal of the format's type; empty if nothing. */
function typeErrors(sources) {
    const files = new Map(sources.map(({format, name, text}) =>
        [join(here, `${format}.${name}.ts`),
         `${types[format]}\nexport const body: Body = ${text};\n`]));
    const options = {
        strict: true, noEmit: true, skipLibCheck: true, types: [],
        target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
    };
    const host = ts.createCompilerHost(options);
    const [getSourceFile, fileExists, readFile] =
        [host.getSourceFile, host.fileExists, host.readFile].map((f) => f.bind(host));
    host.fileExists = (path) => files.has(path) || fileExists(path);
    host.readFile = (path) => files.get(path) ?? readFile(path);
    host.getSourceFile = (path, version, ...rest) =>
        files.has(path) ? ts.createSourceFile(path, files.get(path), version, true)
                        : getSourceFile(path, version, ...rest);
    const program = ts.createProgram([...files.keys()], options, host);
    const errors = new Map([...files.keys()].map((path) => [path, []]));
    for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
        const path = diagnostic.file?.fileName ?? "";
        const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
        if (!errors.has(path)) errors.set(path, []);
        errors.get(path).push(message.slice(0, 400));
    }
    return errors;
}

const spoil = {
    slack: (text) => text.replace('"mrkdwn"', '"markup"'),
    discord: (text) => text.replace('"embeds":', '"embed":'),
};
const sources = [];
for (const format of ["slack", "discord"]) {
    for (const name of cases) sources.push({format, name, text: body(format, name)});
    sources.push({format, name: "spoiled", text: spoil[format](body(format, "opened"))});
}
for (const [path, found] of typeErrors(sources)) {
    const isSpoiled = path.endsWith(".spoiled.ts");
    if (isSpoiled && found.length === 0) complain(path, "the types let a spoiled body pass");
    if (!isSpoiled) found.forEach((message) => complain(path, message));
}

// ---- Teams: the parser of Adaptive Cards -----------------------------------------------------------

function cardErrors(text) {
    const content = JSON.parse(text).attachments[0].content;
    const context = new SerializationContext(Versions.v1_4);
    const card = new AdaptiveCard();
    card.parse(content, context);
    const errors = [];
    for (let i = 0; i < context.eventCount; i += 1) {
        // A client of 1.4 passes over the heading's style; one of 1.5 reads it to the blind.
        const {message} = context.getEventAt(i);
        if (!message.startsWith('Property "style" is supported in version 1.5')) errors.push(message);
    }
    card.validateProperties().validationEvents.forEach((event) => errors.push(event.message));
    // What the parser does not know it leaves out without a word, here and there.
    if (card.getItemCount() !== content.body.length) errors.push("an element was left out");
    if (card.getActionCount() !== (content.actions ?? []).length) errors.push("an action was left out");
    const facts = card.getItemAt(2)?.facts?.length;
    if (facts !== content.body[2].facts.length) errors.push("a fact was left out");
    return errors;
}

for (const name of cases) cardErrors(body("teams", name)).forEach((e) => complain(`teams.${name}`, e));
for (const [from, to] of [['"type":"TextBlock"', '"type":"TextBlok"'], ['"Attention"', '"Alarming"']]) {
    if (cardErrors(body("teams", "opened").replace(from, to)).length === 0)
        complain("teams", `the parser lets ${to} pass`);
}

// ---- the generic webhook: the verifier of Standard Webhooks -----------------------------------------

const headers = Object.fromEntries(readFileSync(join(golden, "webhook.request.txt"), "utf8")
    .trim().split("\n").slice(1).map((line) => line.split(": ")));
// The verifier takes nothing older than five minutes: it is the time of the message.
const sent = Number(headers["webhook-timestamp"]) * 1000;
Date.now = () => sent;
const RealDate = Date;
globalThis.Date = class extends RealDate {
    constructor(...rest) { rest.length ? super(...rest) : super(sent); }
    static now() { return sent; }
};
const verifier = new Webhook("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3");
const verifies = (text) => {
    try {
        verifier.verify(text, headers);
        return true;
    } catch {
        return false;
    }
};
if (!verifies(body("webhook", "opened"))) complain("webhook.opened", "the signature is not right");
if (verifies(body("webhook", "updated"))) complain("webhook", "the verifier lets another body pass");

console.log(complaints === 0 ? `${sources.length + cases.length + 1} bodies are well`
                             : `${complaints} complaints`);
process.exit(complaints === 0 ? 0 : 1);
