// TypeScript made of a document by Modelina, a file for each type.
import { readFileSync } from 'node:fs';
import { TypeScriptFileGenerator } from '@asyncapi/modelina';

const generator = new TypeScriptFileGenerator({
  modelType: 'interface', enumType: 'union', mapType: 'record', rawPropertyNames: true, moduleSystem: 'ESM',
});
const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const models = await generator.generateToFiles(document, process.argv[3], { exportType: 'named' }, true);
console.log(JSON.stringify(models.map(each => each.modelName)));
