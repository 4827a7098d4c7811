// What the AsyncAPI project's own parser makes of a document: its complaints, and what each operation carries.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
const names = messages => messages.all().map(each => each.name()).sort();
const operations = {};
for (const operation of document ? document.operations().all() : []) {
  const reply = operation.reply();
  operations[operation.id()] = {
    action: operation.action(),
    messages: names(operation.messages()),
    reply: reply ? names(reply.messages()) : [],
    secured: operation.security().length > 0,
  };
}
const complaints = diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join('.'), message }));
console.log(JSON.stringify({ complaints, operations, channels: document ? document.channels().all().map(each => each.id()) : [] }));
