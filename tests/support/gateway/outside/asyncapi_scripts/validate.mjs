// Hold messages to the schemas of a document, with Ajv: lines of {"of": "Struct", "message": {...}}; prints how many hold.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: false });
ajv.addFormat('decimal', true);
ajv.addSchema({ $id: 'document', components: document.components });
let sound = 0;
const faults = [];
for (const line of readFileSync(process.argv[3], 'utf8').trim().split('\n')) {
  const { of, message } = JSON.parse(line);
  const name = `document#/components/schemas/${of}`;
  const validate = ajv.getSchema(name);
  if (validate(message)) sound += 1;
  else faults.push({ of, error: ajv.errorsText(validate.errors) });
}
console.log(JSON.stringify({ sound, faults }));
