import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { readTemplate, servicesIn } from './templates.ts';

const lecture = await readFile(join(root, 'dapr/lecture.yaml'), 'utf8');

test.each([
  ['at the top', 'name:', 'nmae:', 'nmae', ''],
  ['of all apps', 'resourcesPaths:', 'resourcePaths:', 'resourcePaths', '\n  → at common'],
  ['of one app', 'appPort: 8083', 'appPort: 8083\n    appMaxConcurency: 5', 'appMaxConcurency', '\n  → at apps[2]'],
])(
  'given a misspelt key %s, when the template is read, then a sentence says which and where',
  (_, key, other, name, where) => {
    expect(() => servicesIn('lecture', lecture.replace(key, other))).toThrow(
      new Error(`dapr/lecture.yaml: ✖ A multi-app template of Dapr has no "${name}" here.${where}`),
    );
  },
);

test("given keys that only Dapr's CLI heeds, when the template is read, then they change nothing", async () => {
  const more = lecture.replace('appPort: 8083', 'appPort: 8083\n    appProtocol: http\n    containerImage: pay');
  expect(servicesIn('lecture', more)).toEqual(await readTemplate('lecture'));
});
