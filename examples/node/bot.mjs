// A bot in JavaScript: it logs in with an Ed25519 key, follows the touch, enters an order, and takes it back.
//
// It shows the protocol by itself, JSON over a WebSocket, with nothing but what Node.js brings (22 or later; from 20.10 on with
// `--experimental-websocket`). docs/PROTOCOL.md explains every message.
//
//     sbx init my-venue --rulebook general-2026
//     sbx serve my-venue
//     node examples/node/bot.mjs my-venue ws://127.0.0.1:8765

import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [venue, url = "ws://127.0.0.1:8765", participant = "boris"] = process.argv.slice(2);
if (!venue || typeof WebSocket === "undefined") {
  console.error("usage: node bot.mjs VENUE [URL [PARTICIPANT]]; Node.js 22, or --experimental-websocket");
  process.exit(2);
}

const key = createPrivateKey(readFileSync(join(venue, "keys", `${participant}.pem`)));
const socket = new WebSocket(url, "sbx.v1.json");
const waiting = new Map(); // Requests without a reply, by id.
let last = 0;
let greeted;
const hello = new Promise((resolve) => (greeted = resolve));

// Send a request; resolves with its reply, which repeats the id.
function ask(type, fields = {}) {
  const id = ++last;
  socket.send(JSON.stringify({ type, id, ...fields }));
  return new Promise((resolve) => waiting.set(id, resolve));
}

socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === "hello") greeted(message);
  else if (message.type === "top") console.log(`touch: ${message.bid_price ?? "-"} / ${message.ask_price ?? "-"}`);
  // Replies to requests have an id; what is told besides has none.
  waiting.get(message.id)?.(message);
  waiting.delete(message.id);
});
socket.addEventListener("error", () => {
  console.error(`there is no venue at ${url}`);
  process.exit(1);
});
socket.addEventListener("close", ({ code, reason }) => {
  if (waiting.size) console.error(`the connection ended: ${code} ${reason}`);
  process.exitCode = waiting.size ? 1 : 0;
});

// The signature proves who asks: four lines, of which the nonce is new for each connection.
const { venue: name, nonce } = await hello;
const challenge = ["sbx.v1 login", name, participant, nonce].join("\n");
const welcome = await ask("login", { participant, signature: sign(null, Buffer.from(challenge), key).toString("hex") });
if (welcome.type !== "welcome") throw new Error(`${welcome.code}: ${welcome.detail}`);
const account = Object.keys(welcome.accounts)[0];
console.log(`logged in as ${participant}, account ${account}`);

await ask("subscribe", { channel: "top", instrument: "BTC/RUB" });
// Decimals are strings: a number of JavaScript can't hold most of them. An id of your own lets you send the order again.
const order = { account, client_order_id: `node-${Date.now()}`, instrument: "BTC/RUB", side: "buy" };
const report = await ask("new_order", { ...order, quantity: "0.01", price: "7900000" });
console.log(`order ${report.order_id}: ${report.order_status}${report.rule ? `, refused by ${report.rule}` : ""}`);
if (report.exec_type !== "rejected") {
  const cancel = await ask("cancel_order", { account, client_order_id: order.client_order_id });
  console.log(`order ${cancel.order_id}: ${cancel.order_status}, ${cancel.reason}`);
}
const balances = await ask("balances", { account });
console.log(`available: ${balances.balances.map(({ asset, available }) => `${available} ${asset}`).join(", ")}`);
socket.close();
